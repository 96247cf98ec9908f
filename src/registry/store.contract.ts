import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { Forwarding, NewFile, RegistryStore } from './store.ts'
import { describeFileStates } from './store-states.contract.ts'
import { FIRST_PAGE, newFile, OTHER } from './store-files.contract.ts'

/** What every adapter of RegistryStore promises. */
export function describeRegistryStore(name: string, open: () => Promise<TwoHandles<RegistryStore>>): void {
  describe(`registry store: ${name}`, () => {
    let opened: TwoHandles<RegistryStore>
    let store: RegistryStore
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describeUnique(() => store)
    describeAppend(() => store)
    describeLists(() => store)
    describeForwarding(() => store)
    describeSettings(() => store)
    describeRaces(() => store)
    describeRevision(() => store)
    describeFileStates(() => store)
  })
}

function describeUnique(store: () => RegistryStore): void {
  it('adds a file with its package and finds it by its key', async () => {
    const { file, isNew } = await store().addUnique(newFile(), 'sdist')
    expect(isNew).toBe(true)
    const { projectId: _project, kind: _kind, nameKey: _name, versionKey: _version, ...kept } = newFile()
    const states = {
      yankedReason: null,
      quarantinedReason: null,
      deletedAtMs: null,
      isListed: true,
      provenance: null,
    }
    expect(file).toEqual({ ...kept, ...states, id: file.id, packageId: file.packageId })
    expect(await store().findUnique(newFile(), 'sdist')).toEqual(file)
  })

  it('keeps the first file of a key and gives it to who comes later', async () => {
    const first = await store().addUnique(newFile(), 'sdist')
    const second = await store().addUnique(newFile({ sha256: OTHER, fileName: 'other.tar.gz' }), 'sdist')
    expect(second).toEqual({ file: first.file, isNew: false })
    expect(await store().listFiles(newFile(), FIRST_PAGE)).toEqual([first.file])
  })

  it('lets one of two files have a key for which they race', async () => {
    const files = [newFile(), newFile({ sha256: OTHER })]
    const [one, two] = await Promise.all(files.map((file) => store().addUnique(file, 'sdist')))
    expect([one, two].filter((added) => added?.isNew)).toHaveLength(1)
    expect(one?.file).toEqual(two?.file)
  })

  it('has one package for one version, and another for another version, project or kind', async () => {
    const { file } = await store().addUnique(newFile(), 'sdist')
    const wheel = await store().addUnique(newFile({ fileName: 'w.whl' }), 'wheel')
    expect(wheel).toMatchObject({ isNew: true, file: { packageId: file.packageId } })
    const changes: Partial<NewFile>[] = [
      { versionKey: '2' },
      { projectId: 21 },
      { kind: 'generic' },
      { nameKey: 'x' },
    ]
    for (const change of changes) {
      const other = await store().addUnique(newFile(change), 'sdist')
      expect(other.isNew).toBe(true)
      expect(other.file.packageId).not.toBe(file.packageId)
    }
  })

  it('finds nothing under another key', async () => {
    await store().addUnique(newFile(), 'sdist')
    expect(await store().findUnique(newFile(), 'wheel')).toBeUndefined()
    expect(await store().findUnique(newFile({ projectId: 21 }), 'sdist')).toBeUndefined()
    expect(await store().findUnique(newFile({ kind: 'generic' }), 'sdist')).toBeUndefined()
  })
}

function describeAppend(store: () => RegistryStore): void {
  const generic = (sha256: string): NewFile => newFile({ kind: 'generic', requiresPython: null, sha256 })

  it('keeps every upload and finds the newest', async () => {
    const first = await store().append(generic('a'.repeat(64)))
    const second = await store().append(generic(OTHER))
    expect([first.isNew, second.isNew]).toEqual([true, true])
    expect(await store().findNewest(generic(OTHER), newFile().fileName)).toEqual(second.file)
    expect(await store().listFiles(generic(OTHER), FIRST_PAGE)).toEqual([first.file, second.file])
  })

  it('adds nothing when the newest has the same digest, and adds when only an older one has', async () => {
    const first = await store().append(generic('a'.repeat(64)))
    expect(await store().append(generic('a'.repeat(64)))).toEqual({ file: first.file, isNew: false })
    await store().append(generic(OTHER))
    const third = await store().append(generic('a'.repeat(64)))
    expect(third.isNew).toBe(true)
    expect(await store().findNewest(generic(OTHER), newFile().fileName)).toEqual(third.file)
  })

  it('finds nothing under another name, version or project', async () => {
    const { fileName } = newFile()
    await store().append(generic(OTHER))
    expect(await store().findNewest(generic(OTHER), 'other')).toBeUndefined()
    expect(await store().findNewest({ ...generic(OTHER), versionKey: '1.0' }, fileName)).toBeUndefined()
    expect(await store().findNewest({ ...generic(OTHER), nameKey: 'My-pkg' }, fileName)).toBeUndefined()
    expect(await store().findNewest({ ...generic(OTHER), projectId: 21 }, fileName)).toBeUndefined()
  })
}

function describeLists(store: () => RegistryStore): void {
  it('lists the files of all versions of one name, oldest first, in pages', async () => {
    for (const versionKey of ['3', '1', '2'])
      await store().addUnique(newFile({ versionKey, fileName: versionKey }), 'sdist')
    await store().addUnique(newFile({ nameKey: 'other' }), 'sdist')
    const page = await store().listFiles(newFile(), { afterId: 0, limit: 2 })
    expect(page.map(({ fileName }) => fileName)).toEqual(['3', '1'])
    const rest = await store().listFiles(newFile(), { afterId: page[1]?.id ?? 0, limit: 2 })
    expect(rest.map(({ fileName }) => fileName)).toEqual(['2'])
  })

  it('lists the files of all versions of one name, newest first, in pages', async () => {
    for (const versionKey of ['3', '1', '2'])
      await store().addUnique(newFile({ versionKey, fileName: versionKey }), 'sdist')
    await store().addUnique(newFile({ nameKey: 'other' }), 'sdist')
    const page = await store().listFilesBefore(newFile(), { beforeId: Number.MAX_SAFE_INTEGER, limit: 2 })
    expect(page.map(({ fileName }) => fileName)).toEqual(['2', '1'])
    const rest = await store().listFilesBefore(newFile(), { beforeId: page[1]?.id ?? 0, limit: 2 })
    expect(rest.map(({ fileName }) => fileName)).toEqual(['3'])
  })

  it('lists the files of a project and kind, newest first, in pages', async () => {
    for (const nameKey of ['c', 'a', 'b'])
      await store().addUnique(newFile({ nameKey, fileName: nameKey }), 'sdist')
    await store().addUnique(newFile({ nameKey: 'foreign', projectId: 21 }), 'sdist')
    await store().append(newFile({ nameKey: 'generic', kind: 'generic' }))
    const page = await store().listNewest(newFile(), { beforeId: Number.MAX_SAFE_INTEGER, limit: 2 })
    expect(page.map(({ fileName }) => fileName)).toEqual(['b', 'a'])
    const rest = await store().listNewest(newFile(), { beforeId: page[1]?.id ?? 0, limit: 2 })
    expect(rest.map(({ fileName }) => fileName)).toEqual(['c'])
  })

  it('lists the names of a project and kind, each once, in order, in pages', async () => {
    for (const nameKey of ['c', 'a', 'b']) await store().addUnique(newFile({ nameKey }), 'sdist')
    await store().addUnique(newFile({ nameKey: 'a', versionKey: '2' }), 'sdist')
    await store().addUnique(newFile({ nameKey: 'foreign', projectId: 21 }), 'sdist')
    await store().append(newFile({ nameKey: 'generic', kind: 'generic' }))
    expect(await store().listNames(newFile(), { after: '', limit: 2 })).toEqual(['a', 'b'])
    expect(await store().listNames(newFile(), { after: 'b', limit: 2 })).toEqual(['c'])
  })
}

function describeForwarding(store: () => RegistryStore): void {
  it('is off, then what was set last, then off again', async () => {
    const forwarding = { indexUrl: 'https://index.example/simple', names: ['setuptools', 'wheel'] }
    const set = (to: Forwarding | undefined): Promise<void> =>
      store().setForwarding(20, { forwarding: to, setAtMs: 1 })
    expect(await store().findForwarding(20)).toBeUndefined()
    await set({ ...forwarding, names: [] })
    await set({ ...forwarding, names: 'all' })
    expect(await store().findForwarding(20)).toEqual({ ...forwarding, names: 'all' })
    await set(forwarding)
    expect(await store().findForwarding(20)).toEqual(forwarding)
    expect(await store().findForwarding(21)).toBeUndefined()
    await set(undefined)
    await set(undefined)
    expect(await store().findForwarding(20)).toBeUndefined()
  })
}

function describeSettings(store: () => RegistryStore): void {
  it('accepts identical uploads until it is told otherwise, of that project', async () => {
    expect(await store().findPypiSettings(20)).toEqual({ identicalUploads: 'accept' })
    for (const identicalUploads of ['refuse', 'accept', 'refuse'] as const) {
      await store().setPypiSettings(20, { identicalUploads }, { atMs: 1 })
      expect(await store().findPypiSettings(20)).toEqual({ identicalUploads })
    }
    expect(await store().findPypiSettings(21)).toEqual({ identicalUploads: 'accept' })
  })
}

function describeRaces(store: () => RegistryStore): void {
  it('adds one of several equal uploads that arrive at once', async () => {
    const added = await Promise.all([1, 2, 3].map(() => store().append(newFile({ kind: 'generic' }))))
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(await store().listFiles(newFile({ kind: 'generic' }), FIRST_PAGE)).toEqual([added[0]?.file])
  })

  it('makes one package for files of one version that arrive at once', async () => {
    const keys = ['sdist', 'wheel-1', 'wheel-2', 'wheel-3']
    const added = await Promise.all(
      keys.map((key) => store().addUnique(newFile({ fileName: `${key}.file` }), key)),
    )
    expect(added.map(({ isNew }) => isNew)).toEqual([true, true, true, true])
    expect(new Set(added.map(({ file }) => file.packageId)).size).toBe(1)
    expect(await store().listFiles(newFile(), FIRST_PAGE)).toHaveLength(4)
  })
}

function describeRevision(store: () => RegistryStore): void {
  const generic = { kind: 'generic', requiresPython: null } as const
  const forwarding = { indexUrl: 'https://index.example/simple', names: ['wheel'] }
  const writes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a file of a new package', () => store().addUnique(newFile({ nameKey: 'new' }), 'sdist')],
    ['another file of a package', () => store().addUnique(newFile({ fileName: 'w.whl' }), 'wheel')],
    ['a generic file', () => store().append(newFile({ ...generic, nameKey: 'new' }))],
    ['another generic file of that name', () => store().append(newFile({ ...generic, sha256: OTHER }))],
    ['forwarding', () => store().setForwarding(20, { forwarding, setAtMs: 2000 })],
    ['settings', () => store().setPypiSettings(20, { identicalUploads: 'refuse' }, { atMs: 0 })],
    ['no forwarding', () => store().setForwarding(20, { forwarding: undefined, setAtMs: 0 })],
  ]

  it.each(writes)('is raised by %s, in its project only', async (_what, write) => {
    await store().addUnique(newFile(), 'sdist')
    await store().append(newFile(generic))
    await store().addUnique(newFile({ projectId: 21 }), 'sdist')
    const before = [await store().revision(20), await store().revision(21)] as const
    await write()
    expect(await store().revision(20)).toBeGreaterThan(before[0])
    expect(await store().revision(21)).toBe(before[1])
  })

  it('is 0 before anything was written, and the same after what wrote nothing', async () => {
    expect(await store().revision(20)).toBe(0)
    await store().addUnique(newFile(), 'sdist')
    await store().append(newFile(generic))
    const before = await store().revision(20)
    await store().addUnique(newFile({ sha256: OTHER }), 'sdist')
    await store().append(newFile(generic))
    expect(await store().revision(20)).toBe(before)
  })

  it('is at least the time of each write, so that another store does not repeat it', async () => {
    for (const createdAtMs of [5_000, 9_000, 7_000]) {
      const before = await store().revision(20)
      await store().append(newFile({ ...generic, createdAtMs, sha256: String(createdAtMs) }))
      expect(await store().revision(20)).toBe(Math.max(before + 1, createdAtMs))
    }
  })

  it('is raised by each of two writes that come at once', async () => {
    await store().addUnique(newFile({ createdAtMs: 9_000 }), 'sdist')
    const files = ['a', 'b'].map((fileName) => newFile({ ...generic, fileName }))
    await Promise.all(files.map((file) => store().append(file)))
    expect(await store().revision(20)).toBe(9_002)
  })
}
