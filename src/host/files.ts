import { createReadStream } from 'node:fs'
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { baseErrors, describeError, readCapped, type Files } from '../base/index.ts'
import { hostErrors } from './errors.ts'

/** Hashing a large file is a third faster than with the 64 KiB that Node takes, and no slower than openssl. */
const PART_BYTES = 256 << 10

export const systemFiles: Files = {
  read: (path, maxBytes) => naming(path, () => readWhole(path, maxBytes)),
  stream: readStream,
  exists: async (path, kind) => {
    const found = await stat(path).catch(() => undefined)
    return kind === undefined ? found !== undefined : found?.isFile() === true
  },
  writeAtomic: (path, bytes, mode = 0o644) => naming(path, () => writeDurably(path, bytes, mode)),
  remove: (path) => naming(path, () => rm(path, { force: true })),
}

async function readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path)
  if (size > maxBytes) {
    throw baseErrors('base.too-large', `${path} has ${size} bytes, ${maxBytes} are allowed`)
  }
  // Capped again: devices have no size, and a file may grow.
  return readCapped(createReadStream(path), maxBytes)
}

async function* readStream(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: PART_BYTES })
  } catch (error) {
    throw named(path, error)
  }
}

async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeSynced(temporary, bytes, mode)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeSynced(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await withFile(await open(path, 'wx', mode), async (handle) => {
    await handle.writeFile(bytes)
    await handle.sync()
  })
}

/** A rename is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  await withFile(await open(path, 'r'), (handle) => handle.sync())
}

async function withFile<T>(handle: FileHandle, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw named(path, error)
  }
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  return hostErrors('host.file', `${path}: ${describeError(error)}`, { cause: error })
}
