import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'
import { describeError } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import type { PackTarget } from './pack.ts'
import type { SelectedEntry } from './select-files.ts'

/** RFC 1952 §2.3: deflate, with the name of the file; written on Unix. */
const MAGIC = [0x1f, 0x8b, 8, 0b0000_1000]
const UNIX = 3

/**
 * Reports as the stock runner sends them: each file a member of one gzip stream, under its name. Folders and links are
 * left out. Returns the size.
 */
export async function packGzip(
  root: string,
  entries: readonly SelectedEntry[],
  { file, signal }: PackTarget,
): Promise<number> {
  const files = entries.filter(({ stats }) => stats.isFile())
  try {
    const target = createWriteStream(file, { mode: 0o600, flags: 'wx' })
    await pipeline(members(root, files), target, signal === undefined ? {} : { signal })
  } catch (cause) {
    await rm(file, { force: true })
    signal?.throwIfAborted()
    throw runnerErrors('runner.archive', `the report could not be written: ${describeError(cause)}`, {
      cause,
    })
  }
  return (await stat(file)).size
}

async function* members(root: string, entries: readonly SelectedEntry[]): AsyncGenerator<Uint8Array> {
  for (const { path, stats } of entries) {
    yield header(basename(path), stats.mtimeMs)
    const sum = { crc: 0, size: 0 }
    const deflate = createDeflateRaw()
    const fed = pipeline(createReadStream(join(root, path)), counting(sum), deflate)
    // Where reading fails, the loop below ends with it; the failure is told once.
    fed.catch(() => undefined)
    for await (const chunk of deflate) yield chunk as Uint8Array
    await fed
    yield trailer(sum)
  }
}

function counting(sum: { crc: number; size: number }) {
  return async function* count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      sum.crc = crc32(chunk, sum.crc)
      sum.size += chunk.length
      yield chunk
    }
  }
}

function header(name: string, mtimeMs: number): Uint8Array {
  const fixed = Buffer.alloc(10)
  fixed.set(MAGIC)
  fixed.writeUInt32LE(Math.max(0, Math.floor(mtimeMs / 1_000)) % 2 ** 32, 4)
  fixed[9] = UNIX
  return Buffer.concat([fixed, Buffer.from(`${name}\0`, 'utf8')])
}

function trailer({ crc, size }: { readonly crc: number; readonly size: number }): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(crc, 0)
  bytes.writeUInt32LE(size % 2 ** 32, 4)
  return bytes
}
