import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { foldersAbove } from './folders-above.ts'

let top: string
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'wheelseal-above-'))
  await mkdir(join(top, 'a/b/c'), { recursive: true })
})
afterEach(() => rm(top, { recursive: true }))

const at = (...names: readonly string[]): string => join(top, ...names)
const above = (home = '/nowhere'): readonly string[] => foldersAbove(at('a/b/c'), home)

describe('the folders above', () => {
  it('end before the folder for temporary files of everybody', () => {
    expect(above()).toEqual([at('a/b/c'), at('a/b'), at('a'), top])
    expect(foldersAbove(tmpdir(), '/nowhere')).toEqual([])
  })

  it('end with the repository, be its .git a folder or a file', async () => {
    await mkdir(at('a/.git'))
    expect(above()).toEqual([at('a/b/c'), at('a/b'), at('a')])
    await writeFile(at('a/b/.git'), 'gitdir: elsewhere')
    expect(above()).toEqual([at('a/b/c'), at('a/b')])
  })

  it('end with the home', () => {
    expect(above(at('a'))).toEqual([at('a/b/c'), at('a/b'), at('a')])
  })

  it('end before a folder in which everybody may make files, where nobody can remove those of others', async () => {
    await chmod(at('a/b'), 0o1777)
    expect(above()).toEqual([at('a/b/c')])
    await chmod(at('a/b'), 0o777)
    expect(above()).toHaveLength(4)
  })

  it.runIf(process.getuid?.() === 0)('end before a folder of another owner', async () => {
    await chown(at('a'), 12_345, 12_345)
    expect(above()).toEqual([at('a/b/c'), at('a/b')])
  })

  it('are none where there is no folder to begin with', () => {
    expect(foldersAbove(at('none'), '/nowhere')).toEqual([])
  })
})
