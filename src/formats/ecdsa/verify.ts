import { p256, p384, p521 } from '@noble/curves/nist.js'
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
const CURVES = {
  'P-256': { verify: p256.verify, scalarBytes: 32 },
  'P-384': { verify: p384.verify, scalarBytes: 48 },
  'P-521': { verify: p521.verify, scalarBytes: 66 },
} as const satisfies Record<EcdsaCurve, object>

/** Whether `signature` is an ECDSA signature over the digest itself. Never throws; false for whatever is malformed. */
export function verifyDigest({ spki, digest, signature }: DigestSignature): boolean {
  if (digest.length < MIN_DIGEST_BYTES || digest.length > MAX_DIGEST_BYTES) return false
  const key = parseEcdsaPublicKey(spki)
  const pair = parseEcdsaSignature(signature)
  if (key === undefined || pair === undefined) return false
  const { verify, scalarBytes } = CURVES[key.curve]
  const compact = compactSignature(pair, scalarBytes)
  if (compact === undefined) return false
  try {
    return verify(compact, digest, key.point, { prehash: false, lowS: false, format: 'compact' })
  } catch {
    return false
  }
}

/** r and s at the width of the curve; undefined when one does not fit. */
function compactSignature({ r, s }: EcdsaSignature, width: number): Uint8Array | undefined {
  if (r.length > width || s.length > width) return undefined
  const compact = new Uint8Array(2 * width)
  compact.set(r, width - r.length)
  compact.set(s, 2 * width - s.length)
  return compact
}
