import { crc32 } from 'node:zlib'
import { utf8 } from '../../base/index.ts'

/** The stock runner's default. */
export const DEFAULT_LOG_LIMIT_BYTES = 4 << 20

/** The log of one job as the server will have it: masked bytes, only ever appended to, capped. */
export interface Trace {
  append(bytes: Uint8Array): void
  readonly size: number
  slice(start: number, end: number): Uint8Array
  /** `crc32:` and eight lower-case hex digits, over all bytes. */
  checksum(): string
}

export function createTrace(limitBytes: number = DEFAULT_LOG_LIMIT_BYTES): Trace {
  let bytes: Buffer = Buffer.alloc(Math.min(limitBytes, 64 << 10))
  let size = 0
  let isFull = false

  const push = (more: Uint8Array): void => {
    if (size + more.length > bytes.length) bytes = grown(bytes, size + more.length)
    bytes.set(more, size)
    size += more.length
  }

  return {
    append: (more) => {
      if (isFull) return
      push(more.subarray(0, limitBytes - size))
      if (size < limitBytes) return
      isFull = true
      push(utf8(limitNotice(limitBytes)))
    },
    get size() {
      return size
    },
    slice: (start, end) => new Uint8Array(bytes.subarray(start, Math.min(end, size))),
    checksum: () => `crc32:${crc32(bytes.subarray(0, size)).toString(16).padStart(8, '0')}`,
  }
}

function grown(bytes: Buffer, needed: number): Buffer {
  const larger = Buffer.alloc(Math.max(needed, bytes.length * 2))
  bytes.copy(larger)
  return larger
}

function limitNotice(limitBytes: number): string {
  return (
    `\n\u001B[33;1mJob's log exceeded limit of ${limitBytes} bytes.\n` +
    'Job execution will continue but no more output will be collected.\u001B[0;m\n'
  )
}
