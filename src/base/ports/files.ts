/** Random access to bytes that need not be in memory. */
export interface Source {
  readonly size: number
  /** Exactly `length` bytes, or throws `base.truncated`. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** The file system as commands need it. Paths are the host's. Errors: `host.file` with the path and the reason. */
export interface Files {
  /** Throws `base.too-large` above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>
  /** A part is good until the next is asked for: its memory is used again. */
  stream(path: string): AsyncIterable<Uint8Array>
  /** Of any kind, or a regular file: whoever reads a pipe waits until somebody writes. */
  exists(path: string, kind?: 'regular file'): Promise<boolean>
  /** Durable and whole, or absent: temporary name, fsync, rename, fsync of the folder. Mode defaults to 0o644. */
  writeAtomic(path: string, bytes: Uint8Array, mode?: number): Promise<void>
  /** Missing files are fine. */
  remove(path: string): Promise<void>
}
