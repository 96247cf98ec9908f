import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { GenericStore, NewGenericFile } from './generic-store.ts'
import type { PackagesStore } from './packages-store.ts'
import type { RegistryStore } from './store.ts'

function newFile(changes: Partial<NewGenericFile> = {}): NewGenericFile {
  return {
    projectId: 20,
    kind: 'generic',
    name: 'tools',
    nameKey: 'tools',
    version: '1.0.0',
    versionKey: '1.0.0',
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
const NAME = newFile().fileName

/** The other stores are there for what they delete and show, and for the revision. */
export type GenericStores = GenericStore &
  Pick<RegistryStore, 'changeFile' | 'revision'> &
  Pick<PackagesStore, 'find'>

/** What every adapter of GenericStore promises. */
export function describeGenericStore(name: string, open: () => Promise<TwoHandles<GenericStores>>): void {
  describe(`generic store: ${name}`, () => {
    let opened: TwoHandles<GenericStores>
    let store: GenericStores
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describeFirst(() => store)
    describeBeside(() => store)
    describeSettings(() => store)
  })
}

function describeFirst(store: () => GenericStores): void {
  it('keeps the first file of a name and gives it to who comes later', async () => {
    const first = await store().addFirst(newFile())
    expect(first.isNew).toBe(true)
    for (const change of [{}, OTHER])
      expect(await store().addFirst(newFile(change))).toEqual({ file: first.file, isNew: false })
    expect(await store().findServed(newFile(), NAME)).toEqual(first.file)
    expect(await store().findLast(newFile(), NAME)).toEqual(first.file)
  })

  it('gives a deleted one to who brings other bytes, and adds the same bytes again', async () => {
    const { file } = await store().addFirst(newFile())
    await store().changeFile(file.id, { deletedAtMs: 5 }, { atMs: 5 })
    expect(await store().findServed(newFile(), NAME)).toBeUndefined()
    expect(await store().addFirst(newFile(OTHER))).toMatchObject({
      isNew: false,
      file: { id: file.id, deletedAtMs: 5 },
    })
    const again = await store().addFirst(newFile())
    expect(again.isNew).toBe(true)
    expect(await store().findServed(newFile(), NAME)).toEqual(again.file)
  })

  it('lets one of two files have a name for which they race', async () => {
    const both = await Promise.all([newFile(), newFile(OTHER)].map((file) => store().addFirst(file)))
    expect(both.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(both[0]?.file).toEqual(both[1]?.file)
  })

  it('hides the package and shows it again with what it takes, and not with what it refuses', async () => {
    const { file } = await store().addFirst(newFile())
    const isHidden = async () => (await store().find(20, file.packageId))?.isHidden
    await store().addFirst(newFile({ ...OTHER, isHidden: true }))
    expect(await isHidden()).toBe(false)
    await store().addFirst(newFile({ isHidden: true }))
    expect(await isHidden()).toBe(true)
    await store().addFirst(newFile())
    expect(await isHidden()).toBe(true)
    await store().addBeside(newFile({ isHidden: false }))
    expect(await isHidden()).toBe(false)
  })

  it('finds nothing under another name, version or project', async () => {
    await store().addFirst(newFile())
    for (const change of [{ nameKey: 'x' }, { versionKey: '2' }, { projectId: 21 }] as const) {
      expect(await store().findServed(newFile(change), NAME)).toBeUndefined()
      expect(await store().findLast(newFile(change), NAME)).toBeUndefined()
    }
    expect(await store().findServed(newFile(), 'other')).toBeUndefined()
  })

  it('raises the revision of its project by what it adds, and by nothing else', async () => {
    await store().addFirst(newFile({ createdAtMs: 7000 }))
    expect(await store().revision(20)).toBe(7000)
    await store().addFirst(newFile({ ...OTHER, createdAtMs: 9000 }))
    expect([await store().revision(20), await store().revision(21)]).toEqual([7000, 0])
  })
}

function describeBeside(store: () => GenericStores): void {
  it('keeps every upload and serves the newest', async () => {
    const first = await store().addBeside(newFile())
    const second = await store().addBeside(newFile(OTHER))
    expect([first.isNew, second.isNew]).toEqual([true, true])
    expect(await store().findServed(newFile(), NAME)).toEqual(second.file)
  })

  it('adds nothing when the newest has the same digest, and adds when only an older one has', async () => {
    const first = await store().addBeside(newFile())
    expect(await store().addBeside(newFile())).toEqual({ file: first.file, isNew: false })
    await store().addBeside(newFile(OTHER))
    expect((await store().addBeside(newFile())).isNew).toBe(true)
  })

  it('serves the one before where the newest is deleted, and compares with that one', async () => {
    const first = await store().addBeside(newFile())
    const second = await store().addBeside(newFile(OTHER))
    await store().changeFile(second.file.id, { deletedAtMs: 5 }, { atMs: 5 })
    expect(await store().findServed(newFile(), NAME)).toEqual(first.file)
    expect(await store().findLast(newFile(), NAME)).toMatchObject({ id: second.file.id, deletedAtMs: 5 })
    expect((await store().addBeside(newFile())).isNew).toBe(false)
  })

  it('raises the revision of its project by what it adds', async () => {
    await store().addBeside(newFile({ createdAtMs: 7000 }))
    await store().addBeside(newFile({ createdAtMs: 9000 }))
    expect(await store().revision(20)).toBe(7000)
  })
}

function describeSettings(store: () => GenericStores): void {
  it('allows duplicates in a project from when it is said until it is taken back', async () => {
    expect(await store().duplicatesAllowed(20)).toBe(false)
    await store().setDuplicates(20, { allowed: true, atMs: 7000 })
    expect(await store().duplicatesAllowed(20)).toBe(true)
    expect(await store().duplicatesAllowed(21)).toBe(false)
    await store().setDuplicates(20, { allowed: false, atMs: 8000 })
    expect(await store().duplicatesAllowed(20)).toBe(false)
    expect(await store().revision(20)).toBe(8000)
  })
}
