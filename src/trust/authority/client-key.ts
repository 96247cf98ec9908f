import { describeError, WheelsealError } from '../../base/index.ts'
import {
  parseCertificateRequestPem,
  parsePublicKey,
  parsePublicKeyPem,
  type CertificateRequest,
} from '../../formats/x509/index.ts'
import { authorityErrors } from './errors.ts'

const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 4096
const MIN_RSA_EXPONENT = 65_537n
const MAX_RSA_EXPONENT = 0xff_ff_ff_ffn

/** The keys that stock Fulcio takes. Throws `authority.key`. */
export function checkClientKey(spki: Uint8Array): void {
  const key = refusing(() => parsePublicKey(spki))
  if (key.kind !== 'rsa') return
  const { modulusBits, exponent } = key
  if (modulusBits < MIN_RSA_BITS || modulusBits > MAX_RSA_BITS) {
    throw authorityErrors('authority.key', `an RSA key of ${modulusBits} bits`)
  }
  if (exponent < MIN_RSA_EXPONENT || exponent > MAX_RSA_EXPONENT || exponent % 2n === 0n) {
    throw authorityErrors('authority.key', `an RSA key with exponent ${String(exponent).slice(0, 20)}`)
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
