import { encodeHex, type Clock, type Entropy, type Secret } from '../base/index.ts'
import { accessErrors } from './errors.ts'
import { roleOf } from './may.ts'
import { parseLogin, parseRole, parseScopes, parseTokenName, type Scope, type TokenKind } from './names.ts'
import type { Role } from './roles.ts'
import type { AccessStore, MemberLine, Page, Project, StoredToken, StoredUser, User } from './store.ts'
import { makeToken } from './tokens.ts'

export interface NewTokenRequest {
  /** Whose it is. Left out, that of a bot which has `role` in `within` and nothing else. */
  readonly login?: string
  /** Path of the project or group beyond which it is nobody's. */
  readonly within?: string
  /** Default personal. A deploy token is a bot's. */
  readonly kind?: TokenKind
  readonly scopes: readonly string[]
  /** Of the bot; default developer. */
  readonly role?: string
  readonly name?: string
  readonly expiresAtMs?: number | null
}

export interface CreatedToken {
  readonly id: number
  readonly user: User
  readonly scopes: readonly Scope[]
  readonly expiresAtMs: number | null
  /** Shown now and never again. */
  readonly token: Secret
}

/** Users, members and tokens, as administrators change them. */
export interface People {
  /** A person. Throws `access.login`, `access.user-taken`. */
  createUser(user: {
    readonly login: string
    readonly email?: string
    readonly isAdministrator?: boolean
  }): Promise<User>
  /** Throws `access.unknown-user`. */
  user(login: string): Promise<StoredUser>
  /** What is kept of a user beside what every request has. */
  userOf(user: User): Promise<StoredUser>
  /** By id, from the first one after `afterId`. */
  listUsers(page: Page): Promise<readonly StoredUser[]>
  /** All tokens of the user stop at once, also those of running jobs. Throws `access.unknown-user`. */
  setBlocked(login: string, state: 'blocked' | 'active'): Promise<StoredUser>

  /** In a project or a group. Throws `access.unknown-path`, `access.unknown-user`, `access.role`. */
  setMember(member: { readonly path: string; readonly login: string; readonly role: string }): Promise<Role>
  /** In the project or group, or in a group above it; null without any. Throws `access.unknown-path`, `access.unknown-user`. */
  roleAt(path: string, login: string): Promise<Role | null>
  /** Throws `access.unknown-path`, `access.unknown-user`, `access.unknown-member`. */
  removeMember(member: { readonly path: string; readonly login: string }): Promise<void>
  /** Of the project or the group itself. Throws `access.unknown-path`. */
  listMembers(path: string, page: Page): Promise<readonly MemberLine[]>

  /** Throws `access.scope`, `access.expiry`, `access.token-name`, `access.token-owner`, `access.unknown-user`, `access.unknown-path`, `access.blocked`. */
  createToken(token: NewTokenRequest): Promise<CreatedToken>
  listTokens(page: Page): Promise<readonly StoredToken[]>
  /** Throws `access.unknown-token`. */
  token(id: number): Promise<StoredToken>
  /** Now and durably. Throws `access.unknown-token`. */
  revokeToken(id: number): Promise<StoredToken>

  /** Jobs of that project, or of those below that group, act here with the rights of their user. Throws `access.unknown-path`, `access.allowlist`. */
  allowJobs(project: Project, fromPath: string): Promise<void>
  disallowJobs(project: Project, fromPath: string): Promise<void>
  /** Paths, in lower case. */
  listAllowedJobs(project: Project): Promise<readonly string[]>
}

export interface PeopleParts {
  readonly store: AccessStore
  readonly clock: Clock
  readonly entropy: Entropy
}

/** As many as GitLab has. */
const MAX_ALLOWED_JOBS = 200
const BOT_NAME_BYTES = 8

export function createPeople(parts: PeopleParts): People {
  const { store, clock } = parts
  return {
    createUser: (user) => createUser(parts, user),
    user: (login) => findUser(store, login),
    userOf: async ({ login }) => known(await store.findUser(login), login),
    listUsers: (page) => store.listUsers(page),
    setBlocked: async (login, state) => {
      const { user } = await findUser(store, login)
      await store.setBlocked(user.id, state === 'blocked' ? clock.nowMs() : null)
      return findUser(store, login)
    },
    setMember: async ({ path, login, role: asked }) => {
      const role = parseRole(asked)
      const place = await findPlace(store, path)
      const { user } = await findUser(store, login)
      await store.setMember({ userId: user.id, path: place.path, role })
      return role
    },
    roleAt: async (path, login) => {
      const place = await findPlace(store, path)
      return roleOf(store, (await findUser(store, login)).user, place)
    },
    removeMember: (member) => removeMember(store, member),
    listMembers: async (path, page) => store.listMembers((await findPlace(store, path)).path, page),
    createToken: (token) => createToken(parts, token),
    listTokens: (page) => store.listTokens(page),
    token: async (id) => {
      const [token] = await store.listTokens({ afterId: id - 1, limit: 1 })
      return knownToken(token?.id === id ? token : undefined, id)
    },
    revokeToken: async (id) => knownToken(await store.revokeToken(id, clock.nowMs()), id),
    allowJobs: (project, fromPath) => allowJobs(store, project, fromPath),
    disallowJobs: async (project, fromPath) => {
      if (await store.disallowJobs(project.id, fromPath)) return
      throw accessErrors('access.unknown-path', `${fromPath} is not on the allowlist of ${project.path}`)
    },
    listAllowedJobs: (project) => store.listAllowedJobs(project.id, MAX_ALLOWED_JOBS),
  }
}

async function createUser(
  { store, clock }: PeopleParts,
  { login, email, isAdministrator = false }: Parameters<People['createUser']>[0],
): Promise<User> {
  const user = {
    login: parseLogin(login),
    email: email ?? `${login}@localhost`,
    isAdministrator,
    kind: 'person',
    createdAtMs: clock.nowMs(),
  } as const
  const made = await store.createUser(user)
  if (made === undefined) throw accessErrors('access.user-taken', `the user name ${login} is taken`)
  return made
}

async function findUser(store: AccessStore, login: string): Promise<StoredUser> {
  return known(await store.findUser(parseLogin(login)), login)
}

function known(user: StoredUser | undefined, login: string): StoredUser {
  if (user === undefined) throw accessErrors('access.unknown-user', `there is no user ${login}`)
  return user
}

function knownToken(token: StoredToken | undefined, id: number): StoredToken {
  if (token === undefined) throw accessErrors('access.unknown-token', `there is no token ${id}`)
  return token
}

interface Place {
  readonly kind: 'project' | 'group'
  readonly id: number
  readonly path: string
}

async function findPlace(store: AccessStore, path: string): Promise<Place> {
  const project = await store.findProjectByPath(path)
  if (project !== undefined) return { kind: 'project', id: project.id, path: project.path }
  const group = await store.findGroupByPath(path)
  if (group !== undefined) return { kind: 'group', ...group }
  throw accessErrors('access.unknown-path', `there is no project and no group ${path}`)
}

async function removeMember(
  store: AccessStore,
  { path, login }: { readonly path: string; readonly login: string },
): Promise<void> {
  const place = await findPlace(store, path)
  const { user } = await findUser(store, login)
  if (await store.removeMember({ userId: user.id, path: place.path })) return
  throw accessErrors('access.unknown-member', `${user.login} is not a member of ${place.path} itself`)
}

async function allowJobs(store: AccessStore, project: Project, fromPath: string): Promise<void> {
  const from = await findPlace(store, fromPath)
  const allowed = await store.listAllowedJobs(project.id, MAX_ALLOWED_JOBS)
  if (allowed.length >= MAX_ALLOWED_JOBS)
    throw accessErrors('access.allowlist', `the allowlist of ${project.path} is full`)
  await store.allowJobs(project.id, from.path)
}

async function createToken(parts: PeopleParts, request: NewTokenRequest): Promise<CreatedToken> {
  const { kind = 'personal' } = request
  const { store, clock } = parts
  const createdAtMs = clock.nowMs()
  const scopes = parseScopes(request.scopes, kind)
  const name = parseTokenName(request.name ?? `${kind} token`)
  const expiresAtMs = checkExpiry(request.expiresAtMs ?? null, createdAtMs)
  const place = request.within === undefined ? undefined : await findPlace(store, request.within)
  const user = await ownerOf(parts, request, place)
  const { token, hash } = makeToken(PREFIXES[kind], parts.entropy)
  const within = place === undefined ? null : place.path
  const row = { userId: user.id, kind, name, hash, scopes, within, expiresAtMs, createdAtMs }
  const { id } = await store.createToken(row)
  return { id, user, scopes, expiresAtMs, token }
}

const PREFIXES = { personal: 'glpat-', deploy: 'gldt-' } as const

function checkExpiry(expiresAtMs: number | null, nowMs: number): number | null {
  if (expiresAtMs === null || expiresAtMs > nowMs) return expiresAtMs
  throw accessErrors('access.expiry', 'the expiry of the token is in the past')
}

async function ownerOf(
  parts: PeopleParts,
  { login, kind = 'personal', role = 'developer' }: NewTokenRequest,
  within: Place | undefined,
): Promise<User> {
  if (login === undefined) {
    if (within === undefined)
      throw accessErrors('access.token-owner', 'the token has no user, project or group')
    return makeBot(parts, { within, kind, role: parseRole(role) })
  }
  if (kind === 'deploy') throw accessErrors('access.token-owner', 'a deploy token has no user')
  const { user, blockedAtMs } = await findUser(parts.store, login)
  if (blockedAtMs !== null) throw accessErrors('access.blocked', `the user ${user.login} is blocked`)
  return user
}

/** As on GitLab, a token of a project or group acts as a user of its own. Without its token, a bot can do nothing. */
async function makeBot(
  { store, clock, entropy }: PeopleParts,
  { within, kind, role }: { readonly within: Place; readonly kind: TokenKind; readonly role: Role },
): Promise<User> {
  const suffix = encodeHex(entropy.bytes(BOT_NAME_BYTES))
  const login =
    kind === 'deploy' ? `gitlab+deploy-token-${suffix}` : `${within.kind}_${within.id}_bot_${suffix}`
  const bot = { login, email: `${login}@localhost`, isAdministrator: false, kind: 'bot' } as const
  const user = await store.createUser({ ...bot, createdAtMs: clock.nowMs() })
  if (user === undefined) throw accessErrors('access.user-taken', `the user name ${login} is taken`)
  await store.setMember({ userId: user.id, path: within.path, role })
  return user
}
