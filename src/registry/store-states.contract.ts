import { expect, it } from 'vitest'
import { FIRST_PAGE, newFile, OTHER } from './store-files.contract.ts'
import type { FileChange, RegistryStore, StoredFile } from './store.ts'

const AT = { atMs: 5000 }
const BLOB = { sha256: 'd'.repeat(64), size: 9 }

/** What is marked on files and packages, and what of them is then shown. */
export function describeFileStates(store: () => RegistryStore): void {
  describeMarks(store)
  describeShown(store)
  describeStatus(store)
  describeOwners(store)
}

const add = async (store: RegistryStore, fileName = 'a', key = fileName): Promise<StoredFile> =>
  (await store.addUnique(newFile({ fileName }), key)).file
const names = async (files: Promise<readonly StoredFile[]>): Promise<readonly string[]> =>
  (await files).map(({ fileName }) => fileName)

const CHANGES: readonly FileChange[] = [
  { yankedReason: 'broken' },
  { yankedReason: '' },
  { quarantinedReason: 'malware' },
  { deletedAtMs: 4_000_000_000_000 },
  { isListed: false },
  { metadata: BLOB },
  { metadata: null },
  { provenance: BLOB },
]

function describeMarks(store: () => RegistryStore): void {
  it.each(CHANGES)('keeps what is marked on a file, and nothing else of it changes: %j', async (change) => {
    const [file, other] = [await add(store()), await add(store(), 'b')]
    expect(await store().changeFile(file.id, change, AT)).toEqual({ ...file, ...change })
    expect(await store().findUnique(newFile(), 'a')).toEqual({ ...file, ...change })
    expect(await store().findUnique(newFile(), 'b')).toEqual(other)
  })

  it('keeps the marks of before where a later change does not name them, and takes them back', async () => {
    const file = await add(store())
    const marks = { yankedReason: 'x', quarantinedReason: 'y', isListed: false, provenance: BLOB }
    await store().changeFile(file.id, marks, AT)
    expect(await store().changeFile(file.id, {}, AT)).toEqual({ ...file, ...marks })
    const none = { yankedReason: null, quarantinedReason: null, isListed: true, provenance: null }
    expect(await store().changeFile(file.id, none, AT)).toEqual(file)
  })

  it('raises the revision of the project with each change, and changes no file that is not there', async () => {
    const file = await add(store())
    await store().addUnique(newFile({ projectId: 21 }), 'a')
    await store().changeFile(file.id, { isListed: false }, AT)
    await store().changeVersion(newFile(), { isListed: true }, AT)
    expect([await store().revision(20), await store().revision(21)]).toEqual([5001, 1000])
    expect(await store().changeFile(9_999, { isListed: false }, AT)).toBeUndefined()
    expect(await store().changeVersion(newFile({ versionKey: '9' }), { isListed: false }, AT)).toBe(0)
    expect(await store().revision(20)).toBe(5001)
  })

  it('changes every file of a version, however many, but for the deleted ones', async () => {
    const file = await add(store())
    await store().changeFile(file.id, { deletedAtMs: 1 }, AT)
    for (let at = 0; at < 201; at += 1) await add(store(), `w${at}`)
    const other = await store().addUnique(newFile({ versionKey: '2' }), 'a')
    expect(await store().changeVersion(newFile(), { yankedReason: 'bad' }, AT)).toBe(201)
    const files = await store().listFiles(newFile(), { afterId: 0, limit: 500 })
    const unyanked = files.filter(({ yankedReason }) => yankedReason === null)
    expect(unyanked.map(({ id }) => id)).toEqual([file.id, other.file.id])
  })

  it('never frees the name of a deleted file', async () => {
    const file = await add(store())
    await store().changeFile(file.id, { deletedAtMs: 7 }, AT)
    const again = await store().addUnique(newFile({ sha256: OTHER }), 'a')
    expect(again).toEqual({ file: { ...file, deletedAtMs: 7 }, isNew: false })
  })
}

function describeShown(store: () => RegistryStore): void {
  const hides: readonly FileChange[] = [
    { quarantinedReason: '' },
    { deletedAtMs: 1 },
    { isListed: false },
    { quarantinedReason: 'x', isListed: false },
  ]

  it.each(hides)('shows no file of which this holds, and keeps it: %j', async (change) => {
    const [file] = [await add(store()), await add(store(), 'b')]
    await store().changeFile(file.id, change, AT)
    expect(await names(store().listShownFiles(newFile(), FIRST_PAGE))).toEqual(['b'])
    expect(await names(store().listNewest(newFile(), { beforeId: 99, limit: 9 }))).toEqual(['b'])
    expect(await names(store().listFiles(newFile(), FIRST_PAGE))).toEqual(['a', 'b'])
    expect(await store().listNames(newFile(), { after: '', limit: 9 })).toEqual(['my-pkg'])
    const shown = { quarantinedReason: null, deletedAtMs: null, isListed: true }
    await store().changeFile(file.id, shown, AT)
    expect(await names(store().listShownFiles(newFile(), FIRST_PAGE))).toEqual(['a', 'b'])
  })

  it('shows a file again only when nothing is left that hides it', async () => {
    const file = await add(store())
    await store().changeFile(file.id, { quarantinedReason: 'x', isListed: false }, AT)
    await store().changeFile(file.id, { quarantinedReason: null }, AT)
    expect(await store().listShownFiles(newFile(), FIRST_PAGE)).toEqual([])
  })

  it('shows yanked files', async () => {
    const file = await add(store())
    await store().changeFile(file.id, { yankedReason: 'x' }, AT)
    expect(await names(store().listShownFiles(newFile(), FIRST_PAGE))).toEqual(['a'])
  })

  it('lists no name without a shown file, and lists it again', async () => {
    const listed = (): Promise<readonly string[]> => store().listNames(newFile(), { after: '', limit: 9 })
    await store().addUnique(newFile({ isListed: false }), 'a')
    expect(await listed()).toEqual([])
    expect(await store().listShownFiles(newFile(), FIRST_PAGE)).toEqual([])
    const file = await add(store(), 'b')
    expect(await listed()).toEqual(['my-pkg'])
    await store().addUnique(newFile({ isListed: false }), 'c')
    expect(await listed()).toEqual(['my-pkg'])
    await store().changeFile(file.id, { isListed: false }, AT)
    expect(await listed()).toEqual([])
    await store().changeFile(file.id, { isListed: true }, AT)
    expect(await listed()).toEqual(['my-pkg'])
  })

  it('lists shown files in pages', async () => {
    const files = [await add(store(), 'a'), await add(store(), 'b'), await add(store(), 'c')]
    await store().changeFile(files[1]?.id ?? 0, { isListed: false }, AT)
    const page = await store().listShownFiles(newFile(), { afterId: 0, limit: 1 })
    expect(page).toEqual([files[0]])
    const rest = await store().listShownFiles(newFile(), { afterId: page[0]?.id ?? 0, limit: 1 })
    expect(rest).toEqual([files[2]])
  })
}

function describeOwners(store: () => RegistryStore): void {
  it('lists the projects that ever had a name, by their ids, in pages', async () => {
    for (const projectId of [22, 20, 21]) await store().addUnique(newFile({ projectId }), 'a')
    await store().addUnique(newFile({ projectId: 23, nameKey: 'other' }), 'a')
    await store().append(newFile({ projectId: 24, kind: 'generic' }))
    const file = await add(store(), 'b')
    await store().changeVersion(newFile(), { deletedAtMs: 1 }, AT)
    expect(file.fileName).toBe('b')
    expect(await store().listProjectsWith(newFile(), { afterId: 0, limit: 2 })).toEqual([20, 21])
    expect(await store().listProjectsWith(newFile(), { afterId: 21, limit: 2 })).toEqual([22])
  })
}

function describeStatus(store: () => RegistryStore): void {
  it('knows the status of a package from its first file on, and none of a name that never was', async () => {
    expect(await store().findName(newFile())).toBeUndefined()
    expect(await store().setStatus(newFile(), { status: 'archived', statusReason: '' }, AT)).toBe(false)
    expect(await store().revision(20)).toBe(0)
    await add(store())
    expect(await store().findName(newFile())).toEqual({ name: 'My.Pkg', status: 'active', statusReason: '' })
    expect(await store().setStatus(newFile(), { status: 'archived', statusReason: 'done' }, AT)).toBe(true)
    expect(await store().findName(newFile())).toMatchObject({ status: 'archived', statusReason: 'done' })
    expect(await store().findName(newFile({ projectId: 21 }))).toBeUndefined()
    expect(await store().revision(20)).toBe(5000)
  })

  it('says of every file of a quarantined package that it is, and why', async () => {
    const file = await add(store())
    const own = await add(store(), 'b')
    await store().changeFile(own.id, { quarantinedReason: 'own' }, AT)
    await store().setStatus(newFile(), { status: 'quarantined', statusReason: 'stolen token' }, AT)
    const reasons = (await store().listFiles(newFile(), FIRST_PAGE)).map((of) => of.quarantinedReason)
    expect(reasons).toEqual(['stolen token', 'own'])
    await store().setStatus(newFile(), { status: 'deprecated', statusReason: 'old' }, AT)
    expect(await store().findUnique(newFile(), 'a')).toEqual(file)
  })
}
