import { generateKeyPairSync, sign } from 'node:crypto'
import { spkiOf } from '../formats/x509/index.ts'
import { decodeBase64Url } from '../base/index.ts'

/** Lives in memory for one call and is never written anywhere. */
export interface EphemeralKey {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** ECDSA with SHA-256, DER. */
  signBytes(message: Uint8Array): Uint8Array
  /** ECDSA over a SHA-256 digest that is handed in, DER. */
  signDigest(sha256: Uint8Array): Promise<Uint8Array>
}

/**
 * A P-256 key. `node:crypto` cannot sign a bare digest, and files are hashed as they stream by: noble does that, with
 * the nonces of RFC 6979.
 */
export function newEphemeralKey(): EphemeralKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { d = '' } = privateKey.export({ format: 'jwk' })
  const scalar = decodeBase64Url(d)
  return {
    spki: spkiOf(privateKey),
    signBytes: (message) => new Uint8Array(sign('sha256', message, privateKey)),
    signDigest: async (sha256) => {
      // Loaded here: signing files never needs it, and its start costs as much as a request.
      const { p256 } = await import('@noble/curves/nist.js')
      return p256.sign(sha256, scalar, { prehash: false, format: 'der' })
    },
  }
}
