import type { DigestAlgorithm } from './hashed-rekord.ts'
import type { LoggedEntry } from './log-entry.ts'

/** Where a seal was read from; each has rules of its own on what must be there. */
export type SealFormat =
  | 'files'
  | 'bundle 0.1'
  | 'bundle 0.2'
  | 'bundle 0.3'
  | 'cosign bundle'
  | 'pep 740 attestation'

/** What a DSSE signature is over. */
export interface Envelope {
  readonly payload: Uint8Array
  readonly payloadType: string
  /** What the envelope calls the key of its signature; nothing signs that. */
  readonly keyId?: string
  /** Of its JSON as the log hashed it, where that is at hand. */
  readonly sha256?: Uint8Array
}

export interface FileDigest {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
}

/** A seal taken apart, whatever file it came in. Everything in it may be an enemy's. */
export interface SealParts {
  /** Default: files. */
  readonly format?: SealFormat
  /** As signed; DER for ECDSA. */
  readonly signature: Uint8Array
  /** The leaf, DER. Left out where a managed key signed. */
  readonly certificate?: Uint8Array
  /** Where the signature is over an envelope and not over the file. */
  readonly envelope?: Envelope
  /** What the seal says the digest of the file is. */
  readonly digest?: FileDigest
  readonly entries: readonly LoggedEntry[]
  /** DER TimeStampResp (RFC 3161) over the signature. */
  readonly timestamps?: readonly Uint8Array[]
}
