import type { Scope, Visibility } from './names.ts'
import type { Project, User } from './store.ts'

/** Who asks. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user'
      readonly user: User
      readonly scopes: readonly Scope[]
      /** Which of the user's tokens was sent. */
      readonly tokenId: number
    }
  | { readonly kind: 'job'; readonly jobId: number; readonly projectId: number; readonly user: User }

export const ANONYMOUS: Principal = { kind: 'anonymous' }

export type Action = 'read_packages' | 'create_package'

type Standing = 'anonymous' | 'user' | 'administrator'

const EVERYBODY: readonly Standing[] = ['anonymous', 'user', 'administrator']
const SIGNED_IN: readonly Standing[] = ['user', 'administrator']
const ADMINISTRATORS: readonly Standing[] = ['administrator']

/** Who may do what in which project. What is not listed is refused. */
const ALLOWED: Readonly<Record<Action, Readonly<Record<Visibility, readonly Standing[]>>>> = {
  read_packages: { public: EVERYBODY, internal: SIGNED_IN, private: ADMINISTRATORS },
  create_package: { public: ADMINISTRATORS, internal: ADMINISTRATORS, private: ADMINISTRATORS },
}

/** What a personal token's scopes leave of its user's rights. */
const SCOPES: Readonly<Record<Action, readonly Scope[]>> = {
  read_packages: ['api', 'read_api'],
  create_package: ['api'],
}

/**
 * A job has the rights of its user in its own project; in others, those of anybody who is signed in, and only to read,
 * as on GitLab where the other project has not let it in.
 */
export function may(principal: Principal, action: Action, project: Project): boolean {
  const isInScope =
    principal.kind !== 'user' || principal.scopes.some((scope) => SCOPES[action].includes(scope))
  return isInScope && ALLOWED[action][project.visibility].includes(standing(principal, project))
}

function standing(principal: Principal, project: Project): Standing {
  if (principal.kind === 'anonymous') return 'anonymous'
  if (principal.kind === 'job' && principal.projectId !== project.id) return 'user'
  return principal.user.isAdministrator ? 'administrator' : 'user'
}
