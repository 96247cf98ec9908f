import type { Context } from 'hono'
import { accessErrors, JOB_TOKEN_USER, type Credential } from '../access/index.ts'
import { decodeBase64, utf8Decode } from '../base/index.ts'

export interface Carriers {
  /** GitLab takes the header JOB-TOKEN on its generic routes and not on those of PyPI. */
  readonly takesJobTokenHeader: boolean
}

/** Of several, the first: the header that says most. Never from the URL, which ends up in logs. Throws `access.unauthenticated`. */
export function readCredential(context: Context, { takesJobTokenHeader }: Carriers): Credential | undefined {
  const job = takesJobTokenHeader ? context.req.header('job-token') : undefined
  if (job !== undefined) return { kind: 'job', token: job }
  const personal = context.req.header('private-token')
  if (personal !== undefined) return { kind: 'personal', token: personal }
  const deploy = context.req.header('deploy-token')
  if (deploy !== undefined) return { kind: 'deploy', token: deploy }
  const authorization = context.req.header('authorization')
  return authorization === undefined ? undefined : readAuthorization(authorization)
}

/** By which a deploy token is known where the carrier may bring several kinds. */
const DEPLOY_PREFIX = 'gldt-'

function readAuthorization(header: string): Credential {
  const [, scheme = '', text = ''] = /^(basic|bearer) +([^ ]+)$/i.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer')
    return { kind: text.startsWith(DEPLOY_PREFIX) ? 'deploy' : 'personal', token: text }
  if (scheme.toLowerCase() === 'basic') return readBasic(text)
  throw accessErrors('access.unauthenticated', 'the header Authorization is neither Basic nor Bearer')
}

/** RFC 7617: the user ends at the first colon. Only the user gitlab-ci-token brings a job token. */
function readBasic(text: string): Credential {
  const pair = decodeBasic(text)
  const colon = pair.indexOf(':')
  if (colon < 0) throw accessErrors('access.unauthenticated', 'the Basic credential has no colon')
  const [username, token] = [pair.slice(0, colon), pair.slice(colon + 1)]
  if (username === JOB_TOKEN_USER) return { kind: 'job', token }
  return token.startsWith(DEPLOY_PREFIX) ? { kind: 'deploy', token, username } : { kind: 'personal', token }
}

function decodeBasic(text: string): string {
  try {
    return utf8Decode(decodeBase64(text))
  } catch {
    throw accessErrors('access.unauthenticated', 'the Basic credential is not base64-encoded UTF-8')
  }
}
