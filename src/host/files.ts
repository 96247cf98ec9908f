import { statSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { baseErrors, readCapped, systemReason, type Files } from '../base/index.ts'
import { replaceFile } from './durable.ts'
import { hostErrors } from './errors.ts'
import { closeInput, openInput, partsOf, type Input } from './input.ts'

/** How a file is opened, and how what is open is read. */
export interface Way {
  readonly open: (path: string) => Promise<Input>
  /** To its end, once; closes it. */
  readonly parts: (input: Input) => AsyncIterable<Uint8Array>
}

export const systemFiles: Files = createFiles({ open: openInput, parts: partsOf })

export function createFiles(way: Way): Files {
  return {
    read: (path, maxBytes) => naming(path, async () => readWhole(await way.open(path), { maxBytes, ...way })),
    readIfThere: (path, maxBytes, kind) =>
      naming(path, () => absentAs(undefined, () => readKind(path, kind, { maxBytes, ...way }))),
    stream: (path) => streamOf(path, way),
    exists: async (path) => (await stat(path).catch(() => undefined)) !== undefined,
    writeAtomic: (path, bytes, mode = 0o644) => naming(path, () => writeAtomic(path, bytes, mode)),
    remove: (path) => naming(path, () => rm(path, { force: true })),
  }
}

type Reading = Way & { readonly maxBytes: number }

/** Capped also while it is read: pipes and devices have no size, and a file may grow. */
function readWhole(input: Input, { maxBytes, parts }: Reading): Promise<Uint8Array> {
  const { path, stats } = input
  if (!stats.isFile() || stats.size <= maxBytes) return readCapped(copied(parts(input)), maxBytes)
  closeInput(input)
  throw baseErrors('base.too-large', `${path} has ${stats.size} bytes; the limit is ${maxBytes}`)
}

/** Their memory is used again. */
async function* copied(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield Uint8Array.from(part)
}

async function readKind(
  path: string,
  kind: 'regular file' | undefined,
  reading: Reading,
): Promise<Uint8Array | undefined> {
  // Opening alone does something to some devices, and to who waits at a pipe. What counts is what was opened then.
  if (kind !== undefined && !statSync(path).isFile()) return undefined
  const input = await reading.open(path)
  if (kind === undefined || input.stats.isFile()) return readWhole(input, reading)
  closeInput(input)
  return undefined
}

const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

async function absentAs<T, U>(absent: U, work: () => Promise<T>): Promise<T | U> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(error.code)) return absent
    throw error
  }
}

async function* streamOf(path: string, { open: opened, parts }: Way): AsyncGenerator<Uint8Array> {
  try {
    yield* parts(await opened(path))
  } catch (error) {
    throw named(path, error)
  }
}

async function writeAtomic(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  await replaceFile(path, { bytes, mode, temporary })
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
  return hostErrors('host.file', `${path}: ${systemReason(error)}`, { cause: error })
}
