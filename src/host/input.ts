import {
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  read,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises'
import { hostErrors } from './errors.ts'
import { steadyMs } from './steady.ts'

/** Hashing a large file is a third faster than with the 64 KiB that Node takes, and no slower than openssl. */
const PART_BYTES = 512 << 10

const MIN_PART_BYTES = 16 << 10

/** How long a pipe may have nobody at its other end. Somebody who writes slowly has all the time there is. */
const WRITER_WAIT_MS = 5000

/** Opening a pipe for reading waits for whoever writes, without end, in a thread that nothing can stop. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** A file that is open for its one reading: what is known of it is of this descriptor, and not of the path. */
export interface Input {
  readonly path: string
  readonly descriptor: number
  readonly stats: Stats
}

export async function openInput(path: string): Promise<Input> {
  const descriptor = await promisify(open)(path, READ_ONLY)
  return { path, descriptor, stats: await promisify(fstat)(descriptor) }
}

/** Without a thread. */
export function openInputNow(path: string): Input {
  const descriptor = openSync(path, READ_ONLY)
  return { path, descriptor, stats: fstatSync(descriptor) }
}

export function closeInput({ descriptor }: Input): void {
  closeSync(descriptor)
}

/** To its end, once; closes it. The memory of a part is used again for the next but one. */
export async function* partsOf(input: Input): AsyncGenerator<Uint8Array> {
  if (!isWaiting(input)) {
    try {
      yield* readAhead(input)
    } finally {
      closeInput(input)
    }
  } else if (isatty(input.descriptor)) {
    const { ReadStream } = await import('node:tty')
    yield* new ReadStream(input.descriptor)
  } else yield* readPipe(input)
}

/** Whether reading waits for somebody else: at a pipe, or at a terminal. */
export function isWaiting({ stats, descriptor }: Input): boolean {
  return stats.isFIFO() || (stats.isCharacterDevice() && isatty(descriptor))
}

/** Two parts in turn: while one is hashed, the other is read into. */
async function* readAhead({ descriptor, stats }: Input): AsyncGenerator<Uint8Array> {
  const length = partBytes(stats)
  let [now, later] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)]
  let next = readInto(descriptor, now)
  try {
    for (;;) {
      const part = await next
      if (part.length === 0) return
      next = readInto(descriptor, later)
      yield part
      ;[now, later] = [later, now]
    }
  } finally {
    // Whoever stops half-way closes the file, which no read may be under way in.
    await next.catch(() => undefined)
  }
}

/** No more memory than a small file needs; files of /proc have no size and are not empty. */
export function partBytes({ size }: Stats): number {
  return Math.min(PART_BYTES, Math.max(size + 1, MIN_PART_BYTES))
}

const readAsync = promisify(read)

function readInto(descriptor: number, memory: Buffer): Promise<Uint8Array> {
  const reading = readAsync(descriptor, memory, 0, memory.length, null).then(({ bytesRead }) =>
    memory.subarray(0, bytesRead),
  )
  // It is awaited only when the part before it has been used; until then a failure is nobody's.
  reading.catch(() => undefined)
  return reading
}

/** Between two looks at a pipe that has nothing yet: at first at once, then longer and longer. */
const LONGEST_WAIT_MS = 16
const PIPE_PART_BYTES = 64 << 10

/**
 * The descriptor does not wait, so a read tells three things apart: bytes; that a writer has none yet; that no writer has
 * the pipe open, which is its end, or its beginning where none has come.
 */
async function* readPipe({ path, descriptor }: Input): AsyncGenerator<Uint8Array> {
  const deadline = steadyMs() + WRITER_WAIT_MS
  let hasWriter = isUnnamed(descriptor)
  let waitMs = 0
  try {
    for (;;) {
      const part = readNoWait(descriptor)
      if (part === undefined) hasWriter = true
      else if (part.length > 0) {
        hasWriter = true
        waitMs = 0
        yield part
        continue
      } else if (hasWriter) return
      else if (steadyMs() > deadline)
        throw hostErrors('host.pipe', `${path} is a named pipe without a writer`)
      await (waitMs === 0 ? immediately() : sleep(waitMs))
      waitMs = Math.min(2 * waitMs + 1, LONGEST_WAIT_MS)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** A pipe that a shell made has had its writer from the beginning: nothing in it is its end. */
function isUnnamed(descriptor: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('pipe:')
  } catch {
    return false
  }
}

/** Undefined where a writer has written nothing yet. */
function readNoWait(descriptor: number): Uint8Array | undefined {
  const part = Buffer.allocUnsafeSlow(PIPE_PART_BYTES)
  try {
    return part.subarray(0, readSync(descriptor, part))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined
    throw error
  }
}
