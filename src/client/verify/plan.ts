import type { Policy } from '../../verify/index.ts'

/** As the path of a file: what the process is piped. A file of that name is `./-`. */
export const STANDARD_INPUT = '-'

/** What is verified: a file, or a digest in its place. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'digest'; readonly sha256: Uint8Array; readonly text: string }

export type SealChoice =
  /** All of `X.sigstore.json`, the attestations of PEP 740, `X.sig` with `X.crt` or, of a key, without it. */
  | { readonly kind: 'beside'; readonly of?: 'key' }
  /** Also an attestation of several targets, and bundles one a line. */
  | { readonly kind: 'bundle'; readonly path: string }
  /** Without a certificate where a key is given. */
  | { readonly kind: 'pair'; readonly signature: string; readonly certificate?: string }
  | { readonly kind: 'provenance'; readonly path: string }

export type FirstRoot =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'digest'; readonly sha256: string }

export type TrustChoice =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'tuf'; readonly url: string; readonly root: FirstRoot }
  /** Public Sigstore. */
  | { readonly kind: 'public' }

export type Expectation =
  | { readonly kind: 'policy-file'; readonly path: string }
  /** One for all targets. */
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** A file with a public key, PEM. */
  | { readonly kind: 'key'; readonly path: string }

/** Something that was not said by a flag, and the trust root in any case. */
export interface Origin {
  /** As the flag or the key of the configuration is called. */
  readonly name: string
  readonly value: string
  /** A flag, a variable, the path of a file, or `default`. */
  readonly from: string
}

/** The command as it was meant; made of flags, and checked. */
export interface VerifyPlan {
  readonly targets: readonly Target[]
  readonly seal: SealChoice
  readonly trust: TrustChoice
  readonly expectation: Expectation
  /** With `none` nobody is asked for anything. */
  readonly network: 'allowed' | 'none'
  readonly origins: readonly Origin[]
  /** Files that were named and are seals of others that were named too, which is why they are no targets. */
  readonly leftOut: readonly string[]
}
