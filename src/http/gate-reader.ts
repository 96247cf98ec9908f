import { accessErrors, mayReadGates, type Access } from '../access/index.ts'
import type { GateReader } from '../gate/index.ts'
import { identify, unauthenticated } from './authenticate.ts'
import { readCredential } from './credential.ts'
import type { Right } from './route.ts'

/**
 * Who may read a gate: by its configuration everybody, or who has a token with which packages can be read; of this
 * server's own projects those that the token may read, as in their simple indexes. Throws `access.unauthenticated`,
 * `access.forbidden`.
 */
export function gateReader(access: Access, readers: 'anybody' | 'tokens'): Right<GateReader | undefined> {
  return {
    name: 'gate reader',
    admit: async (context) => {
      if (readers === 'anybody') return undefined
      const credential = readCredential(context, { takesJobTokenHeader: true })
      const principal = await identify(context, { access, credential, kind: 'packages' })
      if (principal.kind === 'anonymous') throw unauthenticated(credential)
      if (!mayReadGates(principal))
        throw accessErrors('access.forbidden', 'the scopes of the token do not allow reading packages', {
          hint: "use a token with the scope 'read_api', or a deploy token with 'read_package_registry'",
        })
      return { mayRead: (project) => access.may(principal, 'read_packages', project) }
    },
  }
}
