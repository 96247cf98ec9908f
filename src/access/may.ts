import type { Scope, Visibility } from './names.ts'
import { isAtLeast, type Role, type Standing } from './roles.ts'
import type { AccessStore, Project, User } from './store.ts'

/** Who asks. */
export type Principal = { readonly kind: 'anonymous' } | TokenUser | JobUser | PublisherUser

export interface TokenUser {
  readonly kind: 'user'
  readonly user: User
  readonly scopes: readonly Scope[]
  /** Which of the user's tokens was sent. */
  readonly tokenId: number
  /** Path of the project or group beyond which the token is nobody's; left out for all that the user may. */
  readonly within?: string
}

export interface JobUser {
  readonly kind: 'job'
  readonly jobId: number
  readonly projectId: number
  readonly user: User
}

/** Who holds an upload token of trusted publishing. */
export interface PublisherUser {
  readonly kind: 'publisher'
  /** To which it may publish; nothing else is allowed. */
  readonly projectIds: readonly number[]
  /** Of this server's own job that got it; null for one elsewhere. */
  readonly jobId: number | null
}

export const ANONYMOUS: Principal = { kind: 'anonymous' }

/**
 * `admin_packages` yanks, quarantines and says what is listed; `read_project` and `admin_project` are of the project
 * itself. `download_code` and `push_code` are git's, `read_code` is the same by the API; `push_protected_code` changes a
 * protected branch.
 * `create_runner` lets a machine take the jobs of the project.
 * `run_pipelines` retries, plays and cancels; `erase_jobs` takes away what jobs left, `destroy_pipelines` all of a pipeline.
 */
export type Action =
  | 'read_project'
  | 'admin_project'
  | 'read_code'
  | 'download_code'
  | 'push_code'
  | 'push_protected_code'
  | 'create_pipeline'
  | 'create_runner'
  | 'read_packages'
  | 'create_package'
  | 'destroy_package'
  | 'admin_packages'
  | 'read_pipelines'
  | 'read_artifacts'
  | 'run_pipelines'
  | 'erase_jobs'
  | 'destroy_pipelines'

/** Where roles are looked up: they are data, and may change between two requests. */
export type Roles = Pick<AccessStore, 'findRoles' | 'allowsJobsOf'>

/** The least standing that each action asks for, GitLab's. What is not listed is refused. */
const LEAST: Readonly<Record<Action, Readonly<Record<Visibility, Standing>>>> = {
  read_project: { public: 'anonymous', internal: 'user', private: 'guest' },
  admin_project: everywhere('maintainer'),
  read_code: { public: 'anonymous', internal: 'user', private: 'reporter' },
  download_code: { public: 'anonymous', internal: 'user', private: 'reporter' },
  push_code: everywhere('developer'),
  push_protected_code: everywhere('maintainer'),
  create_pipeline: everywhere('developer'),
  create_runner: everywhere('maintainer'),
  read_packages: { public: 'anonymous', internal: 'user', private: 'reporter' },
  create_package: everywhere('developer'),
  destroy_package: everywhere('maintainer'),
  admin_packages: everywhere('maintainer'),
  // Stricter than GitLab, where a guest of a private project sees the log of a job.
  read_pipelines: { public: 'anonymous', internal: 'user', private: 'reporter' },
  read_artifacts: { public: 'anonymous', internal: 'user', private: 'reporter' },
  run_pipelines: everywhere('developer'),
  erase_jobs: everywhere('maintainer'),
  destroy_pipelines: everywhere('owner'),
}

function everywhere(standing: Standing): Readonly<Record<Visibility, Standing>> {
  return { public: standing, internal: standing, private: standing }
}

/** What a token's scopes leave of its user's rights. GitLab lets the last one delete, too; here that asks for `api`. */
const SCOPES: Readonly<Record<Action, readonly Scope[]>> = {
  read_project: ['api', 'read_api', 'read_package_registry', 'write_package_registry'],
  admin_project: ['api'],
  read_code: ['api', 'read_api', 'read_repository', 'write_repository'],
  download_code: ['api', 'read_repository', 'write_repository'],
  push_code: ['api', 'write_repository'],
  push_protected_code: ['api', 'write_repository'],
  create_pipeline: ['api'],
  create_runner: ['api', 'create_runner'],
  read_packages: ['api', 'read_api', 'read_package_registry', 'write_package_registry'],
  create_package: ['api', 'write_package_registry'],
  destroy_package: ['api'],
  admin_packages: ['api'],
  read_pipelines: ['api', 'read_api'],
  read_artifacts: ['api', 'read_api'],
  run_pipelines: ['api'],
  erase_jobs: ['api'],
  destroy_pipelines: ['api'],
}

/** What a job may do at all: what it publishes, it can neither take back nor declare good, and it does not push. */
const OF_JOBS: ReadonlySet<Action> = new Set([
  'read_project',
  'read_code',
  'download_code',
  'read_packages',
  'create_package',
  'read_artifacts',
])

export interface Question {
  readonly principal: Principal
  readonly action: Action
  readonly project: Project
}

export async function may(roles: Roles, { principal, action, project }: Question): Promise<boolean> {
  if (principal.kind === 'publisher')
    return action === 'create_package' && principal.projectIds.includes(project.id)
  if (principal.kind === 'user' && !hasScope(principal, SCOPES[action])) return false
  if (principal.kind === 'job' && !OF_JOBS.has(action)) return false
  return isAtLeast(await standingOf(roles, principal, project), LEAST[action][project.visibility])
}

/** Whether it is known at all to who asks, whatever the scopes of the token. */
export async function maySee(roles: Roles, principal: Principal, project: Project): Promise<boolean> {
  const standing = await standingOf(roles, principal, project)
  return isAtLeast(standing, LEAST.read_project[project.visibility])
}

export function hasScope({ scopes }: TokenUser, wanted: readonly Scope[]): boolean {
  return scopes.some((scope) => wanted.includes(scope))
}

/** For what changes the whole server. A job has this never, nor a token that is bound to a project or a group. */
export function isAdministrator(principal: Principal): principal is TokenUser {
  return principal.kind === 'user' && principal.user.isAdministrator && principal.within === undefined
}

/** The metrics show the whole server: an administrator reads them, and who has a token for just that. */
export function mayReadMetrics(principal: Principal): boolean {
  if (principal.kind !== 'user' || principal.within !== undefined) return false
  return hasScope(
    principal,
    isAdministrator(principal) ? ['api', 'read_api', 'read_metrics'] : ['read_metrics'],
  )
}

/** What is of no project of this server, and for its people all the same: who could read packages if they were theirs. */
export function mayReadGates(principal: Principal): boolean {
  if (principal.kind === 'user') return hasScope(principal, SCOPES.read_packages)
  return principal.kind === 'job'
}

/** The role that GitLab would tell of; an administrator counts as an owner. Null for who is no member. */
export async function roleOf(
  roles: Roles,
  user: User,
  { path }: Pick<Project, 'path'>,
): Promise<Role | null> {
  const standing = await standingOfUser(roles, user, path)
  if (standing === 'administrator') return 'owner'
  return standing === 'user' ? null : standing
}

/**
 * A job has the standing of its user in its own project, and in those that have let it in; in others, that of anybody
 * who is signed in. A token that is bound to a project or a group is anonymous beyond it.
 */
async function standingOf(roles: Roles, principal: Principal, project: Project): Promise<Standing> {
  if (principal.kind === 'anonymous' || principal.kind === 'publisher') return 'anonymous'
  if (principal.kind === 'user' && !isWithin(project.path, principal.within)) return 'anonymous'
  if (principal.kind === 'job' && principal.projectId !== project.id) {
    if (!(await roles.allowsJobsOf(project.id, principal.projectId))) return 'user'
  }
  return standingOfUser(roles, principal.user, project.path)
}

export function isWithin(path: string, within: string | undefined): boolean {
  return within === undefined || path === within || path.startsWith(`${within}/`)
}

async function standingOfUser(
  roles: Roles,
  user: User,
  path: string,
): Promise<Exclude<Standing, 'anonymous'>> {
  if (user.isAdministrator) return 'administrator'
  let highest: Role | 'user' = 'user'
  for (const role of await roles.findRoles(user.id, path)) if (isAtLeast(role, highest)) highest = role
  return highest
}
