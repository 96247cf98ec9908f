import type { Project } from '../access/index.ts'
import type { ListedFile } from './facts.ts'
import type { NewPage, StoredSeal } from './store.ts'

/** Links of a page that could not be read, and are not listed. */
export interface UnreadLinks {
  readonly count: number
  /** What is wrong with the first, without what its upstream wrote: clients may read it. */
  readonly first: string
  /** The same for the operator. */
  readonly reason: string
}

export type PageAnswer =
  /** One with unread links has no `etag`: another answer would not tell of them. */
  | { readonly kind: 'page'; readonly page: NewPage; readonly unread?: UnreadLinks }
  | { readonly kind: 'unchanged' }
  /** 404, 410, and the way to another index for this name, on that host: it knows no such name. */
  | { readonly kind: 'unknown'; readonly forwardedTo?: string }

export type SealAnswer =
  /** All that there is, be it nothing. */
  | {
      readonly kind: 'seals'
      readonly seals: readonly Omit<StoredSeal, 'upstream' | 'fileSha256' | 'seenAtMs'>[]
    }
  | { readonly kind: 'blind' }

/**
 * An index that the gate stands before. What it answers is an enemy's: files whose name or version is not that of the
 * page are left out, every URL is checked before it is asked, every answer is capped. Where it gives no usable answer
 * (dead, slow, refusing, malformed) everything throws a `WheelsealError` whose code begins with `net.`, or is
 * `gate.registry` where there is no network between: what it says is the operator's, and no client is told.
 */
export interface Upstream {
  /** By its configuration. */
  readonly name: string
  /** Of the registry of this server: the projects whose packages a page of the name shows, if any has it. */
  owners?(name: string): Promise<readonly Project[]>
  /** Each file name once. */
  page(name: string, kept: { readonly etag: string | null }): Promise<PageAnswer>
  /** Throws where that stays open; an error of the server is never "none". */
  seals(name: string, file: ListedFile & { readonly sha256: string }): Promise<SealAnswer>
  /** The bytes as they come, at most `maxBytes` and what the page says. The stream throws the same; aborted, the reason of the signal. */
  open(
    file: ListedFile,
    asked: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>
  /** Bytes `start` to `end` (inclusive) of the file; undefined where the upstream answers no ranges. */
  range(
    file: ListedFile,
    part: { readonly start: number; readonly end: number },
  ): Promise<Uint8Array | undefined>
  /** The `.metadata` beside the file; undefined where there is none. */
  metadata(file: ListedFile): Promise<Uint8Array | undefined>
}
