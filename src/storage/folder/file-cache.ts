import { lutimes, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  baseErrors,
  describeError,
  readCapped,
  sha256Hex,
  WheelsealError,
  type ByteRange,
  type Clock,
  type Entropy,
  type Log,
} from '../../base/index.ts'
import type { CachedBlob, FileCache } from '../../gate/index.ts'
import { syncFolder } from '../../host/index.ts'
import { compared, readRange, sizeOf } from './blobs.ts'
import { beginIncoming, type Keeping } from './file-cache-incoming.ts'
import {
  createIndex,
  createSmallFiles,
  type CachedFile,
  type CacheIndex,
  type SmallFiles,
} from './file-cache-index.ts'
import { openFolder } from './file-cache-folder.ts'
import { sayingWhy, type Reserve } from './reserve.ts'

export interface FileCacheOptions {
  /** Made where it is missing. One process may have it open. */
  readonly folder: string
  readonly maxBytes: number
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly reserve?: Reserve
  /** Of small files; 32 MiB where it is left out. */
  readonly maxMemoryBytes?: number
}

const DIGEST = /^[0-9a-f]{64}$/
const SMALL_BYTES = 256 * 1024
const MEMORY_BYTES = 32 << 20
/** Between opening a file and reading it. */
const HELD_MS = 60_000
/** A use is written down at most so often; what a crash loses of that changes only who goes first. */
const USE_WRITTEN_MS = 60_000

interface Cache extends FileCacheOptions {
  readonly index: CacheIndex
  readonly small: SmallFiles
  /** Folders whose names are durable, or will be. */
  readonly folders: Map<string, Promise<void>>
  /** One after the other: no file gets its name while one of the same digest is being removed. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * Files as `FOLDER/ab/abcd…`, their owner's only, until together they have more than `maxBytes`; then those go that were
 * used longest ago. What arrives stands in `FOLDER/tmp` until its commit; what a crash left there is removed here. The
 * order of use is that of the files' times. Nothing is followed that is a link.
 */
export async function createFileCache(options: FileCacheOptions): Promise<FileCache> {
  const found = await openFolder(options.folder)
  const cache: Cache = {
    ...options,
    index: createIndex(),
    small: createSmallFiles(options.maxMemoryBytes ?? MEMORY_BYTES),
    folders: new Map(found.folders.map((name) => [name, Promise.resolve()])),
    inTurn: createTurns(),
  }
  for (const file of found.files) cache.index.add(file)
  await cache.inTurn(() => evict(cache))
  return {
    open: (sha256, sizeBytes) => sayingWhy(() => openFile(cache, sha256, sizeBytes)),
    inMemory: (sha256, sizeBytes) => inMemoryNow(cache, sha256, sizeBytes),
    begin: () => {
      const temporary = join(options.folder, 'tmp', options.entropy.uuid())
      const place: Keeping['place'] = (sha256, sizeBytes) =>
        placeFile(cache, temporary, { sha256, sizeBytes })
      return beginIncoming({ temporary, reserve: options.reserve, clock: options.clock, place })
    },
    remove: async (sha256) => {
      const file = cache.index.find(sha256)
      if (file !== undefined) await removeFile(cache, file)
    },
    usage: () => ({ files: cache.index.files, bytes: cache.index.bytes, maxBytes: options.maxBytes }),
  }
}

function createTurns(): Cache['inTurn'] {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}

function pathOf({ folder }: Cache, sha256: string): string {
  return join(folder, sha256.slice(0, 2), sha256)
}

/** The bytes are durable; the name is when it resolves. */
async function placeFile(
  cache: Cache,
  temporary: string,
  file: Pick<CachedFile, 'sha256' | 'sizeBytes'>,
): Promise<string> {
  const path = pathOf(cache, file.sha256)
  await folderOf(cache, file.sha256.slice(0, 2))
  await cache.inTurn(async () => {
    await rename(temporary, path)
    cache.index.add({ ...file, readers: 0, heldUntilMs: 0, writtenUseMs: cache.clock.nowMs() })
    await evict(cache)
  })
  await syncFolder(dirname(path))
  return path
}

function folderOf({ folder, folders }: Cache, name: string): Promise<void> {
  const making = folders.get(name) ?? makeFolderIn(folder, name)
  folders.set(name, making)
  // The next one tries anew.
  return making.catch((error: unknown) => {
    folders.delete(name)
    throw error
  })
}

async function makeFolderIn(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true, mode: 0o700 })
  await syncFolder(folder)
}

/** In its turn. All are forgotten before the first is removed: nobody opens what is going. */
async function evict(cache: Cache): Promise<void> {
  const going = cache.index.tooMuch(cache.maxBytes, cache.clock.nowMs())
  for (const file of going) forget(cache, file)
  for (const file of going) await unlink(cache, file)
}

function removeFile(cache: Cache, file: CachedFile): Promise<void> {
  return cache.inTurn(async () => {
    if (forget(cache, file)) await unlink(cache, file)
  })
}

/** False where another stands in its place, or none. */
function forget(cache: Cache, file: CachedFile): boolean {
  const isForgotten = cache.index.remove(file)
  if (isForgotten) cache.small.remove(file.sha256)
  return isForgotten
}

/** Whoever reads it goes on. What cannot be removed is not counted until the next start finds it. */
async function unlink(cache: Cache, { sha256 }: CachedFile): Promise<void> {
  try {
    await rm(pathOf(cache, sha256), { force: true })
  } catch (error) {
    cache.log.failure('cache.not-removed', error, { sha256 })
  }
}

async function openFile(cache: Cache, sha256: string, sizeBytes?: number): Promise<CachedBlob | undefined> {
  const file = DIGEST.test(sha256) ? cache.index.find(sha256) : undefined
  if (file === undefined || (sizeBytes !== undefined && sizeBytes !== file.sizeBytes)) return undefined
  const nowMs = cache.clock.nowMs()
  cache.index.use(file)
  // From now on, and not after the first wait, it is nothing that may go.
  file.heldUntilMs = nowMs + HELD_MS
  const kept = cache.small.find(sha256)
  if (kept === undefined && !(await stands(cache, file))) return undefined
  if (nowMs - file.writtenUseMs >= USE_WRITTEN_MS) await writeUse(cache, file, nowMs)
  if (kept !== undefined) return inMemory(kept)
  return file.sizeBytes <= SMALL_BYTES ? openSmall(cache, file) : onDisk(cache, file)
}

/** What `openFile` finds after no wait. */
function inMemoryNow(cache: Cache, sha256: string, sizeBytes?: number): Uint8Array | undefined {
  const file = cache.index.find(sha256)
  if (file === undefined || (sizeBytes !== undefined && sizeBytes !== file.sizeBytes)) return undefined
  if (cache.clock.nowMs() - file.writtenUseMs >= USE_WRITTEN_MS) return undefined
  const bytes = cache.small.find(sha256)
  if (bytes !== undefined) cache.index.use(file)
  return bytes
}

/** As long as it was. What is not is removed, and comes again from where it came. */
async function stands(cache: Cache, file: CachedFile): Promise<boolean> {
  if ((await sizeOf(pathOf(cache, file.sha256))) === file.sizeBytes) return true
  await removeFile(cache, file)
  return false
}

async function writeUse(cache: Cache, file: CachedFile, nowMs: number): Promise<void> {
  file.writtenUseMs = nowMs
  try {
    await lutimes(pathOf(cache, file.sha256), nowMs / 1000, nowMs / 1000)
  } catch (error) {
    cache.log.event('cache.use-not-written', { reason: describeError(error) }, 'warn')
  }
}

function inMemory(bytes: Uint8Array): CachedBlob {
  return {
    size: bytes.length,
    bytes,
    stream: async function* stream(range) {
      const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)
      if (part.length > 0) yield part
    },
  }
}

/** Compared once, when it is read from the disk. */
async function openSmall(cache: Cache, file: CachedFile): Promise<CachedBlob | undefined> {
  const all = { start: 0, end: file.sizeBytes - 1 }
  const bytes = await readCapped(readRange(pathOf(cache, file.sha256), all), SMALL_BYTES)
  if (sha256Hex(bytes) === file.sha256) {
    cache.small.keep(file.sha256, bytes)
    return inMemory(bytes)
  }
  const error = baseErrors('base.blob-damaged', `the kept file with sha256 ${file.sha256} is damaged`)
  cache.log.failure('blob.damaged', error, { sha256: file.sha256 })
  await removeFile(cache, file)
  return undefined
}

function onDisk(cache: Cache, file: CachedFile): CachedBlob {
  return { size: file.sizeBytes, stream: (range) => readFile(cache, file, range) }
}

async function* readFile(cache: Cache, file: CachedFile, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const path = pathOf(cache, file.sha256)
  const all = { start: 0, end: file.sizeBytes - 1 }
  const isAll = range === undefined || (range.start === 0 && range.end >= all.end)
  file.readers += 1
  try {
    yield* isAll ? compared(readRange(path, all), file.sha256, cache.log) : readRange(path, range)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'base.blob-damaged') await removeFile(cache, file)
    throw error
  } finally {
    file.readers -= 1
    if (cache.index.bytes > cache.maxBytes) await cache.inTurn(() => evict(cache))
  }
}
