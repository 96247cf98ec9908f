import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utf8, type Blobs } from '../../base/index.ts'
import { systemEntropy } from '../../host/index.ts'
import { describeBlobs } from './blobs.contract.ts'
import { openFolderBlobs } from './blobs.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-blobs-'))
})
afterAll(() => rm(root, { recursive: true }))

async function makeBlobs(): Promise<{ folder: string; blobs: Blobs }> {
  const folder = await mkdtemp(join(root, 'blobs-'))
  return { folder, blobs: await openFolderBlobs(folder, systemEntropy) }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text)
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'

describeBlobs('folder', async () => (await makeBlobs()).blobs)

describe('openFolderBlobs', () => {
  it('keeps a file by its digest, for its owner only, and nothing else', async () => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    expect(await filesOf(folder)).toEqual([`sha256/2c/${HELLO.slice(2)}`])
    const modes = await Promise.all(
      ['sha256', 'sha256/2c', 'tmp', `sha256/2c/${HELLO.slice(2)}`].map(
        async (path) => (await stat(join(folder, path))).mode & 0o777,
      ),
    )
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600])
  })

  it('leaves nothing behind of what was too large, cut off, or discarded', async () => {
    const { folder, blobs } = await makeBlobs()
    await expect(blobs.stage(once('hello'), 4)).rejects.toThrow(/4 bytes/)
    await (await blobs.stage(once('hello'), 5)).discard()
    expect(await filesOf(folder)).toEqual([])
  })

  it('removes at its start what a crash left uncommitted, and keeps what was committed', async () => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    await blobs.stage(once('half'), 5)
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1)
    const reopened = await openFolderBlobs(folder, systemEntropy)
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect((await reopened.open(HELLO))?.size).toBe(5)
  })
})
