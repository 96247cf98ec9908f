/**
 * The keys of an issuer whose key changes. Time alone decides what each of them does, so that a change needs no timer:
 *
 *     next      published from its first second; signs once every cached key set has been fetched anew
 *     current   signs until then; published until its last token has expired
 *     previous  published until its last token has expired
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { encodeBase64Url, sha256, utf8, type JsonValue } from '../../base/index.ts'
import { issuerErrors } from './errors.ts'

/** Our key set says that it may be cached for a day (`max-age`), and caches round up. */
export const PUBLISHED_BEFORE_MS = 25 * 60 * 60_000
/** No token lives longer, whatever is asked for. */
export const MAX_LIFETIME_SECONDS = 24 * 60 * 60
/** A token may be minted in the second of the change, and verifiers allow for clocks that lag. */
export const PUBLISHED_AFTER_MS = MAX_LIFETIME_SECONDS * 1000 + 60 * 60_000

/** RSA, 2048 bits or more. */
export interface DatedKey {
  readonly key: KeyObject
  /** Of the next key: since when it is published. Of a previous one: since when it signs no more. */
  readonly sinceMs: number
}

export interface KeyRingParts {
  readonly current: KeyObject
  readonly next?: DatedKey | undefined
  readonly previous?: readonly DatedKey[]
}

export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** As GitLab publishes it: these members, in this order. */
  readonly jwk: JsonValue
}

export interface PublishedKey {
  readonly key: SigningKey
  readonly role: 'signs' | 'next' | 'previous'
  /** When the role ends: the next key signs, a previous one is withdrawn. */
  readonly untilMs?: number
}

export interface KeyRing {
  /** The one that signs first. */
  published(nowMs: number): readonly [PublishedKey, ...PublishedKey[]]
}

export const ALGORITHM = 'RS256'
const MIN_BITS = 2048

/** Throws `issuer.key` for a key that is not RSA or too short. */
export function createKeyRing({ current, next, previous = [] }: KeyRingParts): KeyRing {
  const now = signingKey(current)
  const coming = next && { ...signingKey(next.key), signsFromMs: next.sinceMs + PUBLISHED_BEFORE_MS }
  const gone = previous.map(({ key, sinceMs }) => withdrawn(signingKey(key), sinceMs))
  return {
    published: (nowMs) => {
      const rest = gone.filter(({ untilMs, key }) => nowMs < (untilMs ?? 0) && key.id !== now.id)
      if (coming === undefined || coming.id === now.id) return [{ key: now, role: 'signs' }, ...rest]
      const { signsFromMs, ...key } = coming
      if (nowMs < signsFromMs)
        return [{ key: now, role: 'signs' }, { key, role: 'next', untilMs: signsFromMs }, ...rest]
      const replaced = [withdrawn(now, signsFromMs)].filter(({ untilMs }) => nowMs < (untilMs ?? 0))
      return [{ key, role: 'signs' }, ...replaced, ...rest]
    },
  }
}

function withdrawn(key: SigningKey, sinceMs: number): PublishedKey {
  return { key, role: 'previous', untilMs: sinceMs + PUBLISHED_AFTER_MS }
}

export function signingKey(privateKey: KeyObject): SigningKey {
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0
  if (privateKey.asymmetricKeyType !== 'rsa' || bits < MIN_BITS) {
    throw issuerErrors('issuer.key', `the key is ${privateKey.asymmetricKeyType} of ${bits} bits`)
  }
  const publicKey = createPublicKey(privateKey)
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const id = thumbprint(n, e)
  return { id, privateKey, publicKey, jwk: { kty: 'RSA', kid: id, e, n, use: 'sig', alg: ALGORITHM } }
}

/** RFC 7638 §3: SHA-256 over the required members in lexicographic order. */
function thumbprint(n: string, e: string): string {
  return encodeBase64Url(sha256(utf8(JSON.stringify({ e, kty: 'RSA', n }))))
}
