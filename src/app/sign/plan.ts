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

/** The command as it was meant; made of flags, and checked. */
export interface SignPlan {
  readonly files: readonly string[]
  readonly token: TokenChoice
  readonly services: ServiceChoice
  /** Where it is given, every seal is verified before anything is written. */
  readonly trust?: Exclude<TrustChoice, { readonly kind: 'public' }>
  /** In place of the folder of each file. */
  readonly bundleFolder?: string
  /** The bundle alone, or `.sig` and `.crt` beside it. */
  readonly forms: 'bundle' | 'bundle and legacy'
}
