import { describeError } from '../base/index.ts'
import type { DigestAlgorithm } from '../formats/sigstore/index.ts'
import { parsePublicKey, type PublicKey } from '../formats/x509/index.ts'

/** Sigstore's algorithm registry: each kind of key signs with one hash; Ed25519 signs the file itself. */
export const HASH_OF_KEY: Readonly<Record<PublicKey['kind'], DigestAlgorithm | undefined>> = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  rsa: 'sha256',
  ed25519: undefined,
}
const RSA_BITS: readonly number[] = [2048, 3072, 4096]
const RSA_EXPONENT = 65_537n

/** A key that may sign files, or what is wrong with it. */
export function readSigningKey(
  spki: Uint8Array,
): { readonly key: PublicKey; readonly name: string } | { readonly problem: string } {
  try {
    const key = parsePublicKey(spki)
    if (key.kind !== 'rsa') return { key, name: key.kind === 'ed25519' ? 'Ed25519' : key.kind }
    const isRegistered = RSA_BITS.includes(key.modulusBits) && key.exponent === RSA_EXPONENT
    if (isRegistered) return { key, name: `RSA of ${key.modulusBits} bits` }
    return { problem: `RSA of ${key.modulusBits} bits with the exponent ${key.exponent}` }
  } catch (error) {
    return { problem: describeError(error) }
  }
}
