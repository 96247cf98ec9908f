import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDirectory } from './lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** The files of the folder that this process has open. */
async function openFiles(): Promise<readonly string[]> {
  const descriptors = await readdir('/proc/self/fd')
  const paths = await Promise.all(descriptors.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')))
  return paths.filter((path) => path.startsWith(folder))
}

describe('the lock of a directory', () => {
  it('is held by one until it is released, and then by another', () => {
    const first = lockDirectory(folder)
    expect(() => lockDirectory(folder)).toThrow(expect.objectContaining({ code: 'storage.locked' }))
    first.release()
    lockDirectory(folder).release()
  })

  it.runIf(process.platform === 'linux')('that was not had leaves no file open, however often', async () => {
    const first = lockDirectory(folder)
    const attempt = (): void => {
      expect(() => lockDirectory(folder)).toThrow('is in use')
    }
    attempt()
    const open = (await openFiles()).length
    for (let again = 0; again < 5; again += 1) attempt()
    // One of this process stays open while it holds the lock: closing it would drop the lock (fcntl(2)).
    expect(await openFiles()).toHaveLength(open)
    first.release()
    expect(await openFiles()).toEqual([])
  })

  it.runIf(process.platform === 'linux')('leaves no file open where it cannot be a lock', async () => {
    await writeFile(join(folder, 'lock.db'), 'x'.repeat(5000))
    expect(() => lockDirectory(folder)).toThrow(expect.objectContaining({ code: 'storage.lock-file' }))
    expect(await openFiles()).toEqual([])
  })
})
