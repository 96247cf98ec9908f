import { verify, type KeyObject } from 'node:crypto'
import { parseEcdsaSignature } from '../ecdsa/index.ts'
import type { Certificate } from './certificate.ts'
import { parsePublicKey, type PublicKey } from './public-key.ts'

type Hash = 'sha256' | 'sha384' | 'sha512'
type Family = 'ecdsa' | 'rsa' | 'ed25519'

/** The hash with which a key of this kind signs a message unless something else is said. */
const DEFAULT_HASH: Readonly<Record<PublicKey['kind'], Hash>> = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  rsa: 'sha256',
  ed25519: 'sha512',
}

/** What signs certificates: RFC 5758, RFC 4055, RFC 8410. SHA-1 and RSA-PSS are not among them. */
const CERTIFICATE_ALGORITHMS: Readonly<Record<string, { readonly family: Family; readonly hash: Hash }>> = {
  '1.2.840.10045.4.3.2': { family: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { family: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { family: 'ecdsa', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { family: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { family: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { family: 'rsa', hash: 'sha512' },
  '1.3.101.112': { family: 'ed25519', hash: 'sha512' },
}
const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 8192

/**
 * Whether `signature` is the key's over the message: ECDSA in strict DER with the hash of the curve's size, RSA PKCS #1
 * v1.5 with SHA-256 (2048 to 8192 bits), or Ed25519. Never throws.
 */
export function verifyWithSpki(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = usableKey(spki)
  return key !== undefined && verifyWithKey(key, { message, signature, hash: DEFAULT_HASH[key.kind] })
}

/** Whether the holder of `issuerSpki` signed the certificate. Names, dates and rights are not looked at. */
export function isSignedBy(certificate: Certificate, issuerSpki: Uint8Array): boolean {
  const algorithm = CERTIFICATE_ALGORITHMS[certificate.signatureAlgorithmOid]
  const key = usableKey(issuerSpki)
  if (algorithm === undefined || key === undefined || familyOf(key) !== algorithm.family) return false
  return verifyWithKey(key, {
    message: certificate.tbs,
    signature: certificate.signature,
    hash: algorithm.hash,
  })
}

interface Signed {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly hash: Hash
}

function verifyWithKey(key: PublicKey, { message, signature, hash }: Signed): boolean {
  const family = familyOf(key)
  if (family === 'ed25519') return verifyQuietly(null, key.key, { message, signature })
  if (family === 'ecdsa' && parseEcdsaSignature(signature) === undefined) return false
  return verifyQuietly(hash, key.key, { message, signature })
}

function verifyQuietly(hash: Hash | null, key: KeyObject, signed: Omit<Signed, 'hash'>): boolean {
  try {
    return verify(hash, signed.message, key, signed.signature)
  } catch {
    return false
  }
}

function usableKey(spki: Uint8Array): PublicKey | undefined {
  try {
    const key = parsePublicKey(spki)
    const isWeak = key.kind === 'rsa' && (key.modulusBits < MIN_RSA_BITS || key.modulusBits > MAX_RSA_BITS)
    return isWeak ? undefined : key
  } catch {
    return undefined
  }
}

function familyOf({ kind }: PublicKey): Family {
  return kind === 'rsa' || kind === 'ed25519' ? kind : 'ecdsa'
}
