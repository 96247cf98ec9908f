import type { ListedFile } from './facts.ts'
import type { NewPage, StoredSeal } from './store.ts'

export type PageAnswer =
  | { readonly kind: 'page'; readonly page: NewPage }
  | { readonly kind: 'unchanged' }
  /** 404, 410: it knows no such name. */
  | { readonly kind: 'unknown' }

export type SealAnswer =
  /** All that there is, be it nothing. */
  | { readonly kind: 'seals'; readonly seals: readonly Omit<StoredSeal, 'fileSha256' | 'seenAtMs'>[] }
  | { readonly kind: 'blind' }

/**
 * An index that the gate stands before. What it answers is an enemy's: files whose name or version is not that of the
 * page are left out, every URL was checked, every answer is capped.
 */
export interface Upstream {
  /** By its configuration. */
  readonly name: string
  /** Throws `gate.upstream` where it gives no usable answer: dead, slow, refusing, malformed. */
  page(name: string, kept: { readonly etag: string | null }): Promise<PageAnswer>
  /** Throws `gate.upstream` where that stays open; an error of the server is never "none". */
  seals(name: string, file: ListedFile & { readonly sha256: string }): Promise<SealAnswer>
  /** The bytes as they come, at most `maxBytes`. Throws `gate.upstream`; the stream fails with it too. */
  open(
    file: ListedFile,
    asked: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>
  /** Bytes `start` to `end` (inclusive) of the file; undefined where the upstream answers no ranges. Throws `gate.upstream`. */
  range(
    file: ListedFile,
    part: { readonly start: number; readonly end: number },
  ): Promise<Uint8Array | undefined>
  /** The `.metadata` beside the file; undefined where there is none. Throws `gate.upstream`. */
  metadata(file: ListedFile): Promise<Uint8Array | undefined>
}
