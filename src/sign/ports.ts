import type { Secret } from '../base/index.ts'
import type { DsseProposal, HashedRekord, LogEntry } from '../formats/sigstore/index.ts'

export interface CertificateRequest {
  readonly token: Secret
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** ECDSA (DER) over the `sub` claim of the token: proof that the private key is at hand. */
  readonly proof: Uint8Array
}

/** A certificate authority, as Fulcio is one. */
export interface CertificateSource {
  /** DER certificates, leaf first. Throws what the authority said when it refuses; retries what is transient itself. */
  issue(request: CertificateRequest): Promise<readonly Uint8Array[]>
}

/** A timestamp authority (RFC 3161). Retries what is transient itself. */
export interface TimestampSource {
  /** DER TimeStampResp over these bytes, granted. Throws what the authority said when it refuses. */
  stamp(message: Uint8Array): Promise<Uint8Array>
}

/** A transparency log, as Rekor is one. Both retry what is transient themselves. */
export interface EntryLog {
  /** Appends, or finds the entry that is there already: the same proposal twice gives the same entry. */
  append(proposed: DsseProposal | HashedRekord): Promise<LogEntry>
  /** The entries of exactly this proposal; none is an empty list. */
  find(proposed: HashedRekord): Promise<readonly LogEntry[]>
}
