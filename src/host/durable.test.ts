import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder, replaceFile } from './durable.ts'

let root: string

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'wheelseal-folder-')))
})
afterEach(() => rm(root, { recursive: true }))

describe('makeFolder', () => {
  it('makes what is missing, its owner only, and gives the uppermost', async () => {
    expect(await makeFolder(join(root, 'a', 'b', 'c'))).toBe(join(root, 'a'))
    expect((await stat(join(root, 'a', 'b', 'c'))).mode & 0o777).toBe(0o700)
  })

  it('gives nothing where nothing was missing', async () => {
    expect(await makeFolder(root)).toBeUndefined()
  })

  it('ends for a relative path too', async () => {
    expect(await makeFolder(relative(process.cwd(), join(root, 'a', 'b')))).toBe(join(root, 'a'))
    expect(await makeFolder(`${relative(process.cwd(), root)}/x/`)).toBe(join(root, 'x'))
  })
})

describe('replaceFile', () => {
  const content = { bytes: new Uint8Array([1]), mode: 0o600 }

  it('leaves nothing behind where the file cannot have its name', async () => {
    await mkdir(join(root, 'a', 'b'), { recursive: true })
    const temporary = join(root, '.a.tmp')
    await expect(replaceFile(join(root, 'a'), { ...content, temporary })).rejects.toThrow('EISDIR')
    expect(await readdir(root)).toEqual(['a'])
  })

  it('never writes through what stands under the temporary name', async () => {
    await writeFile(join(root, 'other'), 'kept')
    await symlink('other', join(root, '.a.tmp'))
    const temporary = join(root, '.a.tmp')
    await expect(replaceFile(join(root, 'a'), { ...content, temporary })).rejects.toThrow('EEXIST')
    expect(await readFile(join(root, 'other'), 'utf8')).toBe('kept')
  })
})
