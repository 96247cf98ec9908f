import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { baseErrors, type Clock } from '../../base/index.ts'
import type { Incoming } from '../../gate/index.ts'
import { passBuffer } from '../../host/index.ts'
import { sayingWhy, type Reserve } from './reserve.ts'

const CHUNK_BYTES = 256 * 1024
/** While a file arrives, its disk is looked at once for so many bytes. */
const CHECKED_BYTES = 4 << 20

export interface Keeping {
  readonly temporary: string
  readonly reserve: Reserve | undefined
  readonly clock: Clock
  /** Gives the file its name; the bytes are durable. Resolves with its path. */
  readonly place: (sha256: string, sizeBytes: number) => Promise<string>
}

/** One descriptor, which the writer has until the end and each reader while it reads; the last one closes it. */
interface Arriving {
  readonly handle: FileHandle
  readonly hash: Hash
  users: number
  sizeBytes: number
  uncheckedBytes: number
  /** Where it stands after the commit. */
  path: string | undefined
  isOver: boolean
}

export async function beginIncoming(keeping: Keeping): Promise<Incoming> {
  await keeping.reserve?.check()
  const handle = await sayingWhy(() => open(keeping.temporary, 'wx+', 0o600))
  const arriving: Arriving = {
    handle,
    hash: createHash('sha256'),
    users: 1,
    sizeBytes: 0,
    uncheckedBytes: 0,
    path: undefined,
    isOver: false,
  }
  return {
    write: (part) => sayingWhy(() => write(arriving, part, keeping.reserve)),
    read: (start, end) => read(arriving, start, end),
    state: () => stateOf(arriving),
    commit: () => sayingWhy(() => commit(arriving, keeping)),
    discard: async () => {
      if (arriving.isOver) return
      await finish(arriving)
      await rm(keeping.temporary, { force: true })
    },
  }
}

function stateOf({ hash, sizeBytes }: Arriving): ReturnType<Incoming['state']> {
  return { sha256: hash.copy().digest('hex'), sizeBytes }
}

/** A part that fails is not there: what was written of it stands behind the end, and the next one over it. */
async function write(arriving: Arriving, part: Uint8Array, reserve: Reserve | undefined): Promise<void> {
  if (arriving.isOver) throw new Error('nothing can be written after commit and discard')
  if (arriving.uncheckedBytes + part.length >= CHECKED_BYTES) {
    await reserve?.check()
    arriving.uncheckedBytes = 0
  }
  for (let written = 0; written < part.length;) {
    const at = arriving.sizeBytes + written
    const { bytesWritten } = await arriving.handle.write(part, written, part.length - written, at)
    written += bytesWritten
  }
  arriving.hash.update(part)
  arriving.uncheckedBytes += part.length
  arriving.sizeBytes += part.length
  passBuffer(part)
}

async function* read(arriving: Arriving, start: number, end: number): AsyncGenerator<Uint8Array> {
  const handle = await handleOf(arriving)
  try {
    for (let at = start; at < Math.min(end, arriving.sizeBytes);) {
      const length = Math.min(CHUNK_BYTES, end - at, arriving.sizeBytes - at)
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, at)
      if (bytesRead === 0) throw baseErrors('base.truncated', `a file that arrived ends at byte ${at}`)
      at += bytesRead
      passBuffer(buffer)
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await (handle === arriving.handle ? release(arriving) : handle.close())
  }
}

/** That of the writer while it is open; it is counted before anybody else can close it. */
async function handleOf(arriving: Arriving): Promise<FileHandle> {
  const { users, path, handle } = arriving
  if (arriving.isOver && path === undefined) throw new Error('nothing can be read after discard')
  if (users === 0 && path !== undefined)
    return sayingWhy(() => open(path, constants.O_RDONLY | constants.O_NOFOLLOW))
  arriving.users += 1
  return handle
}

async function release(arriving: Arriving): Promise<void> {
  arriving.users -= 1
  if (arriving.users === 0) await arriving.handle.close()
}

async function finish(arriving: Arriving): Promise<void> {
  arriving.isOver = true
  await release(arriving)
}

async function commit(arriving: Arriving, { place, clock }: Keeping): Promise<void> {
  if (arriving.path !== undefined) return
  if (arriving.isOver) throw new Error('nothing can be committed after discard')
  const nowSeconds = clock.nowMs() / 1000
  await arriving.handle.utimes(nowSeconds, nowSeconds)
  await arriving.handle.sync()
  const { sha256, sizeBytes } = stateOf(arriving)
  arriving.path = await place(sha256, sizeBytes)
  await finish(arriving)
}
