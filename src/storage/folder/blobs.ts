import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  baseErrors,
  type Blob,
  type Blobs,
  type ByteRange,
  type Entropy,
  type StagedBlob,
} from '../../base/index.ts'
import { syncFolder, withFile } from './sync.ts'

const CHUNK_BYTES = 256 * 1024
const DIGEST = /^[0-9a-f]{64}$/

/**
 * Blobs as files `FOLDER/sha256/ab/cdef…`, their owner's only. What arrives stands in `FOLDER/tmp` until its commit;
 * what a crash left there is removed here. One process may open a folder.
 */
export async function openFolderBlobs(folder: string, entropy: Entropy): Promise<Blobs> {
  await makeFolders(folder)
  await emptyFolder(join(folder, 'tmp'))
  return {
    stage: (bytes, maxBytes) =>
      stage({ folder, temporary: join(folder, 'tmp', entropy.uuid()) }, bytes, maxBytes),
    open: (sha256) => openBlob(folder, sha256),
  }
}

interface Place {
  readonly folder: string
  readonly temporary: string
}

async function stage(place: Place, bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedBlob> {
  const discard = (): Promise<void> => rm(place.temporary, { force: true })
  try {
    const arrived = await receive(place.temporary, bytes, maxBytes)
    return { ...arrived, commit: () => commit(place, arrived.sha256), discard }
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
      if (size > maxBytes)
        throw baseErrors('base.too-large', `more than the ${maxBytes} bytes that are allowed`)
      hash.update(chunk)
      await handle.writeFile(chunk)
    }
  })
  return { sha256: hash.digest('hex'), size }
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

async function openBlob(folder: string, sha256: string): Promise<Blob | undefined> {
  if (!DIGEST.test(sha256)) return undefined
  const path = pathOf(folder, sha256)
  const size = await sizeOf(path)
  return size === undefined ? undefined : { size, stream: (range) => read(path, range) }
}

async function* read(
  path: string,
  range: ByteRange = { start: 0, end: Infinity },
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    let position = range.start
    while (position <= range.end) {
      const length = Math.min(CHUNK_BYTES, range.end - position + 1)
      const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
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

async function emptyFolder(path: string): Promise<void> {
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true })
}
