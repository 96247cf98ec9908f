import { createReadStream } from 'node:fs'
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { baseErrors, describeError, readCapped, type Files } from '../base/index.ts'
import { hostErrors } from './errors.ts'

/** Hashing a large file is a third faster than with the 64 KiB that Node takes, and no slower than openssl. */
export const PART_BYTES = 512 << 10

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
    const file = await open(path, 'r')
    try {
      yield* readAhead(file)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw named(path, error)
  }
}

/** Two parts in turn: while one is hashed, the other is read into. */
async function* readAhead(file: FileHandle): AsyncGenerator<Uint8Array> {
  let [now, later] = [Buffer.allocUnsafeSlow(PART_BYTES), Buffer.allocUnsafeSlow(PART_BYTES)]
  let next = readInto(file, now)
  try {
    for (;;) {
      const part = await next
      if (part.length === 0) return
      next = readInto(file, later)
      yield part
      ;[now, later] = [later, now]
    }
  } finally {
    // Whoever stops half-way closes the file, which no read may be under way in.
    await next.catch(() => undefined)
  }
}

function readInto(file: FileHandle, memory: Buffer): Promise<Uint8Array> {
  const reading = file
    .read(memory, 0, memory.length, null)
    .then(({ bytesRead }) => memory.subarray(0, bytesRead))
  // It is awaited only when the part before it has been used; until then a failure is nobody's.
  reading.catch(() => undefined)
  return reading
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

export async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw named(path, error)
  }
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  // Node's text repeats the path, and begins with the name of a number.
  const reason = describeError(error).replace(/^E[A-Z]+: (.+?), [a-z]+\b.*$/s, '$1')
  return hostErrors('host.file', `${path}: ${reason}`, { cause: error })
}
