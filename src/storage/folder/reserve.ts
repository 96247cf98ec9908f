import type { Blobs, StagedBlob } from '../../base/index.ts'
import { storageErrors } from '../errors.ts'

/** Room on a disk that is kept free, so that what is under way can be finished: logs, database, the ends of jobs. */
export interface Reserve {
  /** Throws `storage.full` when less is free: before anything new is begun. */
  check(): Promise<void>
}

export interface ReserveParts {
  readonly freeBytes: () => Promise<number>
  readonly reserveBytes: number
}

/** While a body arrives, its disk is looked at once for so many bytes. */
const CHECKED_BYTES = 4 << 20

export function createReserve({ freeBytes, reserveBytes }: ReserveParts): Reserve {
  let asking: Promise<number> | undefined
  return {
    check: async () => {
      asking ??= freeBytes().finally(() => (asking = undefined))
      const free = await asking
      if (free >= reserveBytes) return
      const [left, kept] = [free, reserveBytes].map((bytes) => `${Math.floor(bytes / (1 << 20))} MiB`)
      throw storageErrors(
        'storage.full',
        `the disk has ${left} free, and ${kept} are reserved for the logs and the database`,
      )
    },
  }
}

/** The same blobs, which take nothing new out of the reserve. Throws `storage.full`, after discarding what had arrived. */
export function withReserve(blobs: Blobs, reserve: Reserve): Blobs {
  return {
    open: (sha256, size) => sayingWhy(() => blobs.open(sha256, size)),
    stage: async (bytes, maxBytes) => {
      await reserve.check()
      const staged = await sayingWhy(() => blobs.stage(watched(bytes, reserve), maxBytes))
      return { ...staged, commit: () => committed(staged) }
    },
  }
}

async function committed(staged: StagedBlob): Promise<void> {
  await sayingWhy(() => staged.commit())
}

async function* watched(bytes: AsyncIterable<Uint8Array>, reserve: Reserve): AsyncGenerator<Uint8Array> {
  let unchecked = 0
  for await (const chunk of bytes) {
    unchecked += chunk.length
    if (unchecked >= CHECKED_BYTES) {
      await reserve.check()
      unchecked = 0
    }
    yield chunk
  }
}

/** What the system refuses becomes `storage.full`, `storage.descriptors` or `storage.broken`; its text names files. */
export async function sayingWhy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause) || !('code' in cause)) throw cause
    const code = String(cause.code)
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw storageErrors('storage.full', `the disk is full (${code})`, { cause })
    if (code === 'EMFILE' || code === 'ENFILE')
      throw storageErrors('storage.descriptors', `too many files are open (${code})`, { cause })
    const fact = `the data directory cannot be used (${code} in ${String(cause.syscall)})`
    throw storageErrors('storage.broken', fact, { cause })
  }
}
