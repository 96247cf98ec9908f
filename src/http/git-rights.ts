import type { Context } from 'hono'
import { accessErrors, type Access, type Action, type Principal, type Project } from '../access/index.ts'
import type { WheelsealError } from '../base/index.ts'
import { identify, unauthenticated, type Admitted } from './authenticate.ts'
import { readCredential } from './credential.ts'
import { noteOnRequest } from './request-log.ts'
import type { Bindings, Right } from './route.ts'

/** One spelling, that of the project's path: nothing in it is ever encoded. */
const PATH = /^\/([A-Za-z0-9_][A-Za-z0-9_./-]*?)(?:\.git)?\/(?:info\/refs|git-upload-pack|git-receive-pack)$/

/**
 * The project in the path, for git. git sends what it has only when it is asked, so that who sent nothing is always
 * asked first, whether or not there is such a project. Throws `access.unauthenticated`, `access.unknown-project`,
 * `access.forbidden`.
 */
export function gitRight(access: Access, action: (context: Context<Bindings>) => Action): Right<Admitted> {
  return { name: 'download_code', admit: (context) => admit(context, access, action(context)) }
}

/** The same for pushing alone. */
export function gitPushRight(access: Access): Right<Admitted> {
  return { name: 'push_code', admit: (context) => admit(context, access, 'push_code') }
}

async function admit(context: Context<Bindings>, access: Access, action: Action): Promise<Admitted> {
  const path = PATH.exec(new URL(context.req.url).pathname)?.[1] ?? ''
  noteOnRequest(context, { project: path })
  const credential = readCredential(context, { takesJobTokenHeader: false })
  const principal = await identify(context, { access, credential, kind: 'ordinary' })
  const project = path === '' ? undefined : await access.findProject(path)
  if (project !== undefined && project.path === path && (await access.may(principal, action, project)))
    return { principal, project }
  if (principal.kind === 'anonymous') throw unauthenticated(undefined)
  throw await refusal(access, principal, { project, action })
}

async function refusal(
  access: Access,
  principal: Principal,
  { project, action }: { readonly project: Project | undefined; readonly action: Action },
): Promise<WheelsealError> {
  if (project === undefined || !(await access.maySee(principal, project)))
    return accessErrors(
      'access.unknown-project',
      'the project does not exist, or this credential may not see it',
    )
  const what = action === 'push_code' ? 'pushing to' : 'cloning'
  return accessErrors('access.forbidden', `this credential does not allow ${what} ${project.path}`)
}
