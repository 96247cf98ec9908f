/**
 * The only way in which the log touches a disk, so that the crash simulator in `crash/` sees everything. Paths are
 * relative to the log's folder. A rejection is never tried again: the log is poisoned by it.
 */
export interface LogFiles {
  /** Names in a folder, in any order; none when the folder is missing. */
  list(folder: string): Promise<readonly string[]>
  /** A new, empty file; rejects when there is one. The name is durable after `syncFolder`. */
  create(path: string): Promise<LogFile>
  /** Up to `length` bytes, fewer at the end of the file. */
  read(path: string, offset: number, length: number): Promise<Uint8Array>
  /** In bytes. */
  size(path: string): Promise<number>
  /** The folder and those above it, durable when it resolves. */
  makeFolder(path: string): Promise<void>
  /** Takes the place of what stands under the new name. */
  rename(from: string, to: string): Promise<void>
  /** A missing file is fine. */
  remove(path: string): Promise<void>
  syncFolder(path: string): Promise<void>
}

export interface LogFile {
  append(bytes: Uint8Array): Promise<void>
  /** All bytes appended so far are durable when it resolves. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Leads from a key to the leaves that have it. Derived from the leaves and rebuilt from them when it is gone: what it
 * says is believed only when the leaf bears it out.
 */
export interface KeyIndex {
  /** Every leaf below it is indexed. */
  mark(): Promise<number>
  /** All rows and the new mark, or nothing. May be lost again by a crash, mark and rows together. */
  add(rows: readonly KeyRow[], mark: number): Promise<void>
  /** Ascending, at most `limit`, none below `from`. */
  find(key: Uint8Array, range: { readonly from: number; readonly limit: number }): Promise<readonly number[]>
}

export interface KeyRow {
  /** 16 bytes. */
  readonly key: Uint8Array
  readonly index: number
}

/**
 * Where the newest head is kept outside of the log's folder, so that a folder which was put back from a backup is
 * noticed (tlog-scale 6.2).
 */
export interface Anchor {
  newest(): Promise<TreeHead | undefined>
  /** Survives the end of the process when it resolves. */
  keep(head: TreeHead): Promise<void>
}

export interface TreeHead {
  readonly size: number
  readonly root: Uint8Array
}
