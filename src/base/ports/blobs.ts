import type { Source } from './files.ts'

/** Bytes that have arrived whole. They can be read until they are committed or discarded, to judge them before. */
export interface StagedBlob extends Source {
  /** Lower-case hex of the bytes that arrived. */
  readonly sha256: string
  /** Durable under its digest when it resolves: temporary name, fsync, rename, fsync of the folder. Equal bytes twice is fine. */
  commit(): Promise<void>
  /** Leaves nothing behind. Safe after a failed `commit`. */
  discard(): Promise<void>
}

export interface ByteRange {
  readonly start: number
  /** Inclusive, as in RFC 9110 §14.1.2. */
  readonly end: number
}

export interface Blob {
  readonly size: number
  /**
   * The whole ends with `base.blob-damaged`, and without its last part, where the bytes are not those of the digest: who
   * counts them never takes a damaged blob for a whole one. A range is not compared.
   */
  stream(range?: ByteRange): AsyncIterable<Uint8Array>
}

/**
 * Immutable bytes by SHA-256, streamed and never buffered. Never overwrites; safe to call concurrently. A blob is
 * visible only after `commit`; what a crash leaves uncommitted is removed at the next start.
 */
export interface Blobs {
  /** Throws `base.too-large` above `maxBytes`, after discarding what had arrived. */
  stage(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedBlob>
  /** Undefined for what was never stored. Throws `base.blob-damaged` where it has another size than it was stored with. */
  open(sha256: string, size: number): Promise<Blob | undefined>
}
