import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockDirectory } from '../../storage/sqlite/index.ts'

const NAME = /^[1-9][0-9]{0,8}$/

/**
 * A new numbered folder below `parent`. The highest number that is there stays, so that the last run can still be looked
 * at; older ones are removed unless a server uses them.
 */
export async function newDataDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o700 })
  const numbers = (await readdir(parent)).filter((name) => NAME.test(name)).map(Number)
  const last = Math.max(0, ...numbers)
  for (const old of numbers.filter((number) => number < last)) await removeUnused(join(parent, String(old)))
  const path = join(parent, String(last + 1))
  await mkdir(path, { mode: 0o700 })
  return path
}

async function removeUnused(path: string): Promise<void> {
  try {
    const lock = lockDirectory(path)
    await rm(path, { recursive: true }).finally(() => lock.release())
  } catch {
    // Somebody uses it; the next run looks again.
  }
}
