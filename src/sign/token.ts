import {
  decodeBase64Url,
  parseJson,
  printable,
  utf8Decode,
  type Clock,
  type JsonValue,
  type Secret,
} from '../base/index.ts'
import { signErrors } from './errors.ts'

const MAX_TOKEN_LENGTH = 16 << 10
const MAX_SHOWN_LENGTH = 300

export interface TokenUse {
  readonly audience: string
  readonly clock: Clock
}

/** What an unverified token says. All but `sub` is to be shown: cut, and without control characters. */
export interface TokenIdentity {
  /** The claim that is signed as proof of possession, as it is. */
  readonly sub: string
  readonly expiresAtSeconds: number
  readonly issuer?: string
  /** GitLab's claims. */
  readonly project?: string
  readonly ref?: string
}

/**
 * The token is read and not verified: that is the authority's task, and here it only saves a request that would be
 * refused. Throws `sign.token-…`; no error shows the token.
 */
export function readToken(token: Secret, { audience, clock }: TokenUse): TokenIdentity {
  const claims = readClaims(token.reveal())
  const expiresAtSeconds = checkExpiry(claims['exp'], clock)
  checkAudience(claims['aud'], audience)
  // Sigstore's clients sign `email` in place of `sub` where it is present; a CI token has none (GitLab: user_email).
  if (claims['email'] !== undefined)
    throw signErrors('sign.token-email', 'the id token has the claim email, which may be unverified')
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '') throw malformed('the claim sub is missing')
  return {
    sub,
    expiresAtSeconds,
    ...shown('issuer', claims['iss']),
    ...shown('project', claims['project_path']),
    ...shown('ref', claims['ref']),
  }
}

function shown(name: 'issuer' | 'project' | 'ref', claim: JsonValue | undefined): Partial<TokenIdentity> {
  if (typeof claim !== 'string') return {}
  return { [name]: printable(claim, { maxLength: MAX_SHOWN_LENGTH }) }
}

/** All claims as they stand, unverified: an enemy's text. Throws `sign.token-missing`, `sign.token-malformed`. */
export function tokenClaims(token: Secret): Readonly<Record<string, JsonValue>> {
  return readClaims(token.reveal())
}

function readClaims(token: string): Readonly<Record<string, JsonValue>> {
  if (token === '') throw signErrors('sign.token-missing', 'the id token is empty')
  if (token.length > MAX_TOKEN_LENGTH) throw malformed(`${token.length} characters are too many`)
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? []
  if (payload === undefined) throw malformed('not three parts separated by dots')
  const claims = decodeClaims(payload)
  if (claims === null || typeof claims !== 'object' || Array.isArray(claims))
    throw malformed('the claims are not a JSON object')
  return claims as Readonly<Record<string, JsonValue>>
}

function decodeClaims(payload: string): JsonValue {
  try {
    return parseJson(utf8Decode(decodeBase64Url(payload)), { maxLength: MAX_TOKEN_LENGTH, maxDepth: 8 })
  } catch (cause) {
    throw signErrors('sign.token-malformed', 'the claims of the id token cannot be read', { cause })
  }
}

function checkExpiry(exp: JsonValue | undefined, clock: Clock): number {
  const now = Math.floor(clock.nowMs() / 1000)
  if (typeof exp !== 'number') throw malformed('the claim exp is missing')
  if (exp <= now)
    throw signErrors('sign.token-expired', `the id token expired ${Math.floor(now - exp)} seconds ago`)
  return exp
}

function checkAudience(aud: JsonValue | undefined, wanted: string): void {
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (audiences.includes(wanted)) return
  const found = audiences.map((audience) => JSON.stringify(audience)?.slice(0, 120) ?? 'none').slice(0, 4)
  throw signErrors(
    'sign.token-audience',
    `the audience of the id token is ${found.join(', ')}, expected is ${wanted}`,
  )
}

function malformed(what: string): Error {
  return signErrors('sign.token-malformed', `not an id token: ${what}`)
}
