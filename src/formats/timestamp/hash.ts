import { hash as digest } from 'node:crypto'
import { derNull, derOid, derSequence, readNull, readOid, TAG, type DerReader } from '../der/index.ts'

/** What Sigstore's clients ask for and accept; SHA-1 is not among them. */
export type TimestampHash = 'sha256' | 'sha384' | 'sha512'

export interface HashAlgorithm {
  readonly name: TimestampHash
  readonly oid: string
  readonly digestBytes: number
  /** With this hash. */
  readonly signatureOids: Readonly<Record<'ecdsa' | 'rsa', string>>
}

const HASHES: readonly HashAlgorithm[] = [
  {
    name: 'sha256',
    oid: '2.16.840.1.101.3.4.2.1',
    digestBytes: 32,
    signatureOids: { ecdsa: '1.2.840.10045.4.3.2', rsa: '1.2.840.113549.1.1.11' },
  },
  {
    name: 'sha384',
    oid: '2.16.840.1.101.3.4.2.2',
    digestBytes: 48,
    signatureOids: { ecdsa: '1.2.840.10045.4.3.3', rsa: '1.2.840.113549.1.1.12' },
  },
  {
    name: 'sha512',
    oid: '2.16.840.1.101.3.4.2.3',
    digestBytes: 64,
    signatureOids: { ecdsa: '1.2.840.10045.4.3.4', rsa: '1.2.840.113549.1.1.13' },
  },
]

/** Undefined for every hash that is not accepted. */
export function hashByOid(oid: string): HashAlgorithm | undefined {
  return HASHES.find((algorithm) => algorithm.oid === oid)
}

export function isTimestampHash(name: string): name is TimestampHash {
  return HASHES.some((algorithm) => algorithm.name === name)
}

export function hashOid(name: TimestampHash): string {
  return HASHES.find((algorithm) => algorithm.name === name)?.oid ?? ''
}

export function digestOf({ name }: HashAlgorithm, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(digest(name, bytes, 'buffer'))
}

/** An AlgorithmIdentifier with NULL or no parameters (RFC 5754 §2: both must be read). */
export function readAlgorithm(reader: DerReader): string {
  const content = reader.enter()
  const oid = readOid(content.read(TAG.oid))
  const parameters = content.readOptional(TAG.null)
  if (parameters !== undefined) readNull(parameters)
  content.end()
  return oid
}

/** Without parameters, as RFC 5754 and RFC 5758 want signatures and digests written. */
export function derAlgorithm(oid: string): Uint8Array {
  return derSequence(derOid(oid))
}

/** With NULL parameters, as OpenSSL and Go write the hash of an imprint. */
export function derHashWithNull(oid: string): Uint8Array {
  return derSequence(derOid(oid), derNull())
}
