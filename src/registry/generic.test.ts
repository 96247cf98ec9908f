import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Project } from '../access/index.ts'
import { sha256Hex, utf8 } from '../base/index.ts'
import { silentLog, systemEntropy } from '../host/index.ts'
import { openFolderBlobs } from '../storage/folder/blobs.ts'
import { createGenericStore } from '../storage/sql/registry-generic.ts'
import { createPackagesStore } from '../storage/sql/registry-packages.ts'
import { createRegistryStore, registryMigrations } from '../storage/sql/registry.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createRegistry, type GenericUpload, type Registry, type RegistryStore } from './index.ts'

const PROJECT: Project = {
  id: 20,
  path: 'g/p',
  name: 'p',
  namespaceId: 1,
  namespacePath: 'g',
  visibility: 'private',
  defaultBranch: 'main',
}
const PLACE = { name: 'p', version: '1.0.0', fileName: 'notes.txt' }
const SIDE = { ...PLACE, fileName: 'p-1.0.0.tar.gz.sig' }
const TAKEN = { code: 'registry.generic-taken' }

let folder: string
let store: RegistryStore
let registry: Registry
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-generic-'))
  const database = await openDatabase(':memory:', registryMigrations)
  store = createRegistryStore(database)
  registry = createRegistry({
    store,
    generic: createGenericStore(database),
    packages: createPackagesStore(database),
    blobs: await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog }),
    clock: { nowMs: () => 1000, sleep: async () => undefined },
    limits: { maxGenericFileBytes: 8 },
  })
  return async () => {
    await database.destroy()
    await rm(folder, { recursive: true })
  }
})

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text)
}
const put = (text: string, changes: Partial<GenericUpload> = {}) =>
  registry.generic.put(PROJECT, { ...PLACE, ...changes, bytes: once(text) })

async function storedCount(): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

const deleteFile = (id: number) => store.changeFile(id, { deletedAtMs: 5 }, { atMs: 5 })

describe('a generic file', () => {
  it('takes its own bytes again and no others', async () => {
    const first = await put('one')
    expect(await put('one')).toEqual({ file: first.file, isNew: false })
    await expect(put('two')).rejects.toMatchObject({
      ...TAKEN,
      message: expect.stringMatching(
        /^Duplicate package is not allowed: p\/1\.0\.0\/notes\.txt has/,
      ) as string,
    })
    expect(await registry.generic.find(PROJECT, PLACE)).toEqual(first.file)
    expect(await storedCount()).toBe(1)
  })

  it('that was deleted is not served, takes its own bytes again and no others', async () => {
    const { file } = await put('one')
    await deleteFile(file.id)
    expect(await registry.generic.find(PROJECT, PLACE)).toBeUndefined()
    await expect(put('two')).rejects.toMatchObject({
      ...TAKEN,
      message: expect.stringContaining('was deleted and had') as string,
    })
    const again = await put('one')
    expect(again).toMatchObject({ isNew: true, file: { sha256: file.sha256, deletedAtMs: null } })
    expect(await registry.generic.find(PROJECT, PLACE)).toEqual(again.file)
  })

  it('is refused where the client says another digest, and kept where it says this one', async () => {
    await expect(put('one', { sha256Digest: sha256Hex('two') })).rejects.toMatchObject({
      code: 'registry.digest-mismatch',
    })
    await expect(put('one', { sha256Digest: 'abc' })).rejects.toMatchObject({ code: 'registry.form' })
    expect(await storedCount()).toBe(0)
    expect((await put('one', { sha256Digest: sha256Hex('one').toUpperCase() })).isNew).toBe(true)
  })

  it('belongs to one project', async () => {
    await put('one')
    expect(await registry.generic.find({ ...PROJECT, id: 21 }, PLACE)).toBeUndefined()
  })

  it('lets one of two have a name for which they race', async () => {
    const both = await Promise.allSettled([put('one'), put('two')])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('in a folder is kept under one name, whichever way its slash is written', async () => {
    const { file } = await put('one', { fileName: 'docs/api/index.json' })
    expect(file.fileName).toBe('docs%2Fapi%2Findex.json')
    const place = { ...PLACE, fileName: 'docs/api/index.json' }
    expect(await registry.generic.find(PROJECT, place)).toEqual(file)
    await expect(put('two', { fileName: 'docs/api/index.json' })).rejects.toMatchObject(TAKEN)
  })
})

describe('the side files of a distribution', () => {
  it('are kept each, and the newest that is not deleted is served', async () => {
    const [first, second] = [await put('one', SIDE), await put('two', SIDE)]
    expect([first.isNew, second.isNew]).toEqual([true, true])
    expect(await registry.generic.find(PROJECT, SIDE)).toEqual(second.file)
    await deleteFile(second.file.id)
    expect(await registry.generic.find(PROJECT, SIDE)).toEqual(first.file)
    expect(await storedCount()).toBe(2)
  })

  it('are no others: what only looks like one is kept once', async () => {
    for (const fileName of ['notes.txt.sig', 'docs/p-1.0.0.tar.gz.sig', 'p-1.0.0.tar.gz.asc', '.sig']) {
      await put('one', { fileName })
      await expect(put('two', { fileName })).rejects.toMatchObject(TAKEN)
    }
  })
})

describe('a project that allows duplicates', () => {
  it('does not until a maintainer says so', async () => {
    expect(await registry.generic.duplicatesAllowed(PROJECT)).toBe(false)
    await registry.generic.setDuplicates(PROJECT, 'allowed')
    expect(await registry.generic.duplicatesAllowed(PROJECT)).toBe(true)
    expect(await registry.generic.duplicatesAllowed({ ...PROJECT, id: 21 })).toBe(false)
  })

  it('keeps each upload and serves the newest, until it refuses them again', async () => {
    await registry.generic.setDuplicates(PROJECT, 'allowed')
    const [first, second] = [await put('one'), await put('two')]
    expect(second.isNew).toBe(true)
    expect(await registry.generic.find(PROJECT, PLACE)).toEqual(second.file)
    await registry.generic.setDuplicates(PROJECT, 'refused')
    await expect(put('one')).rejects.toMatchObject(TAKEN)
    expect(first.file.packageId).toBe(second.file.packageId)
  })
})
