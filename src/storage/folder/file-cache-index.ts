/** A file that is kept. */
export interface CachedFile {
  readonly sha256: string
  readonly sizeBytes: number
  /** How many read it now. */
  readers: number
  /** Whoever has opened it may begin to read until then. */
  heldUntilMs: number
  /** What its time on the disk says. */
  writtenUseMs: number
}

/** What is kept, in the order of use: a map gives its keys in the order in which they were put. */
export interface CacheIndex {
  readonly files: number
  readonly bytes: number
  find(sha256: string): CachedFile | undefined
  /** In place of what stood under its digest; as the one that was used last. */
  add(file: CachedFile): void
  use(file: CachedFile): void
  /** False where another stands in its place, or none. */
  remove(file: CachedFile): boolean
  /** Those that were used longest ago, until the others have room; never the last one, and nothing that somebody may read. */
  tooMuch(maxBytes: number, nowMs: number): readonly CachedFile[]
}

export function createIndex(): CacheIndex {
  const files = new Map<string, CachedFile>()
  let bytes = 0
  const remove = (file: CachedFile): boolean => {
    if (files.get(file.sha256) !== file) return false
    bytes -= file.sizeBytes
    return files.delete(file.sha256)
  }
  const put = (file: CachedFile): void => {
    files.set(file.sha256, file)
    bytes += file.sizeBytes
  }
  return {
    get files() {
      return files.size
    },
    get bytes() {
      return bytes
    },
    find: (sha256) => files.get(sha256),
    add: (file) => {
      const before = files.get(file.sha256)
      if (before !== undefined) remove(before)
      put(file)
    },
    use: (file) => {
      if (remove(file)) put(file)
    },
    remove,
    tooMuch: (maxBytes, nowMs) => tooMuch(files, bytes - maxBytes, nowMs),
  }
}

function tooMuch(
  files: ReadonlyMap<string, CachedFile>,
  surplus: number,
  nowMs: number,
): readonly CachedFile[] {
  const going: CachedFile[] = []
  let [left, bytes] = [files.size, surplus]
  for (const file of files.values()) {
    left -= 1
    // All that follow were used later still.
    if (bytes <= 0 || left === 0 || file.heldUntilMs > nowMs) break
    if (file.readers > 0) continue
    going.push(file)
    bytes -= file.sizeBytes
  }
  return going
}

/** Bytes of small files whose digests were compared, the last used ones. */
export interface SmallFiles {
  find(sha256: string): Uint8Array | undefined
  keep(sha256: string, bytes: Uint8Array): void
  remove(sha256: string): void
}

export function createSmallFiles(maxBytes: number): SmallFiles {
  const kept = new Map<string, Uint8Array>()
  let total = 0
  const remove = (sha256: string): void => {
    total -= kept.get(sha256)?.length ?? 0
    kept.delete(sha256)
  }
  const keep = (sha256: string, bytes: Uint8Array): void => {
    remove(sha256)
    kept.set(sha256, bytes)
    total += bytes.length
    for (const oldest of kept.keys()) {
      if (total <= maxBytes) return
      remove(oldest)
    }
  }
  return {
    find: (sha256) => {
      const bytes = kept.get(sha256)
      if (bytes !== undefined) keep(sha256, bytes)
      return bytes
    },
    keep,
    remove,
  }
}
