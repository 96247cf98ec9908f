import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAnchorFile } from './anchor.ts'

const head = (size: number) => ({ size, root: new Uint8Array(32).fill(size) })
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-anchor-'))
  path = join(folder, 'state', 'anchor')
})
afterEach(() => rm(folder, { recursive: true }))

async function withAnchor<T>(
  work: (anchor: ReturnType<Awaited<ReturnType<typeof openAnchorFile>>['anchor']>) => Promise<T>,
) {
  const file = await openAnchorFile(path)
  try {
    return await work(file.anchor(0, 'log one'))
  } finally {
    await file.close()
  }
}

describe('an anchor file', () => {
  it('knows no head when it is new', async () => {
    expect(await withAnchor((anchor) => anchor.newest())).toBeUndefined()
  })

  it('gives back the newest head after the process has ended', async () => {
    for (const size of [1, 2, 3, 4])
      await withAnchor(async (anchor) => {
        await anchor.keep(head(size))
      })
    expect(await withAnchor((anchor) => anchor.newest())).toEqual(head(4))
  })

  it('keeps the heads of two logs apart', async () => {
    const file = await openAnchorFile(path)
    await file.anchor(0, 'log one').keep(head(5))
    await file.anchor(1, 'log two').keep(head(9))
    expect(await file.anchor(0, 'log one').newest()).toEqual(head(5))
    expect(await file.anchor(1, 'log two').newest()).toEqual(head(9))
    await file.close()
  })

  it('still has the head before when the newest was cut', async () => {
    await withAnchor(async (anchor) => {
      await anchor.keep(head(6))
      await anchor.keep(head(7))
    })
    const text = await readFile(path, 'utf8')
    const at = text.indexOf('wheelseal-anchor-1 7 ')
    const handle = await open(path, 'r+')
    await handle.write('xxxx', at + 30)
    await handle.close()
    expect(await withAnchor((anchor) => anchor.newest())).toEqual(head(6))
  })

  it('of another log is refused', async () => {
    await withAnchor((anchor) => anchor.keep(head(3)))
    const file = await openAnchorFile(path)
    await expect(file.anchor(0, 'log two').newest()).rejects.toMatchObject({ code: 'storage.anchor' })
    await file.close()
  })

  it('that cannot be opened is refused with its path', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(openAnchorFile(join(folder, 'file', 'anchor'))).rejects.toMatchObject({
      code: 'storage.anchor',
    })
  })
})
