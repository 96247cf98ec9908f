import type { Project } from '../access/index.ts'
import type { Blob } from '../base/index.ts'
import type { LinkedReport, PinReport, ReleaseReport } from './report.ts'
import type { CountedRefusal, Counts, LetThrough } from './store.ts'
import type { PolicyTrial, TriedFile } from './trial.ts'

/** A page as it is served: the same bytes for everybody until it changes. */
export interface GatePage {
  readonly name: string
  readonly status: 'quarantined' | 'archived' | 'deprecated' | null
  readonly files: readonly PageEntry[]
  /** Places for what was written of it, by format; gone with the page. */
  readonly written: Map<string, WrittenPage | Promise<WrittenPage>>
}

export interface WrittenPage {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly gzip: Uint8Array<ArrayBuffer>
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string
}

export interface PageEntry {
  readonly fileName: string
  /** PEP 440's normal form. */
  readonly version: string
  /** Relative to the page. */
  readonly href: string
  readonly sha256: string | null
  readonly sizeBytes: number | null
  readonly uploadedAtMs: number
  readonly requiresPython: string | null
  /** The digest of the metadata that this gate will serve; null where it is not known, and then none is offered. */
  readonly metadataSha256: string | null
  /** The sentence of a refusal, or what the upstream says; null for what is not yanked. */
  readonly yanked: string | null
  readonly hasProvenance: boolean
}

/** A sentence in place of a file: what every installer shows of it, and how. */
export interface Refused {
  readonly kind: 'refused'
  /** 403, or 424 where it is the upstream's fault and may pass. */
  readonly status: number
  readonly code: string
  /** Of its link. */
  readonly id: string
  /** Printable ASCII, at most 240 bytes. */
  readonly sentence: string
}

export interface AskedFile {
  /** As in the URL. */
  readonly upstream: string
  /** The rest of the URL's path, as it was written, without the ending of `kind`. */
  readonly path: string
  readonly kind: 'file' | 'metadata' | 'provenance'
  /** Of bytes nothing is wanted but their headers: counted neither as served nor as refused. */
  readonly isHead?: boolean
}

export type FileAnswer =
  | Refused
  | ({
      readonly fileName: string
      /** Lower-case hex of the bytes that are served. */
      readonly sha256: string
      /** In the mode `warn`: what would have refused it. */
      readonly wouldRefuse: string | null
    } & (
      | { readonly kind: 'kept'; readonly blob: Blob }
      | {
          /** Not kept: nothing is fetched for who wants to know about it only. */
          readonly kind: 'arriving'
          readonly sizeBytes: number | null
          /**
           * Resolves when the first bytes are there, or with the refusal where something went wrong before. Fails later
           * where the whole is not what it was said to be: the last bytes are not sent then.
           */
          readonly begin: () => Promise<Refused | AsyncIterable<Uint8Array>>
        }
      | { readonly kind: 'small'; readonly bytes: Uint8Array }
    ))

export type SmallAnswer = Extract<FileAnswer, { readonly kind: 'small' }>

export interface GateStatus {
  readonly gate: string
  readonly mode: string
  readonly policy: {
    readonly path: string
    readonly sha256: string
    readonly rules: number
    readonly exemptions: number
  }
  readonly upstreams: readonly UpstreamStatus[]
  readonly counts: Counts
  readonly refused: readonly CountedRefusal[]
  /** In the mode `warn`: what `enforce` would have refused. */
  readonly wouldRefuse: LetThrough
  readonly pins: readonly (PinReport & { readonly name: string })[]
  /** What ends soon, or is wrong: sentences. */
  readonly soon: readonly string[]
  /** Exemptions that have matched nothing for 30 days: sentences. */
  readonly unused: readonly string[]
  readonly cache: { readonly files: number; readonly bytes: number; readonly maxBytes: number }
}

export interface UpstreamStatus {
  readonly name: string
  readonly okAt: string | null
  readonly failedAt: string | null
  readonly fact: string | null
  readonly trustUntil: string | null
}

/** Who asks, where not everybody may read all packages of this server's own projects. */
export interface GateReader {
  mayRead(project: Project): Promise<boolean>
}

/**
 * One gate: what its routes and commands ask. Names are normalised before. A name that `reader` may not read is answered
 * as one that its upstream does not have; left out, all may be read.
 */
export interface Gate {
  readonly name: string
  /** By which clients reach it, without a slash at the end. */
  readonly url: string
  /** Throws `gate.unknown`. */
  page(name: string, reader?: GateReader): Promise<GatePage>
  /** Throws `gate.unknown`, `storage.full`. */
  file(asked: AskedFile, reader?: GateReader): Promise<FileAnswer>
  /** What `page` resolves with, where it has nothing to ask, to judge and to write for it. */
  pageNow(name: string): GatePage | undefined
  /** The same for `file`: a small one that is kept and that nothing speaks against. Counts as served. */
  fileNow(asked: AskedFile): SmallAnswer | undefined
  /** Names that are kept or private, in order. */
  names(reader?: GateReader): AsyncIterable<string>
  /** `version` is as somebody wrote it. Throws `gate.unknown`, `gate.upstream`. */
  why(name: string, version: string, reader?: GateReader): Promise<ReleaseReport>
  /** By the id of its link. Throws `gate.unknown`. */
  refusal(id: string, reader?: GateReader): Promise<LinkedReport>
  /** Packages of this server's own projects stand behind it: some names may be hidden from who asks. */
  readonly hasOwn: boolean
  hides(name: string, reader: GateReader): Promise<boolean>
  status(sinceMs: number): Promise<GateStatus>
  /** What another policy would change of what is known; nothing is written. Throws `verify.policy-file`, `gate.unknown`. */
  tryPolicy(file: TriedFile): Promise<PolicyTrial>
  /** With the whole hour in which `sinceMs` is. */
  counts(sinceMs: number): Promise<Counts>
  approve(
    name: string,
    asked: { readonly repository?: string | undefined; readonly by: string; readonly why: string },
  ): Promise<PinReport>
  forget(name: string, asked: { readonly by: string; readonly why: string }): Promise<void>
  /** The pins as rules of a policy, TOML. */
  exportPins(): Promise<string>
  refresh(name: string): Promise<void>
  /** Ends what is being fetched, and writes what was counted and is not written yet. */
  close(): Promise<void>
}
