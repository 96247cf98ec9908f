import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { targetsOf } from './targets.ts'
import { writeTogether } from './write-together.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-sign-'))
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)
const written = (...names: readonly string[]): Promise<readonly string[]> =>
  Promise.all(names.map((name) => readFile(at(name), 'utf8')))

describe('writeTogether', () => {
  it('writes all of them, over those that are there', async () => {
    await writeFile(at('a'), 'old')
    await writeTogether(
      [
        [at('a'), utf8('1')],
        [at('b'), utf8('2')],
      ],
      systemFiles,
    )
    expect(await readdir(folder)).toEqual(['a', 'b'])
    expect(await written('a', 'b')).toEqual(['1', '2'])
  })

  it('gives back what was there when the last one cannot get its name', async () => {
    await writeFile(at('a'), 'old')
    // The third is not there when names are given.
    const files = {
      ...systemFiles,
      writeAtomic: async (path: string, bytes: Uint8Array) => {
        if (bytes[0] !== 0x33) await systemFiles.writeAtomic(path, bytes)
      },
    }
    const failure = writeTogether(
      [
        [at('a'), utf8('1')],
        [at('b'), utf8('2')],
        [at('c'), utf8('3')],
      ],
      files,
    )
    await expect(failure).rejects.toMatchObject({ code: 'app.sign-write' })
    expect(await readdir(folder)).toEqual(['a'])
    expect(await written('a')).toEqual(['old'])
  })
})

describe('targetsOf', () => {
  const plan = { forms: 'bundle and legacy' } as const

  it('leaves out the seals of files that are named too, and no others', () => {
    const files = ['d/a', 'd/a.sig', './d/a.crt', 'd/a.sigstore.json', 'd/b.sig', 'd/sig']
    expect(targetsOf({ ...plan, files }).map(({ path }) => path)).toEqual(['d/a', 'd/b.sig', 'd/sig'])
  })

  it('puts seals beside their files, or in one folder', () => {
    expect(targetsOf({ ...plan, files: ['d/a'] })).toEqual([
      {
        path: 'd/a',
        bundle: 'd/a.sigstore.json',
        legacy: { signature: 'd/a.sig', certificate: 'd/a.crt' },
      },
    ])
    expect(targetsOf({ forms: 'bundle', files: ['d/a'], bundleFolder: 's' })).toEqual([
      { path: 'd/a', bundle: 's/a.sigstore.json' },
    ])
  })

  it('refuses two seals at one place, and more files than it can hold', () => {
    const refused = expect.objectContaining({ code: 'app.sign-flags', exit: 2 })
    expect(() => targetsOf({ ...plan, files: ['d/a', 'e/a'], bundleFolder: 's' })).toThrow(refused)
    expect(() => targetsOf({ ...plan, files: ['d/a', 'e/../d/a'] })).toThrow(refused)
    expect(() => targetsOf({ ...plan, files: ['d/a', 's/a.sig'], bundleFolder: 's' })).toThrow(refused)
    const many = Array.from({ length: 10_001 }, (_each, index) => `${index}`)
    expect(() => targetsOf({ ...plan, files: many })).toThrow(refused)
  })
})
