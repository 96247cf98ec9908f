import { constants, publicDecrypt } from 'node:crypto'
import { bytesEqual, concatBytes, decodeHex } from '../../base/index.ts'
import { parsePublicKey } from './public-key.ts'

/** DigestInfo of SHA-256 up to the digest (RFC 8017 §9.2, note 1). */
const SHA256_INFO = decodeHex('3031300d060960864801650304020105000420')
/** As Sigstore's algorithm registry has them. */
const BITS: readonly number[] = [2048, 3072, 4096]
const EXPONENT = 65_537n

/**
 * RSASSA-PKCS1-v1_5 with SHA-256 over a digest, which `node:crypto` cannot do: the block under the padding must be the
 * DigestInfo and nothing else. False for keys of another kind or size. Never throws.
 */
export function verifyRsaDigest({ spki, digest, signature }: RsaClaim): boolean {
  try {
    const key = parsePublicKey(spki)
    if (key.kind !== 'rsa' || !BITS.includes(key.modulusBits) || key.exponent !== EXPONENT) return false
    // OpenSSL makes good what is missing at the front; RFC 8017 §8.2.2 and all others demand the whole length.
    if (signature.length * 8 !== key.modulusBits) return false
    const block = publicDecrypt({ key: key.key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return bytesEqual(new Uint8Array(block), concatBytes(SHA256_INFO, digest))
  } catch {
    return false
  }
}

interface RsaClaim {
  readonly spki: Uint8Array
  readonly digest: Uint8Array
  readonly signature: Uint8Array
}
