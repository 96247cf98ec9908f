import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { EcdsaCurve } from './public-key.ts'

export interface UnverifiedSignature {
  /** Uncompressed: 04, x, y. Need not be on the curve. */
  readonly point: Uint8Array
  /** Of 32 bytes or more. */
  readonly digest: Uint8Array
  /** r and s, each at the width of the curve. */
  readonly compact: Uint8Array
}

/** Named when it is wanted: in the single-file build that is when the library is evaluated. */
const CURVES = {
  'P-256': () => p256,
  'P-384': () => p384,
  'P-521': () => p521,
} as const satisfies Record<EcdsaCurve, () => object>

/** Whether the signature is valid, with `@noble/curves`: every curve and every input, about 2 ms. Never throws. */
export function verifyInJavaScript(
  curve: EcdsaCurve,
  { point, digest, compact }: UnverifiedSignature,
): boolean {
  try {
    return CURVES[curve]().verify(compact, digest, point, { prehash: false, lowS: false, format: 'compact' })
  } catch {
    return false
  }
}
