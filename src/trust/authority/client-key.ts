import { ed25519 } from '@noble/curves/ed25519.js'
import { describeError, WheelsealError } from '../../base/index.ts'
import {
  parseCertificateRequestPem,
  parsePublicKey,
  parsePublicKeyPem,
  type CertificateRequest,
} from '../../formats/x509/index.ts'
import { authorityErrors } from './errors.ts'

/** Stock Fulcio's: other sizes and exponents gain nothing, and no client makes them. */
const RSA_BITS = [2048, 3072, 4096]
const RSA_EXPONENT = 65_537n

const ED25519_BYTES = 32

/** The keys that stock Fulcio takes, without those that everybody can sign with. Throws `authority.key`. */
export function checkClientKey(spki: Uint8Array): void {
  const key = refusing(() => parsePublicKey(spki))
  if (key.kind === 'ed25519') checkPoint(spki.subarray(-ED25519_BYTES))
  if (key.kind !== 'rsa') return
  const { modulusBits, exponent } = key
  if (!RSA_BITS.includes(modulusBits)) {
    throw authorityErrors('authority.key', `an RSA key of ${modulusBits} bits`)
  }
  if (exponent !== RSA_EXPONENT) {
    throw authorityErrors('authority.key', `an RSA key with exponent ${String(exponent).slice(0, 20)}`)
  }
}

/** RFC 8032 §5.1.3. OpenSSL looks at no point before it verifies with it; one of small order is refused by its parser. */
function checkPoint(bytes: Uint8Array): void {
  try {
    ed25519.Point.fromBytes(bytes)
  } catch (cause) {
    throw authorityErrors('authority.key', 'an Ed25519 key that is not a point on the curve', { cause })
  }
}

/** DER SubjectPublicKeyInfo of one PUBLIC KEY block. Throws `authority.key`. */
export function parseClientKey(pem: string): Uint8Array {
  return refusing(() => parsePublicKeyPem(pem))
}

/** Of one CERTIFICATE REQUEST block. Throws `authority.key`. */
export function parseClientRequest(pem: string): CertificateRequest {
  return refusing(() => parseCertificateRequestPem(pem))
}

/** A key that no parser here knows is most often a good key of another kind, and not a damaged file. */
function refusing<T>(parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw authorityErrors('authority.key', describeError(cause), { cause })
  }
}
