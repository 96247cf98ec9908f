import type { HashedRekord } from '../formats/sigstore/index.ts'
import { certificatePem } from '../formats/x509/index.ts'

/** What a log entry is about. */
export interface Sealed {
  readonly sha256: Uint8Array
  /** ECDSA, DER. */
  readonly signature: Uint8Array
  /** The leaf, DER. */
  readonly certificate: Uint8Array
}

/** The entry that is proposed at signing, and with which a verifier asks the log (sigstore-wire 1.4 and 2). */
export function proposalFor({ sha256, signature, certificate }: Sealed): HashedRekord {
  return { algorithm: 'sha256', digest: sha256, signature, publicKeyPem: certificatePem(certificate) }
}
