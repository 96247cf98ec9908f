import type { KeyObject } from 'node:crypto'
import {
  decodeBase64Url,
  describeError,
  parseJson,
  utf8Decode,
  type Clock,
  type JsonValue,
  type WheelsealError,
} from '../base/index.ts'
import { isObject, parseGitLabClaims, type GitLabClaims } from './claims.ts'
import { identityErrors } from './errors.ts'

/** An issuer's key by its id; undefined when the issuer has no such key. May ask the network and reject with its error. */
export type TokenKeys = (keyId: string) => KeyObject | undefined | Promise<KeyObject | undefined>

export interface TokenChecks {
  /** The keys of an issuer that is trusted, by its exact `iss`. */
  readonly issuers: (issuer: string) => TokenKeys | undefined
  /** Must be the token's audience, or one of them; a function where it depends on the issuer. */
  readonly audience: string | ((issuer: string) => string)
  readonly clock: Clock
}

/** A whole HTTP header block may have 16 KiB. */
const MAX_TOKEN_LENGTH = 16 * 1024
const MAX_KEY_ID_LENGTH = 256
const LEEWAY_SECONDS = 5
const ALGORITHM = 'RS256'

interface Parts {
  readonly keyId: string
  readonly payload: { readonly [claim: string]: JsonValue }
}

/**
 * The claims of an id token that a trusted issuer signed for this audience and that is valid now, within five seconds.
 * RS256 only, whatever the header says. Throws `identity.token…` or `identity.claims`; no error holds the token.
 */
export async function verifyIdToken(token: string, checks: TokenChecks): Promise<GitLabClaims> {
  const { keyId, payload } = readToken(token)
  const { iss: issuer } = payload
  const keys = typeof issuer === 'string' ? checks.issuers(issuer) : undefined
  if (keys === undefined)
    throw identityErrors('identity.token-issuer', `the issuer of the id token is ${quote(issuer)}`)
  const key = await keys(keyId)
  if (key === undefined)
    throw identityErrors('identity.token-key', `the issuer ${quote(issuer)} has no key ${quote(keyId)}`)
  await checkSignature(token, key)
  const claims = parseGitLabClaims(payload)
  checkAudience(claims, checks)
  checkTimes(claims, checks.clock)
  return claims
}

/** RFC 7515 §7.1 with each part in its one spelling and no key twice. */
function readToken(token: string): Parts {
  if (token.length > MAX_TOKEN_LENGTH) throw refused(`an id token of ${token.length} characters is too long`)
  const [header, payload, signature, ...others] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || others.length > 0) {
    throw refused('not three parts separated by dots')
  }
  decodePart('signature', signature)
  return { keyId: readHeader(readJsonPart('header', header)), payload: readJsonPart('payload', payload) }
}

/** Keys that the header itself offers (`jwk`, `jku`, `x5c`) are never looked at; `crit` asks for what is not done here. */
function readHeader(header: Parts['payload']): string {
  const { alg, typ, kid, crit } = header
  if (alg !== ALGORITHM)
    throw refused(`the algorithm of the id token is ${quote(alg)}, only ${ALGORITHM} is accepted`)
  if (typ !== undefined && typ !== 'JWT')
    throw refused(`the type of the id token is ${quote(typ)}, not "JWT"`)
  if (crit !== undefined)
    throw refused('the id token has critical header parameters (crit), which are not supported')
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KEY_ID_LENGTH)
    throw refused('the id token has no key id (kid)')
  return kid
}

function readJsonPart(name: string, part: string): Parts['payload'] {
  const bytes = decodePart(name, part)
  try {
    const json = parseJson(utf8Decode(bytes), { maxLength: MAX_TOKEN_LENGTH, maxDepth: 8 })
    if (isObject(json)) return json
  } catch (cause) {
    throw refused(`the ${name} of the id token is not strict JSON`, cause)
  }
  throw refused(`the ${name} of the id token is not a JSON object`)
}

function decodePart(name: string, part: string): Uint8Array {
  try {
    return decodeBase64Url(part)
  } catch (cause) {
    throw refused(`the ${name} of the id token is not canonical base64url`, cause)
  }
}

async function checkSignature(token: string, key: KeyObject): Promise<void> {
  // Loaded here, not with the room: who verifies certificates has no tokens.
  const { compactVerify } = await import('jose')
  try {
    await compactVerify(token, key, { algorithms: [ALGORITHM] })
  } catch (cause) {
    throw identityErrors('identity.token-signature', describeError(cause), { cause })
  }
}

function checkAudience({ iss, aud }: GitLabClaims, { audience }: TokenChecks): void {
  const wanted = typeof audience === 'string' ? audience : audience(iss)
  const audiences = typeof aud === 'string' ? [aud] : aud
  if (audiences.includes(wanted)) return
  throw identityErrors(
    'identity.token-audience',
    `the audience of the id token is ${quote(aud)}, expected is ${quote(wanted)}`,
  )
}

function checkTimes({ exp, nbf, iat }: GitLabClaims, clock: Clock): void {
  const now = Math.floor(clock.nowMs() / 1000)
  if (now >= exp + LEEWAY_SECONDS)
    throw identityErrors('identity.token-time', `the id token expired ${now - exp} seconds ago`)
  const start = Math.max(nbf, iat)
  if (start > now + LEEWAY_SECONDS)
    throw identityErrors(
      'identity.token-time',
      `the id token is not valid before ${start - now} seconds from now`,
    )
}

function refused(fact: string, cause?: unknown): WheelsealError {
  return identityErrors('identity.token', fact, { cause })
}

function quote(value: JsonValue | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 120)
}
