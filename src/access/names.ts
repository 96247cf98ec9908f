import { accessErrors } from './errors.ts'

export type Visibility = 'private' | 'internal' | 'public'
export type Scope = 'api' | 'read_api'

export interface ProjectPath {
  /** `group/subgroup/name`. */
  readonly path: string
  /** `name`. */
  readonly name: string
  /** `group`, `group/subgroup`: outermost first, at least one. */
  readonly namespaces: readonly [string, ...string[]]
}

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
  `- .well-known admin api assets checkpoint ct dashboard explore favicon.ico files groups health_check healthz help
   import jwt login logout log metrics oauth profile projects public readyz robots.txt s search simple snippets static
   tile tuf uploads user users v2`.split(/\s+/),
)

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
export function parseScopes(texts: readonly string[]): readonly Scope[] {
  const wrong = texts.find((text) => text !== 'api' && text !== 'read_api')
  if (wrong !== undefined) throw accessErrors('access.scope', `unknown scope ${shown(wrong)}`)
  if (texts.length === 0) throw accessErrors('access.scope', 'the token has no scope')
  return (['api', 'read_api'] as const).filter((scope) => texts.includes(scope))
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
