import type { Clock, Entropy, Secret } from '../base/index.ts'
import { authenticate, type Credential } from './authenticate.ts'
import { accessErrors } from './errors.ts'
import { may, maySee, roleOf, type Action, type Principal } from './may.ts'
import { parseProjectPath, type Visibility } from './names.ts'
import { createPeople, type People } from './people.ts'
import type { Role } from './roles.ts'
import type { AccessStore, Group, Project, User } from './store.ts'
import { makeToken } from './tokens.ts'
import { FailedTries, type TryLimits } from './tries.ts'
import { mayCreateIn, maySeeGroup, visibleProjects, type VisibleAsked } from './visible.ts'

export interface JobTokenGrant {
  readonly jobId: number
  readonly projectId: number
  readonly userId: number
  readonly expiresAtMs: number
}

export interface Access extends People {
  /** Private unless said otherwise. Throws `access.path`, `access.path-taken`. */
  createProject(project: {
    readonly path: string
    readonly visibility?: Visibility
    readonly defaultBranch?: string
  }): Promise<Project>
  /** By id or by path; undefined also for what is not the path of a project. */
  findProject(idOrPath: number | string): Promise<Project | undefined>
  /** By id, from the first one after `afterId`. */
  listProjects(page: { readonly afterId?: number; readonly limit: number }): Promise<readonly Project[]>
  /** Ids of what the principal may see, the newest first, at most 10,000. */
  visibleProjects(principal: Principal, asked?: VisibleAsked): Promise<readonly number[]>
  findGroup(idOrPath: number | string): Promise<Group | undefined>
  /** Ids of the projects in the group of that path and in its subgroups, by id, at most 10,000. */
  projectsBelow(groupPath: string): Promise<readonly number[]>
  /** A job may have several; all end with `revokeJobTokens`, or at their expiry. */
  issueJobToken(grant: JobTokenGrant): Promise<Secret>
  /** Whether the user as whom a running job acts is blocked: then nothing of it may be believed. */
  isJobBlocked(jobId: number): Promise<boolean>
  /** Now and durably. */
  revokeJobTokens(jobId: number): Promise<void>
  /**
   * Undefined for a token that is wrong, expired or revoked, or whose user is blocked. `from` is the address of the
   * client, whose wrong tries are counted. Throws `access.too-many-tries`.
   */
  authenticate(credential: Credential, from?: string): Promise<Principal | undefined>
  /** By the roles of now. */
  may(principal: Principal, action: Action, project: Project): Promise<boolean>
  /** Whether the project exists for who asks, whatever the scopes of the token. */
  maySee(principal: Principal, project: Project): Promise<boolean>
  maySeeGroup(principal: Principal, group: Group): Promise<boolean>
  /** Whether the principal may make projects in the group of that path, which may not be there yet. */
  mayCreateIn(principal: Principal, groupPath: string): Promise<boolean>
  /** An administrator counts as an owner. Null for who is no member of the project or of a group above it. */
  roleOf(user: User, project: Project): Promise<Role | null>
}

export interface AccessParts {
  readonly store: AccessStore
  readonly clock: Clock
  readonly entropy: Entropy
  readonly tryLimits?: TryLimits
}

const DEFAULT_BRANCH = 'main'
const MAX_BELOW = 10_000

export function createAccess(parts: AccessParts): Access {
  const { store, clock, tryLimits } = parts
  const tries = new FailedTries(clock, tryLimits)
  return {
    ...createPeople(parts),
    createProject: (project) => createProject(parts, project),
    findProject: (idOrPath) =>
      typeof idOrPath === 'number' ? store.findProject(idOrPath) : store.findProjectByPath(idOrPath),
    listProjects: ({ afterId = 0, limit }) => store.listProjects({ afterId, limit }),
    visibleProjects: (principal, asked = {}) => visibleProjects(store, principal, asked),
    findGroup: (idOrPath) =>
      typeof idOrPath === 'number' ? store.findGroup(idOrPath) : store.findGroupByPath(idOrPath),
    issueJobToken: (grant) => issueJobToken(parts, grant),
    isJobBlocked: (jobId) => store.isJobBlocked(jobId),
    revokeJobTokens: (jobId) => store.removeJobTokens(jobId),
    authenticate: (credential, from) => authenticate({ store, clock, tries }, credential, from),
    may: (principal, action, project) => may(store, { principal, action, project }),
    projectsBelow: async (groupPath) =>
      (await store.listProjectIdsAt(groupPath, MAX_BELOW)).toSorted((a, b) => a - b),
    maySee: (principal, project) => maySee(store, principal, project),
    maySeeGroup: (principal, group) => maySeeGroup(store, principal, group),
    mayCreateIn: (principal, groupPath) => mayCreateIn(store, principal, groupPath),
    roleOf: (user, project) => roleOf(store, user, project),
  }
}

async function createProject(
  { store, clock }: AccessParts,
  { path, visibility = 'private', defaultBranch = DEFAULT_BRANCH }: Parameters<Access['createProject']>[0],
): Promise<Project> {
  const parsed = parseProjectPath(path)
  const createdAtMs = clock.nowMs()
  const project = await store.createProject({ ...parsed, visibility, defaultBranch, createdAtMs })
  if (project === undefined)
    throw accessErrors('access.path-taken', `the path ${path} has already been taken`)
  return project
}

async function issueJobToken({ store, entropy }: AccessParts, grant: JobTokenGrant): Promise<Secret> {
  const { token, hash } = makeToken('glcbt-', entropy)
  await store.createJobToken({ ...grant, hash })
  return token
}
