import type { Scope, Visibility } from './names.ts'
import { isAtLeast, type Role, type Standing } from './roles.ts'
import type { AccessStore, Project, User } from './store.ts'

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

/** `admin_packages` yanks, quarantines and says what is listed; `read_project` and `admin_project` are of the project itself. */
export type Action =
  | 'read_project'
  | 'admin_project'
  | 'read_packages'
  | 'create_package'
  | 'destroy_package'
  | 'admin_packages'

/** Where roles are looked up: they are data, and may change between two requests. */
export type Roles = Pick<AccessStore, 'findRoles'>

/** The least standing that each action asks for, GitLab's. What is not listed is refused. */
const LEAST: Readonly<Record<Action, Readonly<Record<Visibility, Standing>>>> = {
  read_project: { public: 'anonymous', internal: 'user', private: 'guest' },
  admin_project: everywhere('maintainer'),
  read_packages: { public: 'anonymous', internal: 'user', private: 'reporter' },
  create_package: everywhere('developer'),
  destroy_package: everywhere('maintainer'),
  admin_packages: everywhere('maintainer'),
}

function everywhere(standing: Standing): Readonly<Record<Visibility, Standing>> {
  return { public: standing, internal: standing, private: standing }
}

/** What a personal token's scopes leave of its user's rights. */
const SCOPES: Readonly<Record<Action, readonly Scope[]>> = {
  read_project: ['api', 'read_api'],
  admin_project: ['api'],
  read_packages: ['api', 'read_api'],
  create_package: ['api'],
  destroy_package: ['api'],
  admin_packages: ['api'],
}

/** What a job may do at all: what it publishes, it can neither take back nor declare good. */
const OF_JOBS: ReadonlySet<Action> = new Set(['read_project', 'read_packages', 'create_package'])

export interface Question {
  readonly principal: Principal
  readonly action: Action
  readonly project: Project
}

export async function may(roles: Roles, { principal, action, project }: Question): Promise<boolean> {
  const isInScope =
    principal.kind !== 'user' || principal.scopes.some((scope) => SCOPES[action].includes(scope))
  if (!isInScope) return false
  if (principal.kind === 'job' && !OF_JOBS.has(action)) return false
  return isAtLeast(await standingOf(roles, principal, project), LEAST[action][project.visibility])
}

/** For what shows or changes the whole server, whatever the scopes of the token. A job has this never. */
export function isAdministrator(principal: Principal): boolean {
  return principal.kind === 'user' && principal.user.isAdministrator
}

/** The role that GitLab would tell of; an administrator counts as an owner. Null for who is no member. */
export async function roleOf(roles: Roles, user: User, project: Project): Promise<Role | null> {
  const standing = await standingOfUser(roles, user, project)
  if (standing === 'administrator') return 'owner'
  return standing === 'user' ? null : standing
}

/**
 * A job has the standing of its user in its own project; in others, that of anybody who is signed in, as on GitLab
 * where the other project has not let it in.
 */
async function standingOf(roles: Roles, principal: Principal, project: Project): Promise<Standing> {
  if (principal.kind === 'anonymous') return 'anonymous'
  if (principal.kind === 'job' && principal.projectId !== project.id) return 'user'
  return standingOfUser(roles, principal.user, project)
}

async function standingOfUser(
  roles: Roles,
  user: User,
  project: Project,
): Promise<Exclude<Standing, 'anonymous'>> {
  if (user.isAdministrator) return 'administrator'
  let highest: Role | 'user' = 'user'
  for (const role of await roles.findRoles(user.id, project.path))
    if (isAtLeast(role, highest)) highest = role
  return highest
}
