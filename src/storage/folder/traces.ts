import { constants } from 'node:fs'
import { mkdir, open, stat, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Traces } from '../../pipelines/index.ts'
import { sayingWhy } from './reserve.ts'
import { syncFolder, withFile } from '../../host/index.ts'

const CHUNK_BYTES = 64 << 10
/** Jobs per folder: no folder grows with all that was ever run. */
const JOBS_PER_FOLDER = 1000

/** Logs of jobs as files `FOLDER/3/3001.log`. `folder` must exist; one process may write. */
export function createFolderTraces(folder: string): Traces {
  const queues = new Map<number, Promise<unknown>>()
  const path = (jobId: number): string => traceFile(folder, jobId)
  return {
    append: (jobId, start, bytes) =>
      inTurn(queues, jobId, () => sayingWhy(() => appendDurably(path(jobId), start, bytes))),
    size: (jobId) => sizeOf(path(jobId)),
    read: (jobId, start) => readFrom(path(jobId), start),
    remove: (jobId) => inTurn(queues, jobId, () => removeDurably(path(jobId))),
  }
}

/** Where `createFolderTraces(folder)` keeps the log of a job, for people. */
export function traceFile(folder: string, jobId: number): string {
  return join(folder, String(Math.floor(jobId / JOBS_PER_FOLDER)), `${jobId}.log`)
}

/** Appends to one log are done one after the other: each must see the size that the one before it left. */
async function inTurn<T>(
  queues: Map<number, Promise<unknown>>,
  jobId: number,
  work: () => Promise<T>,
): Promise<T> {
  const before = queues.get(jobId) ?? Promise.resolve()
  const result = before.then(work, work)
  const settled = result.catch(() => undefined)
  queues.set(jobId, settled)
  try {
    return await result
  } finally {
    if (queues.get(jobId) === settled) queues.delete(jobId)
  }
}

async function appendDurably(path: string, start: number, bytes: Uint8Array): Promise<number> {
  const size = await sizeOf(path)
  if (size !== start || bytes.length === 0) return size === 0 ? size : syncedSize(path)
  if (size === 0) await createDurably(path)
  return withFile(await open(path, constants.O_WRONLY | constants.O_NOFOLLOW), async (handle) => {
    await writeAll(handle, bytes, start)
    await handle.datasync()
    return start + bytes.length
  })
}

/** What is there may come from an append that was cut before its sync, and this answer acknowledges it. */
async function syncedSize(path: string): Promise<number> {
  return withFile(await open(path, constants.O_WRONLY | constants.O_NOFOLLOW), async (handle) => {
    await handle.datasync()
    return (await handle.stat()).size
  })
}

/** A new file is durable only when the folders that name it are; its bytes are synced when they are there. */
async function createDurably(path: string): Promise<void> {
  const parent = dirname(path)
  await mkdir(parent, { recursive: true, mode: 0o700 })
  const flags = constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW
  await (await open(path, flags, 0o600)).close()
  await syncFolder(parent)
  await syncFolder(dirname(parent))
}

async function removeDurably(path: string): Promise<void> {
  try {
    await unlink(path)
    await syncFolder(dirname(path))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

async function* readFrom(path: string, start: number): AsyncGenerator<Uint8Array> {
  const handle = await openIfThere(path)
  if (handle === undefined) return
  try {
    let position = start
    for (;;) {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
