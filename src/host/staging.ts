import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { systemReason } from '../base/index.ts'
import { syncMade, writeSynced } from './durable.ts'
import { hostErrors } from './errors.ts'

/** `.wheelseal-fetch-PID-RANDOM`: whose it is, so that the next run knows whether that one still goes on. */
const LEFT_OVER = /^\.wheelseal-fetch-([0-9]+)-[A-Za-z0-9]+$/
const DAY_MS = 24 * 3_600_000

/**
 * A private folder in which files are made that may turn out not to be wanted, in the folder where they are to be, so
 * that they come there by a rename. One that a killed run left is removed by the next.
 */
export interface Staging {
  /** Writes the parts and hands them on, in one pass. Whole and durable once the last was taken; throws `host.file`. */
  through(name: string, parts: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Each of them atomically, in this order, over what is there; all durable when it resolves. */
  place(names: readonly string[]): Promise<void>
  /** Leaves nothing behind but what was placed, nor an empty folder that it made. */
  end(): Promise<void>
}

/** Of this process, which may have several at once. */
const own = new Set<string>()

/** Throws `host.file`. */
export async function openStaging(out: string): Promise<Staging> {
  const whole = resolve(out)
  return naming(whole, async () => {
    const made = await mkdir(whole, { recursive: true })
    await removeLeftOvers(whole)
    // Of its owner alone: mkdtemp makes it so.
    const folder = await mkdtemp(join(whole, `.wheelseal-fetch-${process.pid}-`))
    own.add(folder)
    return stagingIn(folder, { out: whole, made })
  })
}

interface Place {
  readonly out: string
  /** The uppermost folder that was made. */
  readonly made: string | undefined
}

function stagingIn(folder: string, place: Place): Staging {
  const at = (name: string): string => join(folder, name)
  return {
    through: (name, parts) => through(at(name), parts),
    write: (name, bytes) => naming(at(name), () => writeSynced(at(name), bytes, 0o644)),
    place: async (names) => {
      for (const name of names)
        await naming(join(place.out, name), () => rename(at(name), join(place.out, name)))
      await naming(place.out, () => syncMade(place.out, place.made))
    },
    end: () => naming(folder, () => end(folder, place)),
  }
}

async function* through(path: string, parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const file = await naming(path, () => open(path, 'wx', 0o644))
  try {
    for await (const part of parts) {
      await naming(path, () => writeAll(file, part))
      yield part
    }
    await naming(path, () => file.sync())
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length;) {
    const { bytesWritten } = await file.write(part, at, part.length - at, null)
    at += bytesWritten
  }
}

async function end(folder: string, { out, made }: Place): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  if (made === undefined) return
  for (let empty = out; empty.length >= made.length; empty = dirname(empty)) {
    const isRemoved = await rmdir(empty).then(
      () => true,
      () => false,
    )
    if (!isRemoved) return
  }
}

async function removeLeftOvers(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    const pid = LEFT_OVER.exec(name)?.[1]
    if (pid !== undefined && (await isOver(join(out, name), Number(pid))))
      await rm(join(out, name), { recursive: true, force: true })
  }
}

/** That of this process was of another, which had its number; one of another machine, on a shared disk, is known by its age. */
async function isOver(path: string, pid: number): Promise<boolean> {
  if (own.has(path)) return false
  if (pid === process.pid || !isRunning(pid)) return true
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && Date.now() - stats.mtimeMs > DAY_MS
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw hostErrors('host.file', `${path}: ${systemReason(error)}`, { cause: error })
  }
}
