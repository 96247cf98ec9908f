import {
  decodeBase64Url,
  parseJson,
  printable,
  Secret,
  utf8Decode,
  WheelsealError,
  type Http,
  type JsonValue,
} from '../base/index.ts'
import { netErrors } from './errors.ts'
import { callService } from './service.ts'

const MAX_REPLY_BYTES = 64 << 10
const MAX_SHOWN_LENGTH = 300

/**
 * An upload token for an id token, as PyPI documents it (trusted publishing): the index says at `/_/oidc/audience` for
 * whom id tokens must be, and gives a short-lived token at `/_/oidc/mint-token`. `tokenFor` finds the id token for that
 * audience; one for someone else is not sent there. Throws `net.trusted-publishing` and others of `net`.
 */
export async function exchangeIdToken(
  http: Http,
  baseUrl: string,
  tokenFor: (audience: string) => Secret,
): Promise<Secret> {
  const audience = await audienceOf(http, baseUrl)
  const idToken = tokenFor(audience)
  const audiences = audiencesOf(idToken)
  if (!audiences.includes(audience))
    throw refused(
      `${baseUrl} expects id tokens for the audience ${audience}, and this one is for ${audiences.join(', ') || 'none'}`,
      { hint: `set aud: ${audience} for this id token in the id_tokens of the job` },
    )
  const { status, text } = await callService(http, {
    method: 'POST',
    baseUrl,
    path: '/_/oidc/mint-token',
    json: { token: idToken.reveal() },
    accepts: [200, 201, 400, 401, 403, 404, 422],
    maxBytes: MAX_REPLY_BYTES,
  })
  const reply = objectOf(text)
  const { token } = reply
  if (status >= 300 || typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token))
    throw refused(`${baseUrl} answered ${status}: ${reasonOf(reply)}`)
  return new Secret(token)
}

/** Where a job has the id token for an audience, as uv looks for it: `PYPI_ID_TOKEN` for `pypi`. */
export function idTokenVariable(audience: string): string {
  return `${audience.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_ID_TOKEN`
}

async function audienceOf(http: Http, baseUrl: string): Promise<string> {
  const { status, text } = await callService(http, {
    method: 'GET',
    baseUrl,
    path: '/_/oidc/audience',
    accepts: [200, 404],
    maxBytes: MAX_REPLY_BYTES,
  })
  const { audience } = objectOf(text)
  if (status === 200 && typeof audience === 'string') return audience
  throw refused(`${baseUrl} answered ${status}, and no audience: it has no trusted publishing`, {
    hint: 'publish with the job token or an access token',
  })
}

/** What the token says of itself; it is for the index to verify. */
function audiencesOf(idToken: Secret): readonly string[] {
  const [, payload = ''] = idToken.reveal().split('.')
  const { aud } = objectOf(decoded(payload))
  return (Array.isArray(aud) ? aud : [aud]).filter((one): one is string => typeof one === 'string')
}

function decoded(payload: string): string {
  try {
    return utf8Decode(decodeBase64Url(payload))
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw refused('the id token is not a JSON Web Token')
  }
}

type JsonObject = Readonly<Record<string, JsonValue | undefined>>

/** Empty for what is no JSON object. */
function objectOf(text: string): JsonObject {
  try {
    const json = parseJson(text, { maxLength: MAX_REPLY_BYTES })
    return json !== null && typeof json === 'object' && !Array.isArray(json) ? (json as JsonObject) : {}
  } catch {
    return {}
  }
}

/** PyPI's `{"message", "errors": [{"code", "description"}]}`. */
function reasonOf({ message, errors }: JsonObject): string {
  const first = Array.isArray(errors) ? (errors[0] as JsonValue | undefined) : undefined
  const description =
    first !== null && typeof first === 'object' ? (first as JsonObject)['description'] : undefined
  const words = [message, description].filter((one): one is string => typeof one === 'string' && one !== '')
  return printable(words.join(': '), { maxLength: MAX_SHOWN_LENGTH }) || 'no reason'
}

function refused(fact: string, more: { readonly hint?: string } = {}): Error {
  return netErrors('net.trusted-publishing', fact, more)
}
