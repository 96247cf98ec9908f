import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { describeError, parseJson, WheelsealError, type JsonValue } from '../base/index.ts'
import { isObject } from './claims.ts'
import { identityErrors } from './errors.ts'

const MAX_LENGTH = 256 * 1024
const MAX_KEYS = 64
const MAX_KEY_ID_LENGTH = 256
const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 8192
/** RFC 7518 §6.3.2 and §6.4.1: whoever reads one of these could sign. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * The keys of a JSON Web Key Set (RFC 7517 §5) that may sign id tokens, by key id: RSA for RS256. Keys for something
 * else are passed over. Throws `identity.key-set` when none is left, when two have the same id, and for a private key.
 */
export function parseKeySet(text: string): ReadonlyMap<string, KeyObject> {
  const entries = readKeys(text)
  const keys = new Map<string, KeyObject>()
  for (const jwk of entries) {
    const secret = PRIVATE_MEMBERS.find((name) => name in jwk)
    if (secret !== undefined) throw refused(`a key has the private member ${JSON.stringify(secret)}`)
    const { kid } = jwk
    if (!isForTokens(jwk) || !isKeyId(kid)) continue
    if (keys.has(kid)) throw refused(`two keys have the id ${JSON.stringify(kid)}`)
    keys.set(kid, importKey(jwk))
  }
  if (keys.size === 0) throw refused(`none of ${entries.length} keys is an RSA key for RS256 with a key id`)
  return keys
}

type Members = { readonly [name: string]: JsonValue }

function readKeys(text: string): readonly Members[] {
  const { keys } = readObject(text)
  if (!Array.isArray(keys)) throw refused('the key set has no list "keys"')
  if (keys.length > MAX_KEYS)
    throw refused(`the key set has ${keys.length} keys, at most ${MAX_KEYS} are allowed`)
  return (keys as readonly JsonValue[]).map((key) => {
    if (isObject(key)) return key
    throw refused('a key is not an object')
  })
}

function readObject(text: string): Members {
  try {
    const json = parseJson(text, { maxLength: MAX_LENGTH, maxDepth: 8 })
    if (isObject(json)) return json
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw refused(`the key set is not strict JSON: ${describeError(cause)}`, cause)
  }
  throw refused('the key set is not a JSON object')
}

/** RFC 7517 §4.2 to §4.5; what a key does not say is left open. */
function isForTokens({ kty, use, alg, key_ops: operations }: Members): boolean {
  const verifies = operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
  const hasUse = (use ?? 'sig') === 'sig' && (alg ?? 'RS256') === 'RS256'
  return kty === 'RSA' && verifies && hasUse
}

function isKeyId(kid: JsonValue | undefined): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KEY_ID_LENGTH
}

function importKey({ kid, kty, n, e }: Members): KeyObject {
  const name = `the key ${JSON.stringify(kid)}`
  let key: KeyObject
  try {
    key = createPublicKey({ key: { kty, n, e } as JsonWebKey, format: 'jwk' })
  } catch (cause) {
    throw refused(`${name} is not an RSA key: ${describeError(cause)}`, cause)
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS) return key
  throw refused(`${name} has ${bits} bits, ${MIN_RSA_BITS} to ${MAX_RSA_BITS} are allowed`)
}

function refused(fact: string, cause?: unknown): Error {
  return identityErrors('identity.key-set', fact, { cause })
}
