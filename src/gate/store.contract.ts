import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { KnownFile, ListedFile } from './facts.ts'
import { describeGateEvents } from './store-events.contract.ts'
import { describeGateSeals } from './store-seals.contract.ts'
import { describeGateWatch } from './store-watch.contract.ts'
import type { GateStore, NewPage } from './store.ts'

const PLACE = { upstream: 'u1', name: 'demo' } as const
const [ONE, TWO, THREE] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]

function listed(fileName: string, changes: Partial<ListedFile> = {}): ListedFile {
  return {
    fileName,
    versionKey: '1',
    version: '1.0',
    kind: 'wheel',
    sha256: ONE,
    sizeBytes: 5_000_000_000,
    url: `https://files.example/${fileName}`,
    uploadedAtMs: 1_700_000_000_000,
    requiresPython: '>=3.9',
    yanked: null,
    provenance: { kind: 'at', url: `https://files.example/${fileName}.provenance` },
    offersMetadata: true,
    metadataSha256: TWO,
    ...changes,
  }
}

const BARE = {
  ...{ sha256: null, sizeBytes: null, uploadedAtMs: null, requiresPython: null, yanked: '' },
  ...{ provenance: { kind: 'unsaid' }, offersMetadata: false, metadataSha256: null, kind: 'sdist' },
} as const satisfies Partial<ListedFile>

function page(files: readonly ListedFile[], changes: Partial<NewPage> = {}): NewPage {
  return { etag: '"1"', serial: 7, status: null, tellsOfSeals: true, files, ...changes }
}

/** Several batches of every size, and more than is read at once. */
const MANY = 2290
const many = (changes: Partial<ListedFile> = {}): ListedFile[] =>
  Array.from({ length: MANY }, (_, at) => listed(`demo-${MANY - at}.whl`, changes))

/** What every adapter of GateStore promises. `reopen` gives the store after all who had it open are gone. */
export function describeGateStore(
  name: string,
  open: () => Promise<TwoHandles<GateStore> & { reopen(): Promise<GateStore> }>,
): void {
  describe(`gate store: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>
    let store: GateStore
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describePages(() => store)
    describeManyFiles(() => store)
    describeGateSeals(() => store)
    describeGateWatch(() => store)
    describeGateEvents(() => store)

    it('has all of it after it was opened again', async () => {
      const kept = await store.keepPage(PLACE, page([listed('a.whl')]), 100)
      await store.markServed(PLACE, 'a.whl', 200)
      const reopened = await opened.reopen()
      expect(await reopened.findName(PLACE)).toEqual({ ...kept, revision: kept.revision + 1 })
      expect(await reopened.listFiles(PLACE)).toMatchObject([{ firstSeenAtMs: 100, servedAtMs: 200 }])
    })
  })
}

function describePages(store: () => GateStore): void {
  const keep = (files: readonly ListedFile[], atMs: number, changes: Partial<NewPage> = {}) =>
    store().keepPage(PLACE, page(files, changes), atMs)
  const only = async (): Promise<KnownFile> => {
    const [file, ...others] = await store().listFiles(PLACE)
    expect(others).toEqual([])
    return file!
  }

  it('knows nothing of a name that it never kept', async () => {
    expect(await store().findName(PLACE)).toBeUndefined()
    expect(await store().listFiles(PLACE)).toEqual([])
    await store().keepFresh(PLACE, 100)
    await store().markServed(PLACE, 'a.whl', 100)
    expect(await store().findName(PLACE)).toBeUndefined()
  })

  it('gives back a page, and its files as they were first seen', async () => {
    const kept = await keep([listed('b.whl'), listed('a.tar.gz', BARE)], 100)
    const { files: _files, ...rest } = page([])
    expect(kept).toEqual({ ...rest, freshAtMs: 100, revision: 1, isUnknown: false })
    expect(await store().findName(PLACE)).toEqual(kept)
    const unseen = { firstSeenAtMs: 100, goneAtMs: null, changedSha256: null, servedAtMs: null }
    expect(await store().listFiles(PLACE)).toEqual([
      { ...listed('b.whl'), ...unseen },
      { ...listed('a.tar.gz', BARE), ...unseen },
    ])
  })

  it('keeps names and upstreams apart', async () => {
    await keep([listed('a.whl')], 100)
    for (const other of [
      { ...PLACE, upstream: 'u2' },
      { ...PLACE, name: 'dem' },
    ]) {
      expect(await store().findName(other)).toBeUndefined()
      await store().keepPage(other, page([listed('a.whl', { sha256: TWO })]), 200)
      await store().keepUnknown(other, 300)
    }
    expect(await only()).toMatchObject({ sha256: ONE, goneAtMs: null, changedSha256: null })
    expect(await store().findName(PLACE)).toMatchObject({ revision: 1, freshAtMs: 100 })
  })

  it('raises the revision for what a page may show, and for nothing else', async () => {
    const revisions: number[] = []
    const see = async (files: readonly ListedFile[], changes: Partial<NewPage> = {}) =>
      revisions.push((await keep(files, 100 + revisions.length, changes)).revision)
    await see([listed('a.whl')])
    await see([listed('a.whl')])
    await see([listed('a.whl')], { etag: '"2"', serial: 8 })
    expect(await store().findName(PLACE)).toMatchObject({ etag: '"2"', serial: 8, freshAtMs: 102 })
    await store().keepFresh(PLACE, 500)
    await see([listed('a.whl')], { etag: null, serial: null })
    expect(revisions).toEqual([1, 1, 1, 1])
    await see([listed('a.whl')], { status: 'quarantined' })
    await see([listed('a.whl')], { tellsOfSeals: false })
    await see([listed('a.whl'), listed('b.whl')], { tellsOfSeals: false })
    await see([listed('a.whl')], { tellsOfSeals: false })
    expect(revisions.slice(4)).toEqual([2, 3, 4, 5])
  })

  it.each<[keyof ListedFile, Partial<ListedFile>]>([
    ['versionKey', { versionKey: '2' }],
    ['version', { version: '1' }],
    ['kind', { kind: 'sdist' }],
    ['sizeBytes', { sizeBytes: null }],
    ['url', { url: 'https://files.example/b' }],
    ['uploadedAtMs', { uploadedAtMs: 5 }],
    ['requiresPython', { requiresPython: null }],
    ['yanked', { yanked: '' }],
    ['provenance', { provenance: { kind: 'none' } }],
    ['metadataSha256', { metadataSha256: null }],
    ['offersMetadata', { offersMetadata: false }],
  ])('replaces what a page says of a file: %s', async (_what, changes) => {
    await keep([listed('a.whl')], 100)
    expect(await keep([listed('a.whl', changes)], 200)).toMatchObject({ revision: 2 })
    expect(await only()).toMatchObject({ ...listed('a.whl', changes), firstSeenAtMs: 100 })
  })

  it('says when a file was gone first, and lists it again when it is back', async () => {
    await keep([listed('a.whl'), listed('b.whl')], 100)
    await keep([listed('b.whl')], 200)
    expect(await keep([listed('b.whl')], 300)).toMatchObject({ revision: 2 })
    expect(await store().listFiles(PLACE)).toMatchObject([
      { fileName: 'a.whl', goneAtMs: 200 },
      { fileName: 'b.whl', goneAtMs: null },
    ])
    expect(await keep([listed('b.whl'), listed('a.whl')], 400)).toMatchObject({ revision: 3 })
    expect(await store().listFiles(PLACE)).toMatchObject([
      { fileName: 'a.whl', goneAtMs: null, firstSeenAtMs: 100 },
      { fileName: 'b.whl' },
    ])
  })

  it('keeps the first digest of a file, and the first other one that was listed', async () => {
    await keep([listed('a.whl')], 100)
    expect(await keep([listed('a.whl', { sha256: TWO })], 200)).toMatchObject({ revision: 2 })
    await keep([listed('a.whl', { sha256: THREE })], 300)
    await keep([listed('a.whl')], 400)
    expect(await only()).toMatchObject({ sha256: ONE, changedSha256: TWO, firstSeenAtMs: 100 })
  })

  it('takes the first digest that a page gives, and no page takes it away', async () => {
    await keep([listed('a.whl', { sha256: null })], 100)
    expect((await only()).sha256).toBeNull()
    await keep([listed('a.whl', { sha256: TWO })], 200)
    await keep([listed('a.whl', { sha256: null })], 300)
    expect(await only()).toMatchObject({ sha256: TWO, changedSha256: null })
    await keep([listed('a.whl')], 400)
    expect(await only()).toMatchObject({ sha256: TWO, changedSha256: ONE })
  })

  it('takes a file with another digest that comes back for a changed one', async () => {
    await keep([listed('a.whl')], 100)
    await keep([], 200)
    await keep([listed('a.whl', { sha256: TWO })], 300)
    expect(await only()).toMatchObject({ sha256: ONE, changedSha256: TWO, goneAtMs: null })
  })

  it('sees two digests under one name on one page, and takes the last of the rest', async () => {
    const twice = [listed('a.whl'), listed('a.whl', { sha256: TWO, yanked: 'x' })]
    await keep(twice, 100)
    expect(await only()).toMatchObject({ sha256: ONE, changedSha256: TWO, yanked: 'x' })
    expect(await keep(twice, 200)).toMatchObject({ revision: 1 })
  })

  it('keeps as gone what an upstream no longer knows, and nothing to ask it again with', async () => {
    await keep([listed('a.whl')], 100, { status: 'archived' })
    const unknown = { etag: null, serial: 7, status: 'archived', tellsOfSeals: true, isUnknown: true }
    const gone = await store().keepUnknown(PLACE, 200)
    expect(gone).toEqual({ ...unknown, freshAtMs: 200, revision: 2 })
    expect(await only()).toMatchObject({ goneAtMs: 200 })
    expect(await store().keepUnknown(PLACE, 300)).toEqual({ ...gone, freshAtMs: 300 })
    expect(await keep([listed('a.whl')], 400)).toMatchObject({ isUnknown: false, revision: 3 })
    expect(await only()).toMatchObject({ goneAtMs: null, firstSeenAtMs: 100 })
  })

  it('remembers a name that was never known', async () => {
    const nothing = { etag: null, serial: null, status: null, tellsOfSeals: false }
    const unknown = { ...nothing, freshAtMs: 100, revision: 1, isUnknown: true }
    expect(await store().keepUnknown(PLACE, 100)).toEqual(unknown)
    expect(await store().findName(PLACE)).toEqual(unknown)
  })

  it('knows when the upstream last answered', async () => {
    const kept = await keep([listed('a.whl')], 100)
    await store().keepFresh(PLACE, 900)
    expect(await store().findName(PLACE)).toEqual({ ...kept, freshAtMs: 900 })
  })

  it('marks a file as served once, whatever its page says later', async () => {
    await keep([listed('a.whl'), listed('b.whl')], 100)
    await store().markServed(PLACE, 'a.whl', 200)
    await store().markServed(PLACE, 'a.whl', 300)
    await store().markServed(PLACE, 'c.whl', 300)
    expect(await store().findName(PLACE)).toMatchObject({ revision: 2 })
    await keep([listed('a.whl', { yanked: 'x' })], 400)
    expect((await store().listFiles(PLACE)).map((file) => file.servedAtMs)).toEqual([200, null])
  })

  it('lists the names that an upstream knows, in order, page by page', async () => {
    for (const name of ['c', 'a', 'd', 'b']) await store().keepPage({ upstream: 'u1', name }, page([]), 100)
    await store().keepPage({ upstream: 'u2', name: 'e' }, page([]), 100)
    await store().keepUnknown({ upstream: 'u1', name: 'c' }, 200)
    expect(await store().listNames('u1', { after: '', limit: 2 })).toEqual(['a', 'b'])
    expect(await store().listNames('u1', { after: 'b', limit: 2 })).toEqual(['d'])
  })

  it('lists names that their upstream answered for since, the last one first', async () => {
    const times = { a: 100, b: 300, c: 200, d: 200, e: 99 }
    for (const [name, atMs] of Object.entries(times))
      await store().keepPage({ upstream: 'u1', name }, page([]), atMs)
    await store().keepPage({ upstream: 'u2', name: 'f' }, page([]), 300)
    await store().keepUnknown({ upstream: 'u1', name: 'g' }, 300)
    await store().keepFresh({ upstream: 'u1', name: 'a' }, 250)
    const list = async (limit: number) =>
      (await store().listAskedNames('u1', { sinceMs: 100, limit })).map(({ name }) => name)
    expect([await list(9), await list(2)]).toEqual([
      ['b', 'a', 'd', 'c'],
      ['b', 'a'],
    ])
  })
}

function describeManyFiles(store: () => GateStore): void {
  it('keeps a page of thousands of files in the order of the page', async () => {
    expect(await store().keepPage(PLACE, page(many()), 100)).toMatchObject({ revision: 1 })
    expect(await store().keepPage(PLACE, page(many()), 200)).toMatchObject({ revision: 1 })
    const first = await store().listFiles(PLACE)
    expect(first.map(({ fileName }) => fileName)).toEqual(many().map(({ fileName }) => fileName))
    const rest = many({ yanked: 'x' }).slice(1)
    expect(await store().keepPage(PLACE, page(rest), 300)).toMatchObject({ revision: 2 })
    const [gone, ...others] = await store().listFiles(PLACE)
    expect(gone).toMatchObject({ goneAtMs: 300, yanked: null })
    expect(others).toHaveLength(MANY - 1)
    expect(others.every((file) => file.yanked === 'x' && file.firstSeenAtMs === 100)).toBe(true)
  })

  it('shows a page whole or not at all, also while it is written', async () => {
    const writing = store().keepPage(PLACE, page(many()), 100)
    const seen = await Promise.all([store().listFiles(PLACE), store().listFiles(PLACE)])
    await writing
    for (const files of seen) expect([0, MANY]).toContain(files.length)
    expect(await store().listFiles(PLACE)).toHaveLength(MANY)
  })
}
