import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utf8, type Blobs, type Log } from '../../base/index.ts'
import { silentLog, systemEntropy } from '../../host/index.ts'
import { describeBlobs } from './blobs.contract.ts'
import { blobDamage, openFolderBlobs } from './blobs.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-blobs-'))
})
afterAll(() => rm(root, { recursive: true }))

async function makeBlobs(log: Log = silentLog): Promise<{ folder: string; blobs: Blobs }> {
  const folder = await mkdtemp(join(root, 'blobs-'))
  return { folder, blobs: await openFolderBlobs(folder, { entropy: systemEntropy, log }) }
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

  it('gives no byte that is not of the file where it is cut short after it was opened', async () => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    const blob = await blobs.open(HELLO, 5)
    await truncate(join(folder, 'sha256/2c', HELLO.slice(2)), 3)
    const parts: Uint8Array[] = []
    for await (const part of blob?.stream({ start: 1, end: 4 }) ?? []) parts.push(part)
    expect(Buffer.concat(parts).toString()).toBe('el')
  })

  it('removes at its start what a crash left uncommitted, and keeps what was committed', async () => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    await blobs.stage(once('half'), 5)
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1)
    const reopened = await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog })
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect((await reopened.open(HELLO, 5))?.size).toBe(5)
  })

  it.each([
    ['emptied', (path: string) => truncate(path), 'it has 0 bytes instead of 5'],
    ['cut', (path: string) => truncate(path, 3), 'it has 3 bytes instead of 5'],
    ['appended to', (path: string) => appendFile(path, 'x'), 'it has 6 bytes instead of 5'],
    ['a link', relink, 'it is not a regular file'],
    ['a folder', refolder, 'it is not a regular file'],
  ])('refuses a blob that is %s, and says what is wrong', async (_how, damage, reason) => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    await damage(join(folder, 'sha256', '2c', HELLO.slice(2)))
    await expect(blobs.open(HELLO, 5)).rejects.toMatchObject({ code: 'base.blob-damaged', lasts: true })
    expect(await blobDamage(folder, { sha256: HELLO, size: 5 })).toBe(reason)
  })

  it.each([
    ['all of them', undefined],
    ['a range that is all', { start: 0, end: 599_999 }],
  ])(
    'never hands on the last part of bytes that are others, and says so in the log: %s',
    async (_name, range) => {
      lines.length = 0
      const { folder, blobs } = await makeBlobs(said)
      const bytes = new Uint8Array(600_000)
      const staged = await blobs.stage(asStream(bytes), bytes.length)
      await staged.commit()
      const { sha256, size } = staged
      await writeFile(join(folder, 'sha256', sha256.slice(0, 2), sha256.slice(2)), bytes.fill(1, 7, 8))
      const blob = await blobs.open(sha256, size)
      let received = 0
      const reading = async (): Promise<void> => {
        for await (const part of blob!.stream(range)) received += part.length
      }
      await expect(reading()).rejects.toMatchObject({ code: 'base.blob-damaged' })
      expect(received).toBeLessThan(size)
      expect(lines).toEqual(['blob.damaged'])
      expect(await blobDamage(folder, { sha256, size })).toBe('its digest differs')
    },
  )

  it('finds nothing wrong with a whole blob, and says when one is missing', async () => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    expect(await blobDamage(folder, { sha256: HELLO, size: 5 })).toBeUndefined()
    await rm(join(folder, 'sha256', '2c', HELLO.slice(2)))
    expect(await blobDamage(folder, { sha256: HELLO, size: 5 })).toBe('it is missing')
  })

  it('is mended by storing the same bytes again', async () => {
    const { folder, blobs } = await makeBlobs()
    await (await blobs.stage(once('hello'), 5)).commit()
    await truncate(join(folder, 'sha256', '2c', HELLO.slice(2)))
    await (await blobs.stage(once('hello'), 5)).commit()
    expect((await blobs.open(HELLO, 5))?.size).toBe(5)
  })
})

const lines: string[] = []
const said: Log = { ...silentLog, failure: (name) => lines.push(name) }

async function* asStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function relink(path: string): Promise<void> {
  await rename(path, `${path}.other`)
  await symlink(`${path}.other`, path)
}

async function refolder(path: string): Promise<void> {
  await rm(path)
  await mkdir(path)
}
