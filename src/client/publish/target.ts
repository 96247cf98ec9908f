import { encodeBase64, Secret, utf8 } from '../../base/index.ts'
import { packagingErrors } from '../../packaging/index.ts'

export interface TargetFlags {
  readonly api?: string
  readonly project?: string
  readonly user?: string
  /** A path, or `-` for standard input. */
  readonly tokenFile?: string
  /** The name of the variable that has the id token; `true` for the one that the audience of the server names. */
  readonly trustedPublishing?: string | true
}

export interface TextToken {
  readonly kind: 'text'
  readonly text: string
  readonly user: string
  readonly from: string
}

export type TokenChoice =
  | TextToken
  | { readonly kind: 'file'; readonly path: string; readonly user: string }
  /** Without a variable it is looked for in the one that the audience of the server names. */
  | {
      readonly kind: 'id token'
      readonly variable: string | undefined
      readonly env: Environment
      /** The token for uploads reads nothing. Undefined: without a login, as in a public project. */
      readonly reader: TextToken | undefined
    }

export interface Target {
  readonly api: string
  readonly project: string
  readonly token: TokenChoice
}

type Environment = Readonly<Record<string, string | undefined>>

const JOB_USER = 'gitlab-ci-token'
/** GitLab takes any for a personal, project or group token; only deploy tokens have their own. */
const ANY_USER = '__token__'

/**
 * Which project of which server, and with which token: flags, then the environment. In a job GitLab's variables are
 * enough; its token is for its own server and goes to no other. Throws `packaging.target`.
 */
export function targetOf(flags: TargetFlags, env: Environment): Target {
  const api = flags.api ?? (env['CI_API_V4_URL'] || undefined)
  if (api === undefined) throw missing('neither --api nor CI_API_V4_URL says which server')
  const isOwnServer = withoutSlash(api) === withoutSlash(env['CI_API_V4_URL'] ?? '')
  const project = flags.project ?? (isOwnServer ? env['CI_PROJECT_ID'] || undefined : undefined)
  if (project === undefined) throw missing('neither --project nor CI_PROJECT_ID says which project')
  return {
    api: checkedApi(api),
    project,
    token: tokenOf(flags, env, isOwnServer ? 'own server' : 'other server'),
  }
}

type Where = 'own server' | 'other server'

function tokenOf(flags: TargetFlags, env: Environment, where: Where): TokenChoice {
  const { user = ANY_USER, tokenFile, trustedPublishing } = flags
  if (tokenFile !== undefined && trustedPublishing !== undefined)
    throw missing('--token-file and --trusted-publishing are two ways to log in')
  if (tokenFile !== undefined) return { kind: 'file', path: tokenFile, user }
  const own = tokenOfEnvironment(env, user, where)
  if (trustedPublishing !== undefined) {
    const variable = trustedPublishing === true ? undefined : trustedPublishing
    return { kind: 'id token', variable, env, reader: own }
  }
  if (own === undefined) throw missing('there is no token: set WHEELSEAL_TOKEN or give --token-file')
  return own
}

/** Throws `packaging.target`. */
export function idTokenIn(variable: string, env: Environment): Secret {
  const text = (env[variable] ?? '').trim()
  if (text === '')
    throw packagingErrors('packaging.target', `${variable} has no id token`, {
      hint: `give the job an id token with this name (id_tokens: ${variable}), or publish with an access token`,
    })
  return new Secret(text)
}

function tokenOfEnvironment(env: Environment, user: string, where: Where): TextToken | undefined {
  const own = env['WHEELSEAL_TOKEN'] ?? ''
  if (own !== '') return { kind: 'text', text: own, user, from: 'WHEELSEAL_TOKEN' }
  const job = env['CI_JOB_TOKEN'] ?? ''
  if (job !== '' && where === 'own server')
    return { kind: 'text', text: job, user: JOB_USER, from: 'CI_JOB_TOKEN' }
  return undefined
}

function checkedApi(api: string): string {
  const url = URL.canParse(api) ? new URL(api) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw missing('the API URL is not an http or https URL')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw missing(
      'the API URL has credentials, a query or a fragment; a token has a variable or a file of its own',
    )
  if (!/\/api\/v4\/?$/.test(url.pathname))
    throw missing(`the API URL ${url.origin}${url.pathname} does not end in /api/v4`)
  return withoutSlash(url.href)
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

function missing(fact: string): Error {
  return packagingErrors('packaging.target', fact)
}

/** The value of the header. Throws `packaging.target` for what no token looks like; the error does not show it. */
export function basicAuthorization(user: string, token: string): Secret {
  if (!/^[\x21-\x7e]{1,8192}$/.test(token))
    throw missing('the token is empty, or has spaces or line breaks in it')
  return new Secret(`Basic ${encodeBase64(utf8(`${user}:${token}`))}`)
}
