import type { SealParts } from '../formats/sigstore/index.ts'
import type { Policy } from './policy/policy.ts'
import type { TrustRoot } from './trust-root/trust-root.ts'

/** What a certificate's key has signed, and what a log says about it. Everything in it may be an enemy's. */
export interface Seal extends SealParts {
  /** The leaf, DER. */
  readonly certificate: Uint8Array
}

/** The file that a seal should be of. The digests must be those of its bytes. */
export interface Artifact {
  readonly sha256: Uint8Array
  /** Where they are known; keys of P-384 and P-521 sign these. */
  readonly sha384?: Uint8Array
  readonly sha512?: Uint8Array
  /** Ed25519 signs the file itself, and no digest stands in for it. */
  readonly bytes?: Uint8Array
  /** What an attestation must call it. Left out where only a digest is asked for. */
  readonly fileName?: string
}

export interface VerifyRequest {
  readonly artifact: Artifact
  readonly seal: SealParts
  /** Never from what is verified. */
  readonly trustRoot: TrustRoot
  /** Who may have signed, with a certificate. Without it, and without a key, nobody may. */
  readonly policy?: Policy
  /** The managed key that must have signed, DER SubjectPublicKeyInfo. With it no certificate is accepted. */
  readonly key?: Uint8Array
}
