import type { Scope, Visibility } from './names.ts'
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

export interface User {
  readonly id: number
  readonly login: string
  readonly email: string
  readonly isAdministrator: boolean
}

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
  readonly createdAtMs: number
}

export interface NewToken {
  readonly userId: number
  /** SHA-256 of the token, lower-case hex: the token itself is nowhere. */
  readonly hash: string
  readonly scopes: readonly Scope[]
  readonly expiresAtMs: number | null
  readonly createdAtMs: number
}

export interface StoredToken {
  readonly id: number
  readonly user: User
  readonly scopes: readonly Scope[]
  readonly expiresAtMs: number | null
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
  readonly expiresAtMs: number
}

export interface Member {
  readonly userId: number
  readonly role: Role
  /** Of a project or a namespace: a group or subgroup, and all that is below it. */
  readonly path: string
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
  listProjects(page: { readonly afterId: number; readonly limit: number }): Promise<readonly Project[]>
  /** The user of that login, made when missing; one who stands stays as he is. */
  ensureUser(user: NewUser): Promise<User>
  /** The one role of that user there, from now on. */
  setMember(member: Member): Promise<void>
  /** Those of the user in the project or namespace of that path and in every one above it, in no order. */
  findRoles(userId: number, path: string): Promise<readonly Role[]>
  createToken(token: NewToken): Promise<{ readonly id: number }>
  findToken(hash: string): Promise<StoredToken | undefined>
  createJobToken(token: NewJobToken): Promise<void>
  findJobToken(hash: string): Promise<StoredJobToken | undefined>
  /** All tokens of the job; none is fine. */
  removeJobTokens(jobId: number): Promise<void>
}
