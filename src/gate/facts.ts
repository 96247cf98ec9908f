import type { Identity, SealHas } from '../verify/index.ts'

/** A file as the page of its upstream lists it. All of it is the word of the upstream, but what says otherwise. */
export interface ListedFile {
  readonly fileName: string
  /** PEP 440, the form that is equal for equal versions; from the file name, as `kind` is. */
  readonly versionKey: string
  /** PEP 440's normal form, for people. */
  readonly version: string
  readonly kind: 'wheel' | 'sdist'
  /** Lower-case hex; null where the page gives none. */
  readonly sha256: string | null
  readonly sizeBytes: number | null
  /** Absolute, without fragment and credentials. */
  readonly url: string
  /** Null where the page gives none. */
  readonly uploadedAtMs: number | null
  readonly requiresPython: string | null
  /** The reason, empty where none is given; null for a file that is not yanked. */
  readonly yanked: string | null
  /** Of the PEP 740 provenance object; `none` where the page says that there is none, `unsaid` where it says nothing. */
  readonly provenance: { readonly kind: 'at'; readonly url: string } | { readonly kind: 'none' | 'unsaid' }
  /** A `.metadata` is offered beside it. */
  readonly offersMetadata: boolean
  /** Lower-case hex of that, where the page says it. */
  readonly metadataSha256: string | null
}

/** The same, with what the gate itself has seen. */
export interface KnownFile extends ListedFile {
  readonly firstSeenAtMs: number
  /** When it was gone from the page first; null while it is listed. */
  readonly goneAtMs: number | null
  /** Another digest that the upstream listed under this name later. Its bytes are refused for ever. */
  readonly changedSha256: string | null
  /** This gate has served its bytes or its metadata once. */
  readonly servedAtMs: number | null
}

/**
 * What a seal is worth, whoever may sign: kept by the digests of file and seal, the file's name and the trust root, so
 * that neither time nor policy is in it.
 */
export type SealVerdict =
  | {
      readonly holds: true
      readonly identity: Identity
      readonly has: SealHas
      readonly signedAtMs: number
      readonly logIndex: number
    }
  | {
      readonly holds: false
      /** `verify.…` */
      readonly code: string
      /** One sentence, printable. */
      readonly fact: string
    }

/** What the gate knows of the seals of a file. */
export type SealState =
  /** Nobody has asked yet; or a seal is there that no digest of the page decides, until the file is asked for. */
  | { readonly kind: 'not judged'; readonly needsFile?: true }
  /** The upstream says, or has shown, that there is none. */
  | { readonly kind: 'unsigned' }
  /** The upstream never tells of seals. */
  | { readonly kind: 'blind' }
  /** The seals could not be fetched; never the same as `unsigned`. With the verdicts on those that are kept of earlier. */
  | { readonly kind: 'unreachable'; readonly fact: string; readonly kept?: readonly SealVerdict[] }
  /** At least one, those that hold first. */
  | { readonly kind: 'judged'; readonly verdicts: readonly SealVerdict[] }

/** Nothing more can be found out without the bytes. */
export function needsFile(seals: SealState): boolean {
  return seals.kind === 'not judged' && seals.needsFile === true
}

export interface JudgedFile {
  readonly file: KnownFile
  readonly seals: SealState
  /** Bytes or metadata that arrived and were not what was promised; refused for ever. */
  readonly mismatch: {
    readonly kind: 'digest' | 'metadata'
    readonly expected: string
    readonly found: string
  } | null
}

/** The files of one version. */
export interface ReleaseFacts {
  readonly version: string
  readonly versionKey: string
  readonly files: readonly JudgedFile[]
}

/** Who signs a name, as history shows it or as somebody has said. */
export interface Pin {
  readonly issuer: string
  /** The repository by its id; where the certificate has none, by its URI. */
  readonly repository: { readonly kind: 'id' | 'uri'; readonly value: string }
  /** As people know it: `gitlab.com/acme/demo`. */
  readonly shown: string
  /** The pipeline file, without its ref; null for signers that are no pipeline, and where any will do. */
  readonly workflow: string | null
  readonly refKind: 'tag' | 'branch' | 'other' | null
  readonly sinceMs: number
  /** `history`, or the person who approved. */
  readonly by: string
  /** The files that it was learned from. */
  readonly fromFiles: readonly string[]
}

/** What is known of a name beside the release that is decided. */
export interface NameFacts {
  readonly name: string
  /** All releases, also those that nobody judged: what history shows is computed over them. */
  readonly releases: readonly ReleaseFacts[]
  readonly pins: readonly Pin[]
  /** Its name in the configuration, for sentences. */
  readonly upstream: string
  /** A private name: routed by name, never looked up elsewhere. */
  readonly isPrivate: boolean
  /** PEP 792; null for `active`. */
  readonly status: 'quarantined' | 'archived' | 'deprecated' | null
  /** When the page was last known to be fresh. */
  readonly freshAtMs: number
}

/** What holds for every name of an upstream. */
export interface GateState {
  readonly staleForMs: number
  /** When the trust root ends; null where it does not. */
  readonly trustUntilMs: number | null
  /** Why no new verdict may be made: the clock is wrong. */
  readonly clockFact: string | null
}
