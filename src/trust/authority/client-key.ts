import { describeError, WheelsealError } from '../../base/index.ts'
import { parsePublicKey, type PublicKey } from '../../formats/x509/index.ts'
import { authorityErrors } from './errors.ts'

const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 4096
const MIN_RSA_EXPONENT = 65_537n
const MAX_RSA_EXPONENT = 0xff_ff_ff_ffn

/** The keys that stock Fulcio takes. Throws `authority.key`. */
export function checkClientKey(spki: Uint8Array): void {
  const key = readKey(spki)
  if (key.kind !== 'rsa') return
  const { modulusBits, exponent } = key
  if (modulusBits < MIN_RSA_BITS || modulusBits > MAX_RSA_BITS) {
    throw authorityErrors('authority.key', `an RSA key of ${modulusBits} bits`)
  }
  if (exponent < MIN_RSA_EXPONENT || exponent > MAX_RSA_EXPONENT || exponent % 2n === 0n) {
    throw authorityErrors('authority.key', `an RSA key with exponent ${String(exponent).slice(0, 20)}`)
  }
}

function readKey(spki: Uint8Array): PublicKey {
  try {
    return parsePublicKey(spki)
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw authorityErrors('authority.key', describeError(cause), { cause })
  }
}
