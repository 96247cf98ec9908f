import { ed25519, ed25519ph } from '@noble/curves/ed25519.js'

const KEY_BYTES = 32

/**
 * Ed25519ph (RFC 8032 §5.1), which `node:crypto` does not have. Key and R must be of the group of prime order, where the
 * library's equation and that of Go are the same. Never throws.
 */
export function verifyEd25519ph(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = spki.subarray(-KEY_BYTES)
  try {
    return (
      isOfPrimeOrder(key) &&
      isOfPrimeOrder(signature.subarray(0, KEY_BYTES)) &&
      ed25519ph.verify(signature, message, key, { zip215: false })
    )
  } catch {
    return false
  }
}

function isOfPrimeOrder(bytes: Uint8Array): boolean {
  const point = ed25519.Point.fromBytes(bytes)
  return !point.is0() && point.isTorsionFree()
}
