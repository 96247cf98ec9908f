import type { Blob } from '../base/index.ts'

/** Bytes on their way in. One writer, who awaits each write; readers may follow what has arrived. */
export interface Incoming {
  /** Resolves when the bytes can be read. Throws `storage.full`. */
  write(part: Uint8Array): Promise<void>
  /**
   * What has arrived from `start` on, at most to `end` (exclusive), read back from the disk. Who has begun can go on to
   * the end, whatever happens meanwhile; after `discard` nothing can be begun.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>
  /** Digest and size of all that was written. */
  state(): { readonly sha256: string; readonly sizeBytes: number }
  /** Keeps the bytes under their digest: fsync, rename. The newest file stays, also where it alone is too large. */
  commit(): Promise<void>
  /** Leaves nothing behind; safe after `commit`, whose file stays. */
  discard(): Promise<void>
}

export interface CachedBlob extends Blob {
  /** All of it, where it is in memory: its digest was compared, and the same bytes go to many. Never written to. */
  readonly bytes?: Uint8Array
}

/** Files by SHA-256 that may be gone at any time: the ones asked for longest ago go first when there is no more room. */
export interface FileCache {
  /**
   * Undefined for what is not kept, be it that its bytes are damaged or that it has another size than `sizeBytes`. Counts
   * as a use. An open blob can be read to its end, evicted or not, by who begins within a minute.
   */
  open(sha256: string, sizeBytes?: number): Promise<CachedBlob | undefined>
  /**
   * The same bytes at once, where they are in memory and nothing of this use has to be written down; undefined says
   * nothing of what `open` would find.
   */
  inMemory(sha256: string, sizeBytes?: number): Uint8Array | undefined
  /** Throws `storage.full`. */
  begin(): Promise<Incoming>
  remove(sha256: string): Promise<void>
  /** Of the files that are kept, not of what is on its way. */
  usage(): { readonly files: number; readonly bytes: number; readonly maxBytes: number }
}
