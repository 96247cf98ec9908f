import { verifyInJavaScript } from './javascript.ts'
import { verifyP256Natively } from './native-p256.ts'
import { parseEcdsaPublicKey, type EcdsaCurve } from './public-key.ts'
import { parseEcdsaSignature, type EcdsaSignature } from './signature.ts'

export interface DigestSignature {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** Of SHA-256 or longer; its leftmost bits count, as FIPS 186-5 §6.4.2 has it. */
  readonly digest: Uint8Array
  /** Strict DER. Both values of s are accepted, as Go and OpenSSL do. */
  readonly signature: Uint8Array
}

const MIN_DIGEST_BYTES = 32
const MAX_DIGEST_BYTES = 64
const SCALAR_BYTES: Readonly<Record<EcdsaCurve, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }

/** Whether `signature` is an ECDSA signature over the digest itself. Never throws; false for whatever is malformed. */
export function verifyDigest({ spki, digest, signature }: DigestSignature): boolean {
  if (digest.length < MIN_DIGEST_BYTES || digest.length > MAX_DIGEST_BYTES) return false
  const key = parseEcdsaPublicKey(spki)
  const pair = parseEcdsaSignature(signature)
  if (key === undefined || pair === undefined) return false
  const compact = compactSignature(pair, SCALAR_BYTES[key.curve])
  if (compact === undefined) return false
  const unverified = { point: key.point, digest, compact }
  const decided = key.curve === 'P-256' ? verifyP256Natively(unverified) : undefined
  return decided ?? verifyInJavaScript(key.curve, unverified)
}

/** r and s at the width of the curve; undefined when one does not fit. */
function compactSignature({ r, s }: EcdsaSignature, width: number): Uint8Array | undefined {
  if (r.length > width || s.length > width) return undefined
  const compact = new Uint8Array(2 * width)
  compact.set(r, width - r.length)
  compact.set(s, 2 * width - s.length)
  return compact
}
