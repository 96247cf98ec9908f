import type { Scope, TokenKind, Visibility } from './names.ts'
import type { Role } from './roles.ts'

export interface Project {
  /** Never used again, also not after the project is gone. */
  readonly id: number
  readonly path: string
  /** The last part of the path. */
  readonly name: string
  readonly namespaceId: number
  readonly namespacePath: string
  readonly visibility: Visibility
  readonly defaultBranch: string
}

/** A group or subgroup. */
export interface Group {
  readonly id: number
  readonly path: string
}

export interface User {
  readonly id: number
  readonly login: string
  readonly email: string
  readonly isAdministrator: boolean
}

export interface StoredUser {
  readonly id: number
  readonly user: User
  /** A bot is whom a token of a project or a group acts as. */
  readonly kind: UserKind
  readonly blockedAtMs: number | null
  readonly createdAtMs: number
}

export type UserKind = 'person' | 'bot'

export interface NewProject {
  readonly path: string
  readonly name: string
  readonly namespaces: readonly [string, ...string[]]
  readonly visibility: Visibility
  readonly defaultBranch: string
  readonly createdAtMs: number
}

export interface NewUser {
  readonly login: string
  readonly email: string
  readonly isAdministrator: boolean
  readonly kind: UserKind
  readonly createdAtMs: number
}

export interface NewToken {
  readonly userId: number
  readonly kind: TokenKind
  readonly name: string
  /** SHA-256 of the token, lower-case hex: the token itself is nowhere. */
  readonly hash: string
  readonly scopes: readonly Scope[]
  /** Path of the project or group beyond which the token is nobody's; null for all that its user may. */
  readonly within: string | null
  readonly expiresAtMs: number | null
  readonly createdAtMs: number
}

export interface StoredToken extends Omit<NewToken, 'hash' | 'userId'> {
  readonly id: number
  readonly user: User
  readonly isUserBlocked: boolean
  readonly revokedAtMs: number | null
  /** May be some minutes behind. */
  readonly lastUsedAtMs: number | null
}

export interface NewJobToken {
  readonly jobId: number
  readonly projectId: number
  readonly userId: number
  readonly hash: string
  readonly expiresAtMs: number
}

export interface StoredJobToken {
  readonly jobId: number
  readonly projectId: number
  readonly user: User
  readonly isUserBlocked: boolean
  readonly expiresAtMs: number
}

export interface Member {
  readonly userId: number
  readonly role: Role
  /** Of a project or a namespace: a group or subgroup, and all that is below it. */
  readonly path: string
}

export interface MemberLine {
  /** Of the user. */
  readonly id: number
  readonly login: string
  readonly role: Role
}

export interface Page {
  readonly afterId: number
  readonly limit: number
}

/**
 * What `access` keeps. Every write is durable when it resolves, and whole or absent. Paths and logins are unique
 * without regard to the case of their ASCII letters, and found in the case in which they were made. Safe to call
 * concurrently.
 */
export interface AccessStore {
  /**
   * The project and the namespaces above it that are missing. Undefined, and nothing written, when the path belongs to
   * a project or a namespace, or when a project or another spelling has the path of one of its namespaces.
   */
  createProject(project: NewProject): Promise<Project | undefined>
  findProject(id: number): Promise<Project | undefined>
  findProjectByPath(path: string): Promise<Project | undefined>
  /** By id, from the first one after `afterId`. */
  listProjects(page: Page): Promise<readonly Project[]>
  /** Ids of all projects, or of those of one visibility, the newest first. */
  listProjectIds(asked: {
    readonly visibility?: Visibility
    readonly limit: number
  }): Promise<readonly number[]>
  /** Ids of the project of that path and of those below that group, in no order. */
  listProjectIdsAt(path: string, limit: number): Promise<readonly number[]>
  /** Whether the group has a project of that visibility in it or below. */
  hasProjectBelow(path: string, visibility: Visibility): Promise<boolean>
  findGroup(id: number): Promise<Group | undefined>
  findGroupByPath(path: string): Promise<Group | undefined>

  /** Undefined where somebody has the login, in whatever case. */
  createUser(user: NewUser): Promise<User | undefined>
  /** In whatever case. */
  findUser(login: string): Promise<StoredUser | undefined>
  listUsers(page: Page): Promise<readonly StoredUser[]>
  /** From now on; null unblocks. */
  setBlocked(userId: number, atMs: number | null): Promise<void>

  /** The one role of that user there, from now on. */
  setMember(member: Member): Promise<void>
  /** False where the user was no member there. */
  removeMember(member: Omit<Member, 'role'>): Promise<boolean>
  /** Of that path itself, by the ids of their users. */
  listMembers(path: string, page: Page): Promise<readonly MemberLine[]>
  /** Those of the user in the project or namespace of that path and in every one above it, in no order. */
  findRoles(userId: number, path: string): Promise<readonly Role[]>
  /** Where the user is a member, in lower case. */
  listMemberPaths(userId: number, limit: number): Promise<readonly string[]>
  /** Whether the user is a member of anything below that group. */
  isMemberBelow(userId: number, path: string): Promise<boolean>

  createToken(token: NewToken): Promise<{ readonly id: number }>
  findToken(hash: string): Promise<StoredToken | undefined>
  listTokens(page: Page): Promise<readonly StoredToken[]>
  /** Undefined where there is none. One that was revoked before stays as it is. */
  revokeToken(id: number, atMs: number): Promise<StoredToken | undefined>
  /** Changes nothing where a later use is written down. */
  touchToken(id: number, atMs: number): Promise<void>

  createJobToken(token: NewJobToken): Promise<void>
  findJobToken(hash: string): Promise<StoredJobToken | undefined>
  /** Whether the user of the job's tokens is blocked; false for a job without any. */
  isJobBlocked(jobId: number): Promise<boolean>
  /** All tokens of the job; none is fine. */
  removeJobTokens(jobId: number): Promise<void>

  /** From now on jobs of that project, or of those below that group, act with the rights of their user in the project. */
  allowJobs(projectId: number, fromPath: string): Promise<void>
  /** False where they were not allowed. */
  disallowJobs(projectId: number, fromPath: string): Promise<boolean>
  /** Paths in lower case, in order. */
  listAllowedJobs(projectId: number, limit: number): Promise<readonly string[]>
  /** Whether the project, or a group above it, is on the list of the other one. */
  allowsJobsOf(projectId: number, fromProjectId: number): Promise<boolean>
}
