/** What another policy would change: the JSON of `wheelseal gate try --json`. */
export interface PolicyTrial {
  readonly gate: string
  readonly mode: string
  /** That is tried, as if it were enforced. */
  readonly policy: TriedPolicy
  /** That counts now. */
  readonly now: TriedPolicy
  readonly looked: {
    /** Packages that were asked for within so many days; null where one was named. */
    readonly days: number | null
    readonly names: number
    readonly files: number
    /** Those of the files that the gate has served. */
    readonly served: number
    /** False where there are more: only the last ones that were asked for were looked at. */
    readonly isAll: boolean
  }
  /** Served or listed now, and refused or held then. */
  readonly refused: TrialChange
  /** The other way round. */
  readonly allowed: TrialChange
  /** Nothing speaks against it but that its seals were never looked for. */
  readonly notJudged: TrialChange
}

export interface TriedPolicy {
  readonly path: string
  /** Lower-case hex of the file. */
  readonly sha256: string
  readonly rules: number
  readonly exemptions: number
}

export interface TrialChange {
  readonly files: number
  readonly served: number
  readonly grounds: readonly TrialGround[]
  /** At most 200, those of which most was served first. */
  readonly releases: readonly TrialRelease[]
}

export interface TrialGround {
  readonly code: string
  readonly releases: number
  readonly files: number
  readonly served: number
}

export interface TrialRelease {
  readonly name: string
  readonly version: string
  /** Of the refusal; `not judged` where there is none. */
  readonly code: string
  /** As an installer reads it, without its link. */
  readonly sentence: string
  readonly files: number
  readonly served: number
}

export interface TriedFile {
  readonly toml: string
  /** As sentences name it. */
  readonly fileName: string
  /** This package alone, whenever it was asked for. */
  readonly name?: string
}
