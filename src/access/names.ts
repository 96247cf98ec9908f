import { accessErrors } from './errors.ts'
import { ROLES, type Role } from './roles.ts'

export type Visibility = 'private' | 'internal' | 'public'
export type Scope = (typeof SCOPES)[number]
/** A deploy token is no user's: it only moves packages, and clients send its own user name with it. */
export type TokenKind = 'personal' | 'deploy'

export interface ProjectPath {
  /** `group/subgroup/name`. */
  readonly path: string
  /** `name`. */
  readonly name: string
  /** `group`, `group/subgroup`: outermost first, at least one. */
  readonly namespaces: readonly [string, ...string[]]
}

const SCOPES = [
  'api',
  'read_api',
  'create_runner',
  'read_metrics',
  'read_repository',
  'write_repository',
  'read_package_registry',
  'write_package_registry',
] as const
/** GitLab's, and `read_metrics`, for who reads the metrics and nothing else. */
const SCOPES_OF: Readonly<Record<TokenKind, readonly Scope[]>> = {
  personal: ['api', 'read_api', 'create_runner', 'read_metrics', 'read_repository', 'write_repository'],
  deploy: ['read_repository', 'read_package_registry', 'write_package_registry'],
}
const MAX_TOKEN_NAME = 255
const MAX_PATH_LENGTH = 255
/** As many levels of groups as GitLab has, and the project. */
const MAX_SEGMENTS = 21
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/
const LOGIN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/
/** The user as whom clients send a job token. */
export const JOB_TOKEN_USER = 'gitlab-ci-token'

/**
 * First segments of this server's own routes, of those that are planned, and of GitLab's; a group of that name could not
 * be reached. A test of `server/` compares it with what is served.
 */
const RESERVED: ReadonlySet<string> = new Set(
  `- _ .well-known admin api assets checkpoint ct dashboard explore favicon.ico files gate groups health_check healthz help
   import jwt login logout log metrics oauth profile projects public readyz robots.txt s search simple snippets static
   tile tuf uploads user users v2`.split(/\s+/),
)

/** In lower case; no group has one of these names, in any case of its letters. */
export const RESERVED_GROUPS: readonly string[] = [...RESERVED]

/** One spelling, that of the URL. Throws `access.path`, `access.reserved`. */
export function parseProjectPath(path: string): ProjectPath {
  const segments = path.length <= MAX_PATH_LENGTH ? path.split('/') : []
  const problem = problemOf(segments)
  const [group = '', ...rest] = segments
  if (RESERVED.has(group.toLowerCase()))
    throw accessErrors('access.reserved', `the group name ${shown(group)} is reserved`)
  if (problem !== undefined)
    throw accessErrors('access.path', `${shown(path)} is not a project path: ${problem}`)
  const namespaces = rest.map((_segment, index) => segments.slice(0, index + 1).join('/'))
  return { path, name: segments.at(-1) ?? '', namespaces: [group, ...namespaces.slice(1)] }
}

function problemOf(segments: readonly string[]): string | undefined {
  if (segments.length < 2 || segments.length > MAX_SEGMENTS) return 'it must have 2 to 21 parts'
  const wrong = segments.find((segment) => !SEGMENT.test(segment) || /\.\.|\.$|\.git$|\.atom$/i.test(segment))
  return wrong === undefined ? undefined : `the part ${shown(wrong)} is not allowed`
}

/** Throws `access.login`. */
export function parseLogin(login: string): string {
  if (!LOGIN.test(login) || login.toLowerCase() === JOB_TOKEN_USER)
    throw accessErrors('access.login', `${shown(login)} is not a valid user name`)
  return login
}

/** Throws `access.visibility`. */
export function parseVisibility(text: string): Visibility {
  if (text === 'private' || text === 'internal' || text === 'public') return text
  throw accessErrors('access.visibility', `${shown(text)} is not a visibility`)
}

/** At least one, each once, in order. Throws `access.scope`. */
export function parseScopes(texts: readonly string[], kind: TokenKind = 'personal'): readonly Scope[] {
  const known = SCOPES_OF[kind]
  const wrong = texts.find((text) => !known.some((scope) => scope === text))
  const hint = `the scopes of a ${kind} token are ${known.join(', ')}`
  if (wrong !== undefined) throw accessErrors('access.scope', `unknown scope ${shown(wrong)}`, { hint })
  if (texts.length === 0) throw accessErrors('access.scope', 'the token has no scope', { hint })
  return SCOPES.filter((scope) => texts.includes(scope))
}

/** What people call the token. Throws `access.token-name`. */
export function parseTokenName(text: string): string {
  if (text.length > 0 && text.length <= MAX_TOKEN_NAME && !/[\p{C}]/u.test(text)) return text
  throw accessErrors('access.token-name', `${shown(text)} is not a token name`)
}

/** Throws `access.role`. */
export function parseRole(text: string): Role {
  const role = ROLES.find((one) => one === text)
  if (role === undefined) throw accessErrors('access.role', `${shown(text)} is not a role`)
  return role
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
