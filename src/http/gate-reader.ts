import { accessErrors, mayReadGates, type Access } from '../access/index.ts'
import { identify, unauthenticated } from './authenticate.ts'
import { readCredential } from './credential.ts'
import type { Right } from './route.ts'

/**
 * Who may read a gate: by its configuration everybody, or who has a token with which packages can be read, of whatever
 * project. Throws `access.unauthenticated`, `access.forbidden`.
 */
export function gateReader(access: Access, readers: 'anybody' | 'tokens'): Right<void> {
  return {
    name: 'gate reader',
    admit: async (context) => {
      if (readers === 'anybody') return
      const credential = readCredential(context, { takesJobTokenHeader: true })
      const principal = await identify(context, { access, credential, kind: 'packages' })
      if (principal.kind === 'anonymous') throw unauthenticated(credential)
      if (mayReadGates(principal)) return
      throw accessErrors('access.forbidden', 'the scopes of the token do not allow reading packages', {
        hint: "use a token with the scope 'read_api', or a deploy token with 'read_package_registry'",
      })
    },
  }
}
