import type { Blob } from '../base/index.ts'

/** Bytes on their way in. One writer; readers may follow what has arrived. */
export interface Incoming {
  /** Resolves when the bytes can be read. Throws `storage.full`. */
  write(part: Uint8Array): Promise<void>
  /** What has arrived from `start` on, at most to `end` (exclusive), read back from the disk. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
  /** Digest and size of all that was written. */
  state(): { readonly sha256: string; readonly sizeBytes: number }
  /** Keeps the bytes under their digest: fsync, rename. */
  commit(): Promise<void>
  /** Leaves nothing behind; safe after `commit`. */
  discard(): Promise<void>
}

/** Files by SHA-256 that may be gone at any time: the ones asked for longest ago go first when there is no more room. */
export interface FileCache {
  /** Undefined for what is not kept. Counts as a use. An open blob can be read to its end, evicted or not. */
  open(sha256: string, sizeBytes?: number): Promise<Blob | undefined>
  begin(): Promise<Incoming>
  remove(sha256: string): Promise<void>
  usage(): { readonly files: number; readonly bytes: number; readonly maxBytes: number }
}
