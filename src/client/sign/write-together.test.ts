import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { targetsOf } from './targets.ts'
import { checkWritable, writeTogether, type Output } from './write-together.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-sign-'))
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)
const written = (...names: readonly string[]): Promise<readonly string[]> =>
  Promise.all(names.map((name) => readFile(at(name), 'utf8')))

const outputsOf = (...names: readonly string[]): readonly Output[] =>
  names.map((name) => [at(name), utf8(`new ${name}`)])

describe('writeTogether', () => {
  it('writes all of them, over those that are there', async () => {
    await writeFile(at('a'), 'old')
    await writeTogether([outputsOf('a', 'b'), outputsOf('c')])
    expect(await readdir(folder)).toEqual(['a', 'b', 'c'])
    expect(await written('a', 'b', 'c')).toEqual(['new a', 'new b', 'new c'])
  })

  it('gives new files the mode that is asked for', async () => {
    await writeFile(at('a'), 'old')
    await writeTogether([outputsOf('a')], { mode: 0o600 })
    expect((await stat(at('a'))).mode & 0o777).toBe(0o600)
  })

  it('gives back what was there when the last one cannot get its name', async () => {
    await writeFile(at('a'), 'old')
    await mkdir(at('c'))
    await expect(writeTogether([outputsOf('a', 'b'), outputsOf('c')])).rejects.toMatchObject({
      code: 'client.sign-write',
      message: expect.stringContaining('is a folder'),
    })
    expect(await readdir(folder)).toEqual(['a', 'c'])
    expect(await written('a')).toEqual(['old'])
  })

  it('leaves nothing behind when one cannot be written at all', async () => {
    await writeFile(at('a'), 'old')
    const outputs: readonly Output[] = [...outputsOf('a', 'b'), [join(folder, 'nowhere', 'c'), utf8('c')]]
    await expect(writeTogether([outputs])).rejects.toMatchObject({ code: 'client.sign-write' })
    expect(await readdir(folder)).toEqual(['a'])
    expect(await written('a')).toEqual(['old'])
  })

  it.each(Array.from({ length: 9 }, (_each, renames) => renames))(
    'leaves no group with files of two calls when it is killed after %i renames',
    async (renames) => {
      const groups = [['a.sig', 'a.crt'], ['b.crt'], ['c.sig', 'c.crt']]
      for (const name of groups.flat()) await writeFile(at(name), `old ${name}`)
      await writeUntilKilled(groups, renames)
      const ages = await Promise.all(groups.map((names) => Promise.all(names.map(ageOf))))
      const isWhole = (group: readonly string[]): boolean => new Set(group).size === 1 && group[0] !== 'gone'
      for (const group of ages) expect(new Set(group.filter((age) => age !== 'gone')).size).toBeLessThan(2)
      expect(ages.filter((group) => !isWhole(group)).length).toBeLessThan(2)
    },
  )
})

/** As a process that is gone: nothing of it happens any more. */
async function writeUntilKilled(groups: readonly (readonly string[])[], renames: number): Promise<void> {
  let left = renames
  await new Promise<void>((killed, failed) => {
    const stopping = async (from: string, to: string): Promise<void> => {
      if (left === 0) {
        killed()
        await new Promise(() => undefined)
      }
      left -= 1
      await rename(from, to)
    }
    writeTogether(
      groups.map((names) => outputsOf(...names)),
      { rename: stopping },
    ).then(killed, failed)
  })
}

async function ageOf(name: string): Promise<string> {
  const text = await readFile(at(name), 'utf8').catch(() => 'gone')
  return text.split(' ')[0] ?? ''
}

describe('checkWritable', () => {
  it('makes the folder that is asked for, and accepts files that are there', async () => {
    checkWritable([join(folder, 's', 'a')], join(folder, 's'))
    await writeFile(at('a'), 'old')
    expect(() => checkWritable([at('a'), join(folder, 's', 'a')], undefined)).not.toThrow()
  })

  it.each([
    ['a folder that is not there', () => [join(folder, 'nowhere', 'a')]],
    ['a file in place of the folder', () => [join(folder, 'file', 'a')]],
    ['a folder in place of the file', () => [join(folder, 'taken')]],
  ])('refuses %s', async (_what, paths) => {
    await writeFile(at('file'), '')
    await mkdir(at('taken'))
    expect(() => checkWritable(paths(), undefined)).toThrow(
      expect.objectContaining({ code: 'client.sign-write' }),
    )
  })
})

describe('targetsOf', () => {
  const endings = ['.sigstore.json', '.sig'] as const

  it('leaves out the seals of files that are named too, and no others', () => {
    const files = [
      'd/a',
      'd/a.sig',
      './d/a.crt',
      'd/a.sigstore.json',
      'd/a.slsa.attestation',
      'd/b.sig',
      'd/sig',
    ]
    expect(targetsOf({ files }, endings).map(({ path }) => path)).toEqual(['d/a', 'd/b.sig', 'd/sig'])
  })

  it('puts seals beside their files, or in one folder', () => {
    const places = (folderName: string): object[] =>
      endings.map((ending) => ({ ending, path: `${folderName}/a${ending}` }))
    expect(targetsOf({ files: ['d/a'] }, endings)).toEqual([
      { path: 'd/a', fileName: 'a', places: places('d') },
    ])
    expect(targetsOf({ files: ['d/a'], bundleFolder: 's' }, endings)).toEqual([
      { path: 'd/a', fileName: 'a', places: places('s') },
    ])
  })

  it('refuses two seals at one place, and more files than it can hold', () => {
    const refused = expect.objectContaining({ code: 'client.sign-flags', exit: 2 })
    expect(() => targetsOf({ files: ['d/a', 'e/a'], bundleFolder: 's' }, endings)).toThrow(refused)
    expect(() => targetsOf({ files: ['d/a', 'e/../d/a'] }, endings)).toThrow(refused)
    expect(() => targetsOf({ files: ['d/a', 's/a.sig'], bundleFolder: 's' }, endings)).toThrow(refused)
    const many = Array.from({ length: 10_001 }, (_each, index) => `${index}`)
    expect(() => targetsOf({ files: many }, endings)).toThrow(refused)
  })
})
