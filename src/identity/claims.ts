import type { JsonValue } from '../base/index.ts'
import { identityErrors } from './errors.ts'

/**
 * The payload of a GitLab CI id token, in GitLab's spelling and order (GitLab `lib/gitlab/ci/jwt_v2.rb`). Ids are
 * strings but for the runner's. Claims that are optional here are absent or null in tokens of older or other instances.
 */
export interface GitLabClaims {
  readonly namespace_id: string
  readonly namespace_path: string
  readonly project_id: string
  readonly project_path: string
  readonly job_namespace_id?: string
  readonly job_namespace_path?: string
  readonly job_project_id?: string
  readonly job_project_path?: string
  readonly user_id?: string
  readonly user_login?: string
  readonly user_email?: string
  readonly user_access_level?: string | null
  readonly pipeline_id?: string
  readonly pipeline_source: string
  readonly job_id: string
  readonly ref: string
  readonly ref_type: 'branch' | 'tag'
  readonly ref_path?: string
  readonly ref_protected?: 'true' | 'false'
  readonly environment?: string
  readonly environment_protected?: 'true' | 'false'
  readonly deployment_tier?: string
  readonly environment_action?: string
  readonly runner_id?: number
  readonly runner_environment: 'gitlab-hosted' | 'self-hosted'
  readonly sha: string
  readonly project_visibility: 'public' | 'internal' | 'private'
  readonly ci_config_ref_uri: string
  readonly ci_config_sha: string
  readonly job_source?: string
  readonly jti: string
  readonly iss: string
  readonly iat: number
  readonly nbf: number
  readonly exp: number
  readonly sub: string
  readonly aud: string | readonly string[]
}

type Shape = (value: JsonValue) => boolean

const MAX_TEXT_LENGTH = 1024
const MAX_AUDIENCES = 16
/** No control, format or private characters, no line separators: what a reader sees is what is there. */
const VISIBLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u
/** RFC 3986 §3.3 without percent-encoding: what Go's net/url writes back as it stood. */
const SEGMENT = "[A-Za-z0-9._~!$&'()*+,;=:@-]+"
const SEGMENTS = `${SEGMENT}(?:/${SEGMENT})*`
const HOST = String.raw`(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?`
const PATH = new RegExp(`^${SEGMENTS}$`)
const ISSUER = new RegExp(`^https?://${HOST}(?:/${SEGMENTS})?$`)
const CONFIG_REF = new RegExp(`^${HOST}/${SEGMENT}/${SEGMENTS}//${SEGMENTS}$`)
const AT_REF = /@refs\/(?:heads|tags|merge-requests)\/[^/]/

const string =
  (holds: (value: string) => boolean): Shape =>
  (value) =>
    typeof value === 'string' && value.length <= MAX_TEXT_LENGTH && holds(value)
const matches = (pattern: RegExp): Shape => string((value) => pattern.test(value))
const text = matches(VISIBLE)
const id = matches(/^[1-9][0-9]{0,18}$/)
/** 0 where no job and no user asked for the token. */
const idOrNone = matches(/^(?:0|[1-9][0-9]{0,18})$/)
const path = string((value) => PATH.test(value) && hasPlainSegments(value))
const configRef = string((value) => CONFIG_REF.test(value) && AT_REF.test(value) && hasPlainSegments(value))
const commit = matches(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/)
const word = matches(/^[a-z0-9_]+$/)
const truth = matches(/^(?:true|false)$/)
const oneOf = (...values: readonly string[]): Shape => string((value) => values.includes(value))
const count: Shape = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** What the certificate is made of; a token without one of these gives no certificate. */
const REQUIRED: Readonly<Record<string, Shape>> = {
  namespace_id: id,
  namespace_path: path,
  project_id: id,
  project_path: path,
  pipeline_source: word,
  job_id: idOrNone,
  ref: text,
  ref_type: oneOf('branch', 'tag'),
  runner_environment: oneOf('gitlab-hosted', 'self-hosted'),
  sha: commit,
  project_visibility: oneOf('public', 'internal', 'private'),
  ci_config_ref_uri: configRef,
  ci_config_sha: commit,
  jti: text,
  iss: string(isIssuerUrl),
  iat: count,
  nbf: count,
  exp: count,
  sub: text,
  aud: isAudience,
}

const OPTIONAL: Readonly<Record<string, Shape>> = {
  job_namespace_id: id,
  job_namespace_path: path,
  job_project_id: id,
  job_project_path: path,
  user_id: idOrNone,
  user_login: text,
  user_email: text,
  user_access_level: word,
  pipeline_id: idOrNone,
  ref_path: text,
  ref_protected: truth,
  environment: (value) => value === '' || text(value),
  environment_protected: truth,
  deployment_tier: word,
  environment_action: word,
  runner_id: count,
  job_source: word,
}

/**
 * The claims of a token whose signature is known to be good. Unknown claims and those that
 * are null are passed over. Throws `identity.claims`
 * for a missing claim, one of the wrong type, and one that could say another thing in a certificate than in the token.
 */
export function parseGitLabClaims(json: JsonValue): GitLabClaims {
  if (!isObject(json))
    throw identityErrors('identity.claims', 'the payload of the id token is not a JSON object')
  for (const [name, fits] of Object.entries(REQUIRED)) {
    const value = json[name]
    if (value === undefined || value === null)
      throw identityErrors('identity.claims', `the claim ${name} is missing`)
    if (!fits(value)) throw refused(name, value)
  }
  for (const [name, fits] of Object.entries(OPTIONAL)) {
    const value = json[name]
    if (value !== undefined && value !== null && !fits(value)) throw refused(name, value)
  }
  const known = Object.entries(json).filter(
    ([name, value]) => value !== null && (name in REQUIRED || name in OPTIONAL),
  )
  return Object.fromEntries(known) as unknown as GitLabClaims
}

export function isObject(json: JsonValue): json is { readonly [key: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function refused(name: string, value: JsonValue): Error {
  return identityErrors('identity.claims', `the claim ${name} is ${JSON.stringify(value).slice(0, 120)}`)
}

/** No `.` or `..` that a reader of the URL would resolve. */
function hasPlainSegments(value: string): boolean {
  return !value.split(/[/@]/).some((segment) => segment === '.' || segment === '..')
}

/** The one spelling of an http or https URL without credentials, query and trailing slash. */
export function isIssuerUrl(value: string): boolean {
  if (!ISSUER.test(value) || !URL.canParse(value)) return false
  const { origin, pathname } = new URL(value)
  return value === (pathname === '/' ? origin : origin + pathname)
}

function isAudience(value: JsonValue): boolean {
  if (!Array.isArray(value)) return text(value)
  return value.length > 0 && value.length <= MAX_AUDIENCES && value.every((one) => text(one))
}
