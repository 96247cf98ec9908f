import { describeError } from '../../base/index.ts'
import type { DigestAlgorithm, SealParts } from '../../formats/sigstore/index.ts'
import { parsePublicKey, type PublicKey } from '../../formats/x509/index.ts'

/** Sigstore's algorithm registry: each kind of key signs with one hash. Ed25519 signs a file prehashed (Ed25519ph). */
const REGISTERED: Readonly<Record<PublicKey['kind'], DigestAlgorithm>> = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  rsa: 'sha256',
  ed25519: 'sha512',
}
const RSA_BITS: readonly number[] = [2048, 3072, 4096]
const RSA_EXPONENT = 65_537n

/**
 * The hash under a signature. Named keys sign with SHA-256 on every curve: so cosign 2 and 3 do it, which hold with
 * SHA-384 and SHA-512 only the keys of certificates. Undefined for Ed25519 over an envelope, which is not prehashed.
 */
export function hashOf(
  { kind }: PublicKey,
  { certificate, envelope }: SealParts,
): DigestAlgorithm | undefined {
  if (kind === 'ed25519') return envelope === undefined ? REGISTERED.ed25519 : undefined
  return certificate === undefined ? 'sha256' : REGISTERED[kind]
}

/** Whether `verifyWithSpki` takes the same hash by itself. */
export function isRegistered({ kind }: PublicKey, hash: DigestAlgorithm): boolean {
  return REGISTERED[kind] === hash
}

/** A key that may sign files, or what is wrong with it. */
export function readSigningKey(
  spki: Uint8Array,
): { readonly key: PublicKey; readonly name: string } | { readonly problem: string } {
  try {
    const key = parsePublicKey(spki)
    if (key.kind !== 'rsa') return { key, name: key.kind === 'ed25519' ? 'Ed25519' : key.kind }
    const isKnown = RSA_BITS.includes(key.modulusBits) && key.exponent === RSA_EXPONENT
    if (isKnown) return { key, name: `RSA of ${key.modulusBits} bits` }
    return { problem: `RSA of ${key.modulusBits} bits with the exponent ${key.exponent}` }
  } catch (error) {
    return { problem: describeError(error) }
  }
}
