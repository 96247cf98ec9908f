import type { Clock, Entropy, Secret } from '../base/index.ts'
import { accessErrors } from './errors.ts'
import { may, roleOf, type Action, type Principal } from './may.ts'
import { parseLogin, parseProjectPath, parseScopes, type Scope, type Visibility } from './names.ts'
import type { Role } from './roles.ts'
import type { AccessStore, Project, User } from './store.ts'
import { hashToken, makeToken } from './tokens.ts'

/** What a client sent, as its carrier says: a personal token is never taken for a job token, nor the reverse. */
export interface Credential {
  readonly kind: 'personal' | 'job'
  readonly token: string
}

export interface CreatedToken {
  readonly id: number
  readonly user: User
  readonly scopes: readonly Scope[]
  readonly expiresAtMs: number | null
  /** Shown now and never again. */
  readonly token: Secret
}

export interface JobTokenGrant {
  readonly jobId: number
  readonly projectId: number
  readonly userId: number
  readonly expiresAtMs: number
}

export interface Access {
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
  /** The user of that login. One who is missing is made, as an administrator. Throws `access.login`. */
  ensureUser(login: string): Promise<User>
  /** A personal access token of `ensureUser(login)`. Throws `access.login`, `access.scope`, `access.expiry`. */
  createToken(token: {
    readonly login: string
    readonly scopes: readonly Scope[]
    readonly expiresAtMs?: number
  }): Promise<CreatedToken>
  /** A job may have several; all end with `revokeJobTokens`, or at their expiry. */
  issueJobToken(grant: JobTokenGrant): Promise<Secret>
  /** Now and durably. */
  revokeJobTokens(jobId: number): Promise<void>
  /** Undefined for a token that is wrong, expired or revoked. */
  authenticate(credential: Credential): Promise<Principal | undefined>
  /** By the roles of now. */
  may(principal: Principal, action: Action, project: Project): Promise<boolean>
  /** An administrator counts as an owner. Null for who is no member of the project or of a group above it. */
  roleOf(user: User, project: Project): Promise<Role | null>
}

export interface AccessParts {
  readonly store: AccessStore
  readonly clock: Clock
  readonly entropy: Entropy
}

const DEFAULT_BRANCH = 'main'

export function createAccess(parts: AccessParts): Access {
  const { store } = parts
  return {
    createProject: (project) => createProject(parts, project),
    findProject: (idOrPath) =>
      typeof idOrPath === 'number' ? store.findProject(idOrPath) : store.findProjectByPath(idOrPath),
    listProjects: ({ afterId = 0, limit }) => store.listProjects({ afterId, limit }),
    ensureUser: (login) => ensureUser(parts, login),
    createToken: (token) => createToken(parts, token),
    issueJobToken: (grant) => issueJobToken(parts, grant),
    revokeJobTokens: (jobId) => store.removeJobTokens(jobId),
    authenticate: (credential) => authenticate(parts, credential),
    may: (principal, action, project) => may(store, { principal, action, project }),
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
  if (project === undefined) throw accessErrors('access.path-taken', `the path ${path} is taken`)
  return project
}

function ensureUser({ store, clock }: AccessParts, login: string): Promise<User> {
  const email = `${parseLogin(login)}@localhost`
  return store.ensureUser({ login, email, isAdministrator: true, createdAtMs: clock.nowMs() })
}

async function createToken(
  parts: AccessParts,
  {
    login,
    scopes: asked,
    expiresAtMs = null,
  }: { login: string; scopes: readonly Scope[]; expiresAtMs?: number | null },
): Promise<CreatedToken> {
  const scopes = parseScopes(asked)
  const createdAtMs = parts.clock.nowMs()
  if (expiresAtMs !== null && expiresAtMs <= createdAtMs)
    throw accessErrors('access.expiry', 'the expiry of the token is in the past')
  const user = await ensureUser(parts, login)
  const { token, hash } = makeToken('glpat-', parts.entropy)
  const { id } = await parts.store.createToken({ userId: user.id, hash, scopes, expiresAtMs, createdAtMs })
  return { id, user, scopes, expiresAtMs, token }
}

async function issueJobToken({ store, entropy }: AccessParts, grant: JobTokenGrant): Promise<Secret> {
  const { token, hash } = makeToken('glcbt-', entropy)
  await store.createJobToken({ ...grant, hash })
  return token
}

async function authenticate(parts: AccessParts, { kind, token }: Credential): Promise<Principal | undefined> {
  const hash = hashToken(token)
  if (hash === undefined) return undefined
  return kind === 'job' ? jobOf(parts, hash) : userOf(parts, hash)
}

async function userOf({ store, clock }: AccessParts, hash: string): Promise<Principal | undefined> {
  const found = await store.findToken(hash)
  if (found === undefined) return undefined
  const { id: tokenId, user, scopes, expiresAtMs } = found
  if (expiresAtMs !== null && expiresAtMs <= clock.nowMs()) return undefined
  return { kind: 'user', user, scopes, tokenId }
}

async function jobOf({ store, clock }: AccessParts, hash: string): Promise<Principal | undefined> {
  const found = await store.findJobToken(hash)
  if (found === undefined || found.expiresAtMs <= clock.nowMs()) return undefined
  const { jobId, projectId, user } = found
  return { kind: 'job', jobId, projectId, user }
}
