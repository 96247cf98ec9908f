import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  baseErrors,
  describeError,
  type Blob,
  type Blobs,
  type ByteRange,
  type Entropy,
  type Log,
  type StagedBlob,
} from '../../base/index.ts'
import { passBuffer, syncFolder, withFile } from '../../host/index.ts'

const CHUNK_BYTES = 256 * 1024
const DIGEST = /^[0-9a-f]{64}$/

/**
 * Blobs as files `FOLDER/sha256/ab/cdef…`, their owner's only. What arrives stands in `FOLDER/tmp` until its commit;
 * what a crash left there is removed here. One process may open a folder.
 */
export async function openFolderBlobs(
  folder: string,
  { entropy, log }: { readonly entropy: Entropy; readonly log: Log },
): Promise<Blobs> {
  await makeFolders(folder)
  await emptyFolder(join(folder, 'tmp'))
  return {
    stage: (bytes, maxBytes) =>
      stage({ folder, temporary: join(folder, 'tmp', entropy.uuid()) }, bytes, maxBytes),
    open: (sha256, size) => openBlob({ folder, log }, sha256, size),
  }
}

/** Reads next to the process that has the folder open, and removes nothing. */
export function readFolderBlobs(folder: string, { log }: { readonly log: Log }): Pick<Blobs, 'open'> {
  return { open: (sha256, size) => openBlob({ folder, log }, sha256, size) }
}

interface Place {
  readonly folder: string
  readonly temporary: string
}

async function stage(place: Place, bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedBlob> {
  const discard = (): Promise<void> => rm(place.temporary, { force: true })
  try {
    const arrived = await receive(place.temporary, bytes, maxBytes)
    return {
      ...arrived,
      read: (offset, length) => readPart(place.temporary, offset, length),
      commit: () => commit(place, arrived.sha256),
      discard,
    }
  } catch (error) {
    await discard()
    throw error
  }
}

async function receive(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  await withFile(await open(path, 'wx', 0o600), async (handle) => {
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > maxBytes) throw baseErrors('base.too-large', `larger than the limit of ${maxBytes} bytes`)
      hash.update(chunk)
      await handle.writeFile(chunk)
      passBuffer(chunk)
    }
  })
  return { sha256: hash.digest('hex'), size }
}

/** Each part opens the file anew: what is staged holds no descriptor, however long it waits. */
async function readPart(path: string, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let at = 0
  await withFile(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW), async (handle) => {
    while (at < length) {
      const { bytesRead } = await handle.read(bytes, at, length - at, offset + at)
      if (bytesRead === 0)
        throw baseErrors(
          'base.truncated',
          `the file ends ${length - at} bytes before byte ${offset + length}`,
        )
      at += bytesRead
    }
  })
  return bytes
}

/** Bytes, then the folder, then the name in it: each is durable before the next is begun. */
async function commit({ folder, temporary }: Place, sha256: string): Promise<void> {
  const path = pathOf(folder, sha256)
  await withFile(await open(temporary, 'r+'), (handle) => handle.sync())
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Also where it stood already: another commit may have made it and not have synced it yet.
  await syncFolder(join(folder, 'sha256'))
  // Over equal bytes this changes nothing, and a reader of the old file keeps it.
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

async function openBlob(
  { folder, log }: { readonly folder: string; readonly log: Log },
  sha256: string,
  size: number,
): Promise<Blob | undefined> {
  if (!DIGEST.test(sha256)) return undefined
  const path = pathOf(folder, sha256)
  const found = await sizeOf(path)
  if (found === undefined) return undefined
  if (found !== size) throw damaged(sha256, wrongSize(found, size))
  const all = { start: 0, end: size - 1 }
  const isAll = (range: ByteRange): boolean => range.start === 0 && range.end >= all.end
  // A part has no digest of its own: whoever puts parts together compares the whole.
  return {
    size,
    stream: (range = all) =>
      isAll(range) ? compared(readRange(path, all), sha256, log) : readRange(path, range),
  }
}

function wrongSize(found: number, size: number): string {
  return found < 0 ? 'it is not a regular file' : `it has ${found} bytes instead of ${size}`
}

function damaged(sha256: string, reason: string): Error {
  return baseErrors('base.blob-damaged', `the stored file with sha256 ${sha256} is damaged: ${reason}`)
}

/** A part late: when the last one is handed on, all of it was hashed. */
export async function* compared(
  bytes: AsyncIterable<Uint8Array>,
  sha256: string,
  log: Log,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let last: Uint8Array | undefined
  for await (const part of bytes) {
    hash.update(part)
    if (last !== undefined) yield last
    last = part
  }
  if (hash.digest('hex') !== sha256) {
    const error = damaged(sha256, 'its digest differs')
    // Whoever reads has its answer begun already, and can only be cut off.
    log.failure('blob.damaged', error, { sha256 })
    throw error
  }
  if (last !== undefined) yield last
}

/** What is wrong with a blob, found by reading all of it; undefined when nothing is. */
export async function blobDamage(
  folder: string,
  { sha256, size }: { readonly sha256: string; readonly size: number },
): Promise<string | undefined> {
  const path = pathOf(folder, sha256)
  try {
    const found = await sizeOf(path)
    if (found === undefined) return 'it is missing'
    if (found !== size) return wrongSize(found, size)
    const hash = createHash('sha256')
    for await (const part of readRange(path, { start: 0, end: size - 1 })) hash.update(part)
    return hash.digest('hex') === sha256 ? undefined : 'its digest differs'
  } catch (error) {
    return `it cannot be read: ${describeError(error)}`
  }
}

/** Ends before `range` does where the file does. Follows no link. */
export async function* readRange(path: string, range: ByteRange): AsyncGenerator<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    let position = range.start
    while (position <= range.end) {
      const length = Math.min(CHUNK_BYTES, range.end - position + 1)
      // Only what was read into it is handed on.
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position)
      if (bytesRead === 0) return
      position += bytesRead
      passBuffer(buffer)
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** Undefined for what is not there, -1 for what is no file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path)
    // A link or a folder was not made here; no stored file has that size.
    return found.isFile() ? found.size : -1
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function pathOf(folder: string, sha256: string): string {
  return join(folder, 'sha256', sha256.slice(0, 2), sha256.slice(2))
}

async function makeFolders(folder: string): Promise<void> {
  await mkdir(join(folder, 'sha256'), { recursive: true, mode: 0o700 })
  await mkdir(join(folder, 'tmp'), { recursive: true, mode: 0o700 })
  await syncFolder(folder)
  await syncFolder(dirname(folder))
}

export async function emptyFolder(path: string): Promise<void> {
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true })
}

export interface RemovedBlobs {
  readonly files: number
  readonly bytes: number
}

/** Removes every blob but those with the digests of `kept`. No process may have the folder open. */
export async function removeBlobs(folder: string, kept: ReadonlySet<string>): Promise<RemovedBlobs> {
  let [files, bytes] = [0, 0]
  const root = join(folder, 'sha256')
  for (const begin of await readdir(root))
    for (const rest of await readdir(join(root, begin))) {
      const sha256 = begin + rest
      if (!DIGEST.test(sha256) || kept.has(sha256)) continue
      const path = join(root, begin, rest)
      bytes += Math.max(0, (await sizeOf(path)) ?? 0)
      files += 1
      await rm(path)
    }
  return { files, bytes }
}
