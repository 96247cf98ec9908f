import { crc32 } from 'node:zlib'

/** The stock runner's default. */
export const DEFAULT_LOG_LIMIT_BYTES = 4 << 20

/** The log of one job as the server will have it: masked bytes, only ever appended to. */
export interface Trace {
  append(bytes: Uint8Array): void
  readonly size: number
  slice(start: number, end: number): Uint8Array
  /** `crc32:` and eight lower-case hex digits, over all bytes. */
  checksum(): string
}

const FIRST_BYTES = 64 << 10

/** Keeps no more than `mostBytes`: what comes after them is dropped. */
export function createTrace(mostBytes: number): Trace {
  let bytes: Buffer = Buffer.alloc(Math.min(mostBytes, FIRST_BYTES))
  let size = 0
  let sum = 0

  return {
    append: (more) => {
      const taken = more.subarray(0, mostBytes - size)
      if (size + taken.length > bytes.length) bytes = grown(bytes, size + taken.length, mostBytes)
      bytes.set(taken, size)
      size += taken.length
      sum = crc32(taken, sum)
    },
    get size() {
      return size
    },
    slice: (start, end) => new Uint8Array(bytes.subarray(start, Math.min(end, size))),
    checksum: () => `crc32:${sum.toString(16).padStart(8, '0')}`,
  }
}

function grown(bytes: Buffer, needed: number, most: number): Buffer {
  const larger = Buffer.alloc(Math.min(most, Math.max(needed, bytes.length * 2)))
  bytes.copy(larger)
  return larger
}
