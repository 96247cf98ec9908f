import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SDIST, WHEEL } from './arrange.ts'
import { digestOf, placeTogether, type BuiltFile } from './place.ts'

let base: string
let output: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'wheelseal-place-'))
  output = join(base, 'out')
  await mkdir(output)
  for (const name of [WHEEL, SDIST]) await writeFile(join(base, name), name)
})
afterEach(() => rm(base, { recursive: true }))

const files = async (): Promise<readonly BuiltFile[]> => {
  const built = async (kind: 'wheel' | 'sdist', fileName: string): Promise<BuiltFile> => ({
    kind,
    fileName,
    path: join(base, fileName),
    ...(await digestOf(join(base, fileName))),
  })
  return [await built('sdist', SDIST), await built('wheel', WHEEL)]
}

describe('the output folder', () => {
  it('gets all files, also if it is a new one of any depth', async () => {
    await placeTogether(await files(), join(base, 'deep', 'out'))
    expect(await readdir(join(base, 'deep', 'out'))).toEqual([WHEEL, SDIST])
    expect(await readFile(join(base, 'deep', 'out', WHEEL), 'utf8')).toBe(WHEEL)
  })

  it('gets nothing when one file of that name has other bytes', async () => {
    await writeFile(join(output, WHEEL), 'other')
    await expect(placeTogether(await files(), output)).rejects.toMatchObject({
      code: 'packaging.other-bytes-here',
      message: expect.stringContaining(WHEEL),
    })
    expect(await readdir(output)).toEqual([WHEEL])
    expect(await readFile(join(output, WHEEL), 'utf8')).toBe('other')
  })

  it('keeps a file that has these bytes, and gets the one that is missing', async () => {
    await writeFile(join(output, WHEEL), WHEEL)
    await placeTogether(await files(), output)
    expect(await readdir(output)).toEqual([WHEEL, SDIST])
  })

  it('is as it was when a name is taken while the first file gets its own', async () => {
    const [sdist, wheel] = await files()
    if (sdist === undefined || wheel === undefined) throw new Error('no files')
    // The second of one name: what another program put there in the meantime.
    await expect(placeTogether([sdist, wheel, wheel], output)).rejects.toMatchObject({
      code: 'packaging.output',
    })
    expect(await readdir(output)).toEqual([])
  })

  it('is named where it cannot be one', async () => {
    await writeFile(join(base, 'file'), '')
    await expect(placeTogether(await files(), join(base, 'file'))).rejects.toMatchObject({
      code: 'packaging.output',
      message: expect.stringContaining(join(base, 'file')),
    })
  })
})
