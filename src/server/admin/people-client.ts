import type { Call } from './call.ts'
import { allAfter } from './pages.ts'

/** What commands ask about users, members and tokens; every method is one request to `http/people-admin.ts`. */
export interface PeopleAdmin {
  createUser(input: {
    readonly login: string
    readonly isAdministrator: boolean
    readonly email?: string
  }): Promise<UserLine>
  /** Throws `access.unknown-user`. */
  user(login: string): Promise<UserLine>
  /** By id, all of them. */
  users(): AsyncIterable<UserLine>
  setUserState(input: { readonly user: string; readonly state: 'active' | 'blocked' }): Promise<UserLine>
  setMember(member: MemberInput & { readonly role: string }): Promise<void>
  removeMember(member: MemberInput): Promise<void>
  /** Also from a group above the path; null without any. */
  roleOf(member: MemberInput): Promise<{ readonly role: string | null }>
  members(path: string): AsyncIterable<MemberSummary>
  allowJobs(allowance: JobAllowance): Promise<void>
  disallowJobs(allowance: JobAllowance): Promise<void>
  allowedJobs(project: string): Promise<{ readonly from: readonly string[] }>
  createToken(input: TokenInput): Promise<NewTokenLine>
  tokens(): AsyncIterable<TokenLine>
  revokeToken(id: number): Promise<TokenLine>
}

interface MemberInput {
  /** Of a project or a group. */
  readonly path: string
  readonly user: string
}

interface JobAllowance {
  readonly project: string
  /** Of a project or a group. */
  readonly from: string
}

export interface TokenInput {
  readonly user?: string
  readonly within?: string
  readonly kind?: 'personal' | 'deploy'
  readonly scopes: readonly string[]
  readonly role?: string
  readonly name?: string
  readonly expiresAtMs?: number
}

export interface NewTokenLine {
  readonly token: string
  readonly id: number
  /** Of a deploy token, the user name to send with it. */
  readonly user: string
  readonly scopes: readonly string[]
  /** ISO 8601, UTC. */
  readonly expiresAt: string | null
}

export interface UserLine {
  readonly id: number
  readonly login: string
  readonly email: string
  readonly isAdministrator: boolean
  readonly isBot: boolean
  readonly isBlocked: boolean
  readonly createdAt: string
}

export interface MemberSummary {
  readonly id: number
  readonly login: string
  readonly role: string
}

export interface TokenLine {
  readonly id: number
  readonly user: string
  readonly kind: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly within: string | null
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
  readonly revokedAt: string | null
  readonly isUserBlocked: boolean
}

export function createPeopleClient(call: Call): PeopleAdmin {
  const listOf = <T extends { readonly id: number }>(path: string, name: string): AsyncIterable<T> =>
    allAfter(async (after) => {
      const page = await call<Readonly<Record<string, readonly T[]>>>('GET', `${path}?after=${after}`)
      return page[name] ?? []
    })
  const memberPath = ({ path, user }: MemberInput): string =>
    `/admin/members/${encodeURIComponent(path)}/${encodeURIComponent(user)}`
  const listPath = (project: string): string => `/admin/projects/${encodeURIComponent(project)}/job-allowlist`
  return {
    createUser: (input) => call('POST', '/admin/users', input),
    user: (login) => call('GET', `/admin/users/${encodeURIComponent(login)}`),
    users: () => listOf('/admin/users', 'users'),
    setUserState: ({ user, state }) =>
      call('PUT', `/admin/users/${encodeURIComponent(user)}/state`, { state }),
    setMember: ({ role, ...member }) => call('PUT', memberPath(member), { role }),
    removeMember: (member) => call('DELETE', memberPath(member)),
    roleOf: (member) => call('GET', memberPath(member)),
    members: (path) => listOf(`/admin/members/${encodeURIComponent(path)}`, 'members'),
    allowJobs: ({ project, from }) => call('PUT', `${listPath(project)}/${encodeURIComponent(from)}`, {}),
    disallowJobs: ({ project, from }) => call('DELETE', `${listPath(project)}/${encodeURIComponent(from)}`),
    allowedJobs: (project) => call('GET', listPath(project)),
    createToken: (input) => call('POST', '/admin/tokens', input),
    tokens: () => listOf('/admin/tokens', 'tokens'),
    revokeToken: (id) => call('DELETE', `/admin/tokens/${id}`),
  }
}
