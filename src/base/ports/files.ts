/** Random access to bytes that need not be in memory. */
export interface Source {
  readonly size: number
  /** Exactly `length` bytes, or throws `base.truncated`. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/**
 * The file system as commands need it. Paths are the host's. Every call opens a file once and reads it once to its end,
 * so that pipes do, too. Errors: `host.file` with the path and the reason; `host.pipe` for one that nobody writes into.
 */
export interface Files {
  /** Throws `base.too-large` above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>
  /**
   * As `read`; undefined where there is nothing of that name. Where nobody named the path, it may be an enemy's pipe or
   * device, which are not opened: then ask for a `regular file`, as which anything else is absent.
   */
  readIfThere(path: string, maxBytes: number, kind?: 'regular file'): Promise<Uint8Array | undefined>
  /** A part is good until the next is asked for: its memory is used again. */
  stream(path: string): AsyncIterable<Uint8Array>
  /** Of any kind. What is read after it may be another one. */
  exists(path: string): Promise<boolean>
  /** Durable and whole, or absent: temporary name, fsync, rename, fsync of the folder. Mode defaults to 0o644. */
  writeAtomic(path: string, bytes: Uint8Array, mode?: number): Promise<void>
  /** Missing files are fine. */
  remove(path: string): Promise<void>
}
