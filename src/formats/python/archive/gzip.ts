import { crc32 } from 'node:zlib'
import type { Source } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'
import { inflate } from './inflate.ts'
import { LIMITS, unpackedTooMuch } from './limits.ts'
import { rangeOf } from './zip.ts'
import { fieldsOf } from './zip-records.ts'

const FIXED_BYTES = 10
const TRAILER_BYTES = 8
/** FNAME and FCOMMENT, which are texts with a NUL at their end; FTEXT says nothing that anybody reads. */
const NAME_FLAG = 0x08
const COMMENT_FLAG = 0x10
const ALLOWED_FLAGS = 0x01 | NAME_FLAG | COMMENT_FLAG

/**
 * The content of a gzip file (RFC 1952) of exactly one member, which is all of the file: readers stop at the end of the
 * first member, or read on, or pass over what follows. Throws `distribution.structure`, `distribution.extra-bytes`,
 * `distribution.content`, `distribution.feature`, `distribution.too-large`.
 */
export async function* gunzip(source: Source): AsyncGenerator<Uint8Array> {
  const headerBytes = await readHeader(source)
  const bodyBytes = source.size - headerBytes
  const { chunks, usedBytes } = inflate(rangeOf(source, headerBytes, bodyBytes))
  let [sum, unpacked] = [0, 0]
  for await (const chunk of chunks) {
    unpacked += chunk.length
    const problem = unpackedTooMuch(unpacked, source.size)
    if (problem !== undefined) throw distributionErrors('distribution.too-large', problem)
    sum = crc32(chunk, sum)
    yield chunk
  }
  await checkTrailer(source, headerBytes + usedBytes(), { sum, unpacked })
}

async function readHeader(source: Source): Promise<number> {
  const bytes = await source.read(0, Math.min(source.size, LIMITS.maxGzipHeaderBytes))
  const fields = fieldsOf(bytes)
  if (bytes.length < FIXED_BYTES || fields.getUint16(0, true) !== 0x8b1f || bytes[2] !== 8)
    throw distributionErrors('distribution.structure', 'the file is not gzip')
  const flags = bytes[3] ?? 0
  if ((flags & ~ALLOWED_FLAGS) !== 0)
    throw distributionErrors('distribution.feature', `the gzip header has the flags 0x${flags.toString(16)}`)
  let length = FIXED_BYTES
  for (const flag of [NAME_FLAG, COMMENT_FLAG]) {
    if ((flags & flag) === 0) continue
    const end = bytes.indexOf(0, length)
    if (end < 0) throw distributionErrors('distribution.structure', 'the gzip header is cut off or too long')
    length = end + 1
  }
  return length
}

interface Content {
  readonly sum: number
  readonly unpacked: number
}

async function checkTrailer(source: Source, at: number, { sum, unpacked }: Content): Promise<void> {
  const left = source.size - at
  if (left < TRAILER_BYTES) throw distributionErrors('distribution.structure', 'the gzip file is cut off')
  const fields = fieldsOf(await source.read(at, TRAILER_BYTES))
  if (fields.getUint32(0, true) !== sum || fields.getUint32(4, true) !== unpacked % 2 ** 32)
    throw distributionErrors(
      'distribution.content',
      'the gzip content has another size or checksum than announced',
    )
  if (left > TRAILER_BYTES)
    throw distributionErrors(
      'distribution.extra-bytes',
      `${left - TRAILER_BYTES} bytes follow the end of the gzip member`,
    )
}
