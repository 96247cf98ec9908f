import { mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { describeTufRepositoryStore } from '../../trust/tuf/store.contract.ts'
import { createFolderTufRepository } from './tuf-repository.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-tuf-'))
})
afterAll(() => rm(folder, { recursive: true }))

const newPlace = async (): Promise<string> => join(await mkdtemp(join(folder, 'case-')), 'tuf')

describeTufRepositoryStore('folder', async () => createFolderTufRepository(await newPlace()))

describe('a repository in a folder', () => {
  it('is plain files, their owner’s only, with nothing temporary beside them', async () => {
    const place = await newPlace()
    const store = createFolderTufRepository(place)
    await Promise.all([1, 2, 3].map((n) => store.write('timestamp.json', utf8(String(n)))))
    await store.write('targets/a.pub', utf8('a'))
    expect((await readdir(place)).toSorted()).toEqual(['targets', 'timestamp.json'])
    expect(await readdir(join(place, 'targets'))).toEqual(['a.pub'])
    expect((await stat(join(place, 'timestamp.json'))).mode & 0o777).toBe(0o600)
    expect(await createFolderTufRepository(place).read('timestamp.json')).toEqual(utf8('3'))
  })

  it('goes on after a crash that left a temporary file', async () => {
    const place = await newPlace()
    const store = createFolderTufRepository(place)
    await store.write('timestamp.json', utf8('old'))
    await writeFile(join(place, '.timestamp.json.tmp'), 'half of a longer one')
    expect(await store.read('.timestamp.json.tmp')).toBeUndefined()
    await store.write('timestamp.json', utf8('new'))
    expect(await store.read('timestamp.json')).toEqual(utf8('new'))
    expect(await readdir(place)).toEqual(['timestamp.json'])
  })

  it.each(['../outside', '.hidden', 'a/b', 'targets/a/b', ''])('writes nothing under %j', async (name) => {
    await expect(createFolderTufRepository(await newPlace()).write(name, utf8('x'))).rejects.toThrow(
      TypeError,
    )
  })

  it('that cannot be read is no internal error', async () => {
    const place = await newPlace()
    const store = createFolderTufRepository(place)
    await store.write('root.json', utf8('x'))
    await rename(join(place, 'root.json'), join(place, 'elsewhere'))
    await symlink('elsewhere', join(place, 'root.json'))
    await expect(store.read('root.json')).rejects.toMatchObject({ code: 'storage.file', status: 503 })
  })

  it('goes on after a write that failed', async () => {
    const place = await newPlace()
    const store = createFolderTufRepository(place)
    await store.write('targets', utf8('a file where a folder is needed'))
    await expect(store.write('targets/a', utf8('a'))).rejects.toThrow('EEXIST')
    await store.write('root.json', utf8('root'))
    expect(await store.read('root.json')).toEqual(utf8('root'))
  })
})
