/** What `why` says of a release: the JSON of `/gate/GATE/why/NAME/VERSION`, and what its page and commands show. */
export interface ReleaseReport {
  readonly gate: string
  readonly mode: 'enforce' | 'warn' | 'off'
  readonly name: string
  /** Empty where a whole name is refused, which has no files either. */
  readonly version: string
  /** Empty where no upstream takes the name any more. */
  readonly upstream: string
  /** Of the release: the worst of its files. */
  readonly outcome: ReportedOutcome
  /** Why nothing of it is served, where there are no files to say so. */
  readonly ground?: { readonly code: string; readonly fact: string }
  readonly rule: string
  /** Lower-case hex of the policy file. */
  readonly policySha256: string
  /** PyPI's words for a release, computed over all earlier ones, and ours. */
  readonly states: readonly ReleaseState[]
  readonly files: readonly FileReport[]
  /** The newest version that is served, where this one is not. */
  readonly servedInstead: {
    readonly version: string
    readonly signedAt?: string
    readonly logIndex?: number
  } | null
  readonly pins: readonly PinReport[]
  /** What to do, as whole command lines and sentences. */
  readonly next: readonly string[]
}

export const REPORTED_OUTCOMES = ['allowed', 'held', 'refused', 'not judged'] as const
export type ReportedOutcome = (typeof REPORTED_OUTCOMES)[number]

export const RELEASE_STATES = [
  'no-provenance',
  'full-provenance',
  'partial-provenance',
  'inconsistent',
  'lost',
  'changed',
  'held',
  'late',
  'gone',
  'quarantined',
  'exempt',
  'pinned',
] as const
export type ReleaseState = (typeof RELEASE_STATES)[number]

export interface FileReport {
  readonly fileName: string
  readonly sha256: string | null
  /** As the upstream has it, and as this gate serves it (absolute). */
  readonly upstreamUrl: string
  readonly url: string
  readonly uploadedAt: string
  /** Whose word that is: the upstream's, or the gate's first sight of the file. */
  readonly uploadedAtIs: 'said' | 'first seen'
  readonly outcome: ReportedOutcome
  readonly code?: string
  /** The whole sentence, as installers show it. */
  readonly sentence?: string
  /** ISO 8601; from then on the answer may be another one. Of what is held the full minute that its sentence names. */
  readonly until?: string
  readonly grounds: readonly { readonly code: string; readonly fact: string; readonly exemptedBy?: string }[]
  readonly signer?: SignerReport
  readonly notes: readonly string[]
}

/** Who signed, where a seal holds: of the certificate, and where it stands in the log. */
export interface SignerReport {
  readonly identity: string
  readonly issuer: string
  /** Of Fulcio's extensions, by their names. */
  readonly claims: Readonly<Record<string, string>>
  readonly signedAt: string
  readonly logIndex: number
}

export interface PinReport {
  readonly repository: string
  readonly issuer: string
  readonly workflow: string | null
  readonly since: string
  readonly by: string
}

/** A refusal by its link, `/gate/GATE/why/ID`: what one client was told, and how often that happened. */
export interface RefusalReport {
  readonly id: string
  /** Empty where a whole name was refused. */
  readonly fileName: string
  readonly code: string
  /** As the user read it. */
  readonly sentence: string
  /** ISO 8601. */
  readonly first: string
  readonly last: string
  /** Requests of installers; 0 where it was only listed. */
  readonly count: number
}

/** The JSON of `/gate/GATE/why/ID`: the release, or the whole name, as it is decided now, and the refusal as it was. */
export interface LinkedReport extends ReleaseReport {
  readonly refusal: RefusalReport
}
