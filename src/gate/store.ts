import type { LogCheckpoint } from '../verify/index.ts'
import type { KnownFile, ListedFile, Pin, SealVerdict } from './facts.ts'

/** A name at an upstream. `upstream` is the key that the composition gives it, the same for the same URL. */
export interface UpstreamName {
  readonly upstream: string
  readonly name: string
}

export interface NewPage {
  /** Of the upstream's answer, to ask again with; null where it gave none. */
  readonly etag: string | null
  /** PyPI's serial; null where it gave none. */
  readonly serial: number | null
  readonly status: 'quarantined' | 'archived' | 'deprecated' | null
  /** Some file has the key `provenance`, be it null. */
  readonly tellsOfSeals: boolean
  readonly files: readonly ListedFile[]
}

export interface KeptName extends Omit<NewPage, 'files'> {
  /** When the upstream last answered, be it that nothing changed. */
  readonly freshAtMs: number
  /** Raised by every write that changes what a page may show: files, gone, changed, mismatches, served. */
  readonly revision: number
  /** The upstream knows no such name. */
  readonly isUnknown: boolean
}

export interface GoneFile extends UpstreamName, Pick<KnownFile, 'fileName' | 'version'> {
  readonly goneAtMs: number
}

export interface StoredSeal {
  /** The key of the one that has found it: what another lists beside the same bytes says nothing of its own. */
  readonly upstream: string
  readonly fileSha256: string
  /** Of its bytes. */
  readonly sha256: string
  readonly kind: 'provenance' | 'bundle' | 'pair'
  /** Where it was found: a URL without its query, or `registry NAME`. */
  readonly source: string
  /** As they were found; of a pair canonical JSON with `certificate` and `signature`, each the base64 of its file. */
  readonly bytes: Uint8Array
  readonly seenAtMs: number
}

export interface KeptCheckpoint extends LogCheckpoint {
  readonly seenAtMs: number
}

/** With the same, the verdict is the same; neither time nor policy is in it. */
export interface SealVerdictKey {
  readonly fileSha256: string
  readonly fileName: string
  readonly sealSha256: string
  readonly rootsSha256: string
  /** Of the verifier: another number judges everything again. */
  readonly verifier: number
}

export type PinEvent = {
  readonly gate: string
  readonly name: string
  readonly atMs: number
  readonly by: string
  readonly why: string
} & ({ readonly kind: 'learned' | 'approved'; readonly pin: Pin } | { readonly kind: 'forgotten' })

export interface Mismatch {
  readonly fileName: string
  readonly kind: 'digest' | 'metadata'
  readonly expected: string
  readonly found: string
  readonly atMs: number
}

export interface Refusal {
  /** 8 lower-case hex digits, see `refusalId`. */
  readonly id: string
  readonly gate: string
  readonly name: string
  readonly version: string
  readonly fileName: string
  readonly code: string
  /** As the user read it. */
  readonly sentence: string
  /** JSON of all that `why` shows beside it. */
  readonly report: string
}

export interface CountedRefusal extends Refusal {
  readonly firstAtMs: number
  readonly lastAtMs: number
  readonly count: number
}

/** What the mode `warn` let through, of what was asked for last. */
export interface LetThrough {
  /** By code, most releases first. `requests` are all that there ever were. */
  readonly grounds: readonly {
    readonly code: string
    readonly releases: number
    readonly files: number
    readonly requests: number
  }[]
  /** The last ones that were asked for, the last one first. */
  readonly releases: readonly ReleaseLetThrough[]
}

export interface ReleaseLetThrough {
  /** Of one of its refusals. */
  readonly id: string
  readonly name: string
  readonly version: string
  readonly code: string
  readonly files: number
  readonly requests: number
  readonly lastAtMs: number
}

/** What happened to requests of files in one hour of one gate. */
export interface Counts {
  /** With those that the mode `warn` let through. */
  readonly served: number
  readonly held: number
  readonly refused: number
  /** Refusals that the mode `warn` let through. */
  readonly wouldRefuse: number
}

/**
 * What `gate` keeps. One process writes. Every write is whole or absent, and durable when it resolves; seals, pin events,
 * first-seen times, mismatches and refusals of files are never lost, all else can be deleted and comes back.
 */
export interface GateStore {
  findName(place: UpstreamName): Promise<KeptName | undefined>
  /** Gone ones too; in the order in which they were first seen. */
  listFiles(place: UpstreamName): Promise<readonly KnownFile[]>
  /**
   * The page and its rows in one transaction: new files are added with `atMs`, those that are no longer listed get
   * `goneAtMs`, those that are back lose it, another digest under a kept name goes into `changedSha256` (the first such
   * one stays) and never replaces the digest. All else of a listed file is replaced. The first digest that is given stays
   * where later pages give none; a file that a page lists twice is taken as if two pages had listed it.
   */
  keepPage(place: UpstreamName, page: NewPage, atMs: number): Promise<KeptName>
  /** The upstream answered that nothing changed. */
  keepFresh(place: UpstreamName, atMs: number): Promise<void>
  /** The upstream knows no such name; what was kept of it stays, as gone. No `etag` does: nothing is asked for again with it. */
  keepUnknown(place: UpstreamName, atMs: number): Promise<KeptName>
  /** Once; does not change a time that stands. */
  markServed(place: UpstreamName, fileName: string, atMs: number): Promise<void>
  /** What upstreams have taken back since, the latest first, file by file. */
  listGone(page: { readonly sinceMs: number; readonly limit: number }): Promise<readonly GoneFile[]>
  /** Names of an upstream that are known there, in order, from the first one after `after`. */
  listNames(
    upstream: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly string[]>

  /** Of an upstream, which answered for them since: the last one that was asked for first. */
  listAskedNames(
    upstream: string,
    page: { readonly sinceMs: number; readonly limit: number },
  ): Promise<readonly { readonly name: string; readonly freshAtMs: number }[]>

  /** Once for each upstream and digest of a file and of a seal. */
  addSeal(seal: StoredSeal): Promise<void>
  /** In the order of arrival. */
  sealsOf(upstream: string, fileSha256: string): Promise<readonly StoredSeal[]>
  /** One for each attestation in the seal. */
  findVerdicts(key: SealVerdictKey): Promise<readonly SealVerdict[] | undefined>
  keepVerdicts(key: SealVerdictKey, verdicts: readonly SealVerdict[]): Promise<void>
  /** That a whole set of seals was looked for, and when: without it a file is not judged. In place of what stands. */
  keepSealSearch(fileSha256: string, upstream: string, found: 'some' | 'none', atMs: number): Promise<void>
  findSealSearches(
    upstream: string,
    fileSha256s: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly found: 'some' | 'none'; readonly atMs: number }>>

  /**
   * Of a log whose signature on it was verified. The other one, where one of the same tree and size with another root is
   * kept: both are kept for ever then, and no third. Of all others the newest 50,000 are.
   */
  keepCheckpoint(checkpoint: LogCheckpoint, atMs: number): Promise<KeptCheckpoint | undefined>
  /** Checkpoints that contradict another one, the latest first. */
  listSplitViews(limit: number): Promise<readonly KeptCheckpoint[]>

  /** METADATA of a wheel whose digest was proved. */
  findMetadata(fileSha256: string): Promise<Uint8Array | undefined>
  keepMetadata(fileSha256: string, bytes: Uint8Array): Promise<void>

  addPinEvent(event: PinEvent): Promise<void>
  /** Of a gate, oldest first; of one name where it is given. */
  listPinEvents(gate: string, name?: string): Promise<readonly PinEvent[]>

  /** Durable before a client is told. Once for each kind of a file, and again for one that was lifted. */
  addMismatch(place: UpstreamName, mismatch: Mismatch): Promise<void>
  /** Those of a name are not listed any more. */
  liftMismatches(place: UpstreamName, atMs: number): Promise<void>
  listMismatches(place: UpstreamName): Promise<readonly Mismatch[]>

  /** Counts one that is kept, else adds it. `times` is 1 where it is left out. */
  noteRefusal(refusal: Refusal, atMs: number, times?: number): Promise<void>
  /** A refusal that the mode `warn` did not make. It is kept as others are, and counted by itself. */
  noteLetThrough(refusal: Refusal, atMs: number, times: number): Promise<void>
  /** Since; looked at are the last few thousand. */
  letThrough(gate: string, page: { readonly sinceMs: number; readonly limit: number }): Promise<LetThrough>
  findRefusal(gate: string, id: string): Promise<CountedRefusal | undefined>
  /** Those that happened since, the most frequent first; looked at are the last few thousand. */
  listRefusals(
    gate: string,
    page: { readonly sinceMs: number; readonly limit: number },
  ): Promise<readonly CountedRefusal[]>
  /**
   * The exemptions of a policy by their ids: those that are new begin with the day, those that are no longer there are
   * forgotten. Days are whole ones since 1970.
   */
  keepExemptions(
    gate: string,
    use: { readonly day: number; readonly all: readonly string[]; readonly matched: readonly string[] },
  ): Promise<void>
  exemptionDays(
    gate: string,
  ): Promise<ReadonlyMap<string, { readonly sinceDay: number; readonly matchedDay: number | null }>>
  /** Whoever counts often adds up first: each call is a write, and durable. `times` is 1 where it is left out. */
  count(gate: string, atMs: number, what: keyof Counts, times?: number): Promise<void>
  /** With the whole hour in which `sinceMs` is. */
  countsSince(gate: string, sinceMs: number): Promise<Counts>
  /** Removes refusals whose last time is before. */
  forgetRefusals(beforeMs: number): Promise<void>
  /** Removes refusals of whole names, which anybody may think of, but for the `keep` that happened last. */
  trimNameRefusals(gate: string, keep: number): Promise<void>
}
