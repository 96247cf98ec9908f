import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { GenericStore, NewGenericFile } from './generic-store.ts'
import type { PackageFilter, PackageOrder, PackagesStore, Slice } from './packages-store.ts'
import type { AddedFile, RegistryStore } from './store.ts'

/** The other stores are there for what they add. */
export type PackagesStores = PackagesStore &
  Pick<GenericStore, 'addBeside'> &
  Pick<RegistryStore, 'addUnique' | 'revision' | 'findUnique'>

const ALL: PackageFilter = { isHidden: false, among: 100 }
const NEWEST: Slice<PackageOrder> = { orderBy: 'created_at', direction: 'desc', offset: 0, limit: 100 }
const BY_ID = { orderBy: 'id', direction: 'asc', offset: 0, limit: 100 } as const

/** What every adapter of PackagesStore promises. */
export function describePackagesStore(name: string, open: () => Promise<TwoHandles<PackagesStores>>): void {
  describe(`packages store: ${name}`, () => {
    let opened: TwoHandles<PackagesStores>
    let store: PackagesStores
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describeLists(() => store)
    describeOne(() => store)
    describeFiles(() => store)
    describeDeletion(() => store)
  })
}

function newFile(name: string, version: string, changes: Partial<NewGenericFile> = {}): NewGenericFile {
  return {
    projectId: 20,
    kind: 'generic',
    name,
    nameKey: name,
    version,
    versionKey: version,
    fileName: 'notes.txt',
    sha256: 'a'.repeat(64),
    size: 7,
    requiresPython: null,
    metadata: null,
    createdAtMs: 1000,
    ...changes,
  }
}

const OTHER = { sha256: 'b'.repeat(64) }

async function addSome(store: PackagesStores): Promise<void> {
  await store.addUnique(newFile('My-Pkg', '1.0', { kind: 'pypi' }), 'sdist')
  await store.addBeside(newFile('tools', '2.0'))
  await store.addBeside(newFile('my.pkg-extras', '1.0'))
  await store.addBeside(newFile('tools', '1.0', { isHidden: true }))
  await store.addBeside(newFile('foreign', '1.0', { projectId: 21 }))
}

function describeLists(store: () => PackagesStores): void {
  const listed = async (filter: Partial<PackageFilter>, slice: Partial<Slice<PackageOrder>> = {}) => {
    const found = await store().list(20, { ...ALL, ...filter }, { ...NEWEST, ...slice })
    return found.map(({ name, version }) => `${name} ${version}`)
  }

  it('lists the packages of a project that are not hidden, the newest first, and counts them', async () => {
    await addSome(store())
    expect(await listed({})).toEqual(['my.pkg-extras 1.0', 'tools 2.0', 'My-Pkg 1.0'])
    expect(await store().count(20, ALL)).toBe(3)
    expect(await store().list(22, ALL, NEWEST)).toEqual([])
    expect(await store().count(22, ALL)).toBe(0)
  })

  it.each([
    [{ kind: 'pypi' }, ['My-Pkg 1.0']],
    [{ name: 'Y_pK' }, ['my.pkg-extras 1.0', 'My-Pkg 1.0']],
    [{ name: 'pk-g' }, []],
    [{ version: '1.0' }, ['my.pkg-extras 1.0', 'My-Pkg 1.0']],
    [{ kind: 'generic', name: 'pkg', version: '1.0' }, ['my.pkg-extras 1.0']],
    [{ isHidden: true }, ['tools 1.0']],
  ] satisfies [Partial<PackageFilter>, string[]][])('lists with the filter %j', async (filter, expected) => {
    await addSome(store())
    expect(await listed(filter)).toEqual(expected)
    expect(await store().count(20, { ...ALL, ...filter })).toBe(expected.length)
  })

  it.each([
    ['created_at', 'asc', ['My-Pkg 1.0', 'tools 2.0', 'my.pkg-extras 1.0']],
    ['name', 'asc', ['My-Pkg 1.0', 'my.pkg-extras 1.0', 'tools 2.0']],
    ['name', 'desc', ['tools 2.0', 'my.pkg-extras 1.0', 'My-Pkg 1.0']],
    ['version', 'desc', ['tools 2.0', 'my.pkg-extras 1.0', 'My-Pkg 1.0']],
    ['type', 'asc', ['tools 2.0', 'my.pkg-extras 1.0', 'My-Pkg 1.0']],
  ] as const)('lists by %s %s', async (orderBy, direction, expected) => {
    await addSome(store())
    expect(await listed({}, { orderBy, direction })).toEqual(expected)
  })

  it('lists page by page', async () => {
    await addSome(store())
    expect(await listed({}, { limit: 2 })).toEqual(['my.pkg-extras 1.0', 'tools 2.0'])
    expect(await listed({}, { limit: 2, offset: 2 })).toEqual(['My-Pkg 1.0'])
  })

  it('looks at the newest only, at the oldest when they come first, and counts no more', async () => {
    await addSome(store())
    const few = { kind: 'generic', among: 2 } as const
    expect(await listed(few)).toEqual(['my.pkg-extras 1.0'])
    expect(await listed(few, { orderBy: 'name' })).toEqual(['my.pkg-extras 1.0'])
    expect(await listed(few, { direction: 'asc' })).toEqual(['tools 2.0', 'my.pkg-extras 1.0'])
    expect(await store().count(20, { ...ALL, ...few })).toBeUndefined()
    expect(await store().count(20, { ...ALL, ...few, among: 3 })).toBe(2)
  })
}

function describeOne(store: () => PackagesStores): void {
  const add = async (version: string, changes: Partial<NewGenericFile> = {}): Promise<AddedFile> =>
    store().addBeside(newFile('tools', version, changes))

  it('finds a package in its project, a hidden one too, with who made its newest file', async () => {
    await add('1.0', { madeBy: { userId: 5, jobId: null } })
    const { file } = await add('1.0', { ...OTHER, isHidden: true, madeBy: { userId: 6, jobId: 301 } })
    expect(await store().find(20, file.packageId)).toEqual({
      id: file.packageId,
      projectId: 20,
      kind: 'generic',
      name: 'tools',
      version: '1.0',
      isHidden: true,
      createdAtMs: 1000,
      madeBy: { userId: 6, jobId: 301 },
    })
    expect(await store().find(21, file.packageId)).toBeUndefined()
    expect(await store().find(20, file.packageId + 1)).toBeUndefined()
  })

  it('knows the newest other versions of its name', async () => {
    for (const version of ['1.0', '2.0', '3.0']) await add(version)
    await add('0.9', { isHidden: true })
    await store().addBeside(newFile('other', '4.0'))
    const { file } = await add('2.0')
    const found = (await store().find(20, file.packageId))!
    expect((await store().otherVersions(found, 5)).map(({ version }) => version)).toEqual(['3.0', '1.0'])
    expect(await store().otherVersions(found, 1)).toHaveLength(1)
  })

  it('knows the jobs that made its files, each once, the newest first', async () => {
    await add('2.0', { madeBy: { userId: 5, jobId: 304 } })
    let packageId = 0
    for (const [at, jobId] of [301, 303, null, 303, 302].entries()) {
      const { file } = await add('1.0', { fileName: `f${at}`, madeBy: { userId: 5, jobId } })
      packageId = file.packageId
    }
    expect(await store().listJobs(packageId, 9)).toEqual([303, 302, 301])
    expect(await store().listJobs(packageId, 2)).toEqual([303, 302])
  })
}

function describeFiles(store: () => PackagesStores): void {
  it('lists its files, those of one name too, in the order asked for, and counts them', async () => {
    await store().addBeside(newFile('t', '2'))
    let packageId = 0
    for (const [at, fileName] of ['b', 'a', 'b'].entries()) {
      const changes = { fileName, sha256: String(at), madeBy: { userId: 5, jobId: at } }
      packageId = (await store().addBeside(newFile('t', '1', changes))).file.packageId
    }
    const listed = async (slice: object) =>
      (await store().listFiles(packageId, { ...BY_ID, ...slice })).map(
        (one) => `${one.fileName}${one.sha256}`,
      )
    expect(await listed({})).toEqual(['b0', 'a1', 'b2'])
    expect(await listed({ orderBy: 'created_at', direction: 'desc' })).toEqual(['b2', 'a1', 'b0'])
    expect(await listed({ orderBy: 'file_name' })).toEqual(['a1', 'b0', 'b2'])
    expect(await listed({ orderBy: 'file_name', direction: 'desc' })).toEqual(['b2', 'b0', 'a1'])
    expect(await listed({ limit: 1, offset: 1 })).toEqual(['a1'])
    const [first] = await store().listFiles(packageId, BY_ID)
    expect(first).toEqual({
      id: first?.id,
      packageId,
      fileName: 'b',
      sha256: '0',
      size: 7,
      createdAtMs: 1000,
      madeBy: { userId: 5, jobId: 0 },
    })
    expect(await store().countFiles(packageId, 3)).toBe(3)
    expect(await store().countFiles(packageId, 2)).toBeUndefined()
  })
}

function describeDeletion(store: () => PackagesStores): void {
  it('leaves out a file that was deleted, and a package without one, and raises the revision', async () => {
    const one = await store().addBeside(newFile('t', '1'))
    const two = await store().addBeside(newFile('t', '1', { fileName: 'other' }))
    const found = (await store().find(20, one.file.packageId))!
    expect(await store().deleteFile(found, one.file.id, 5000)).toBe(true)
    expect(await store().revision(20)).toBe(5000)
    expect(await store().deleteFile(found, one.file.id, 6000)).toBe(false)
    expect((await store().listFiles(found.id, BY_ID)).map(({ id }) => id)).toEqual([two.file.id])
    expect(await store().countFiles(found.id, 9)).toBe(1)
    expect(await store().list(20, ALL, NEWEST)).toHaveLength(1)
    await store().deleteFile(found, two.file.id, 7000)
    expect(await store().list(20, ALL, NEWEST)).toEqual([])
    expect(await store().count(20, ALL)).toBe(0)
    expect(await store().find(20, found.id)).toBeUndefined()
  })

  it('deletes no file of another package', async () => {
    const one = await store().addBeside(newFile('t', '1'))
    const other = await store().addBeside(newFile('t', '2'))
    const found = (await store().find(20, one.file.packageId))!
    expect(await store().deleteFile(found, other.file.id, 5000)).toBe(false)
    expect(await store().countFiles(other.file.packageId, 9)).toBe(1)
  })

  it('deletes so many files of a package at once, and leaves their names taken', async () => {
    const pypi = { kind: 'pypi' } as const
    for (const key of ['b', 'c']) await store().addUnique(newFile('t', '1', { ...pypi, fileName: key }), key)
    const first = await store().addUnique(newFile('t', '1', { ...pypi, fileName: 'd' }), 'd')
    const other = await store().addBeside(newFile('t', '2'))
    const found = (await store().find(20, first.file.packageId))!
    expect(await store().deleteFiles(found, 2, 5000)).toBe(2)
    expect((await store().listFiles(found.id, BY_ID)).map(({ fileName }) => fileName)).toEqual(['d'])
    expect(await store().deleteFiles(found, 2, 6000)).toBe(1)
    expect(await store().deleteFiles(found, 2, 6000)).toBe(0)
    expect(await store().countFiles(other.file.packageId, 9)).toBe(1)
    const key = { projectId: 20, kind: 'pypi', nameKey: 't', versionKey: '1' } as const
    expect(await store().findUnique(key, 'b')).toMatchObject({ deletedAtMs: 5000 })
  })

  it('lists a package again when a file is added to it', async () => {
    const { file } = await store().addBeside(newFile('t', '1'))
    const found = (await store().find(20, file.packageId))!
    await store().deleteFile(found, file.id, 5000)
    await store().addBeside(newFile('t', '1', OTHER))
    expect(await store().find(20, file.packageId)).toEqual(found)
  })
}
