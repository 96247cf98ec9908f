import { encodeBase64, Secret, utf8 } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'
import type { Login } from './plan.ts'

/**
 * By Basic authentication, which all package routes of GitLab take: `WHEELSEAL_TOKEN` with the name in `WHEELSEAL_USER`
 * (needed for deploy tokens), else the job token of a running job, for its own GitLab alone.
 */
export function loginFor(indexUrl: string, env: Environment): Login | undefined {
  const { WHEELSEAL_TOKEN: token, WHEELSEAL_USER: user, CI_JOB_TOKEN: job, CI_API_V4_URL: api } = env
  if (token) return { authorization: basic(user || '__token__', token), from: 'WHEELSEAL_TOKEN' }
  if (!job || !api || !URL.canParse(api)) return undefined
  if (new URL(api).origin !== new URL(indexUrl).origin) return undefined
  return { authorization: basic('gitlab-ci-token', job), from: 'CI_JOB_TOKEN' }
}

function basic(user: string, password: string): Secret {
  return new Secret(`Basic ${encodeBase64(utf8(`${user}:${password}`))}`)
}
