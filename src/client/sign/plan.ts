import type { AttestationKind } from '../../sign/index.ts'
import type { TrustChoice } from '../verify/index.ts'

export type TokenChoice =
  | { readonly kind: 'file'; readonly path: string }
  /** The value of `SIGSTORE_ID_TOKEN`; empty where it is not set. */
  | { readonly kind: 'environment'; readonly text: string }

/** Where to sign. An address that is given counts before that of the file. */
export interface ServiceChoice {
  readonly fulcioUrl?: string
  readonly rekorUrl?: string
  /** The whole address, path included. */
  readonly tsaUrl?: string
  /** A `signing_config.json`. */
  readonly signingConfig?: string
}

/** What is signed, as whom and where; made of flags, and checked. */
export interface SigningPlan {
  readonly files: readonly string[]
  readonly token: TokenChoice
  readonly services: ServiceChoice
  /** Where it is given, everything is verified before anything is written. */
  readonly trust?: Exclude<TrustChoice, { readonly kind: 'public' }>
  /** In place of the folder of each file. */
  readonly bundleFolder?: string
}

/** `wheelseal sign` as it was meant. */
export interface SignPlan extends SigningPlan {
  /** The bundle alone, or `.sig` and `.crt` beside it. */
  readonly forms: 'bundle' | 'bundle and legacy'
}

/** `wheelseal attest` as it was meant. */
export interface AttestPlan extends SigningPlan {
  /** At least one, each once. */
  readonly kinds: readonly AttestationKind[]
}
