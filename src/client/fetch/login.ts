import { readCapped, utf8Decode, type Files } from '../../base/index.ts'
import { basicAuthorization } from '../publish/target.ts'
import type { Environment } from '../settings/index.ts'
import type { Login } from './plan.ts'

const MAX_TOKEN_BYTES = 64 << 10

export interface LoginFlags {
  /** Path, or `-` for standard input. */
  readonly tokenFile?: string
  /** Which only deploy tokens need. */
  readonly user?: string
}

export interface LoginSources {
  readonly env: Environment
  readonly files: Pick<Files, 'read'>
  readonly standardInput: () => AsyncIterable<Uint8Array>
}

/**
 * By Basic authentication, which all package routes of GitLab take: the token of a file or of `WHEELSEAL_TOKEN`, else
 * the job token of a running job, for its own GitLab alone; undefined where there is none. Throws `packaging.target`,
 * `host.file`.
 */
export async function loginFor(
  indexUrl: string,
  { tokenFile, user = '__token__' }: LoginFlags,
  sources: LoginSources,
): Promise<Login | undefined> {
  if (tokenFile !== undefined) {
    const token = await readToken(tokenFile, sources)
    return { authorization: basicAuthorization(user, token), from: '--token-file' }
  }
  const { WHEELSEAL_TOKEN: token, CI_JOB_TOKEN: job, CI_API_V4_URL: api } = sources.env
  if (token) return { authorization: basicAuthorization(user, token), from: 'WHEELSEAL_TOKEN' }
  if (!job || !api || !URL.canParse(api)) return undefined
  if (new URL(api).origin !== new URL(indexUrl).origin) return undefined
  return { authorization: basicAuthorization('gitlab-ci-token', job), from: 'CI_JOB_TOKEN' }
}

async function readToken(path: string, { files, standardInput }: LoginSources): Promise<string> {
  const bytes =
    path === '-' ? readCapped(standardInput(), MAX_TOKEN_BYTES) : files.read(path, MAX_TOKEN_BYTES)
  return utf8Decode(await bytes).trim()
}
