import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../../base/two-handles.contract.ts'
import type { RegistryStore } from '../store.ts'
import type { NewSeal, SealedFile, SealStore, VerdictKey } from './store.ts'

const FIRST = Number.MAX_SAFE_INTEGER
const PLACE = { projectId: 20, fileName: 'demo-1.0.tar.gz', ending: '.sig' } as const

function newSeal(changes: Partial<NewSeal> = {}): NewSeal {
  return {
    ...PLACE,
    sourceId: null,
    sha256: 'a'.repeat(64),
    size: 96,
    putBy: 7,
    createdAtMs: 5,
    ...changes,
  }
}

/** What every adapter of SealStore promises, beside a RegistryStore on the same database. */
export function describeSealStore(
  name: string,
  open: () => Promise<TwoHandles<SealStore & Pick<RegistryStore, 'addUnique' | 'append' | 'changeFile'>>>,
): void {
  describe(`seal store: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>
    let store: (typeof opened)['first']
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describeSideFiles(() => store)
    describeVerdicts(() => store)
    describeRules(() => store)
    describeFiles(() => store)
  })
}

function describeSideFiles(store: () => SealStore): void {
  it('keeps every side file, new and in the order of arrival', async () => {
    const first = await store().addSeal(newSeal())
    const second = await store().addSeal(newSeal())
    expect(first).toEqual({ ...newSeal(), id: first.id, standing: 'new', partnerId: null })
    expect(second.id).toBeGreaterThan(first.id)
    expect(await store().findSeal(second.id)).toEqual(second)
    expect(await store().newestSeal(PLACE)).toEqual(second)
  })

  it('keeps one generic file once', async () => {
    const first = await store().addSeal(newSeal({ sourceId: 3 }))
    await store().settleSeal(first.id, 'unsound', null)
    const again = await store().addSeal(newSeal({ sourceId: 3, sha256: 'b'.repeat(64) }))
    expect(again).toEqual({ ...first, standing: 'unsound' })
    expect((await store().addSeal(newSeal({ sourceId: 4 }))).id).not.toBe(first.id)
  })

  it('lists those of one standing from either end, page by page', async () => {
    const ids: number[] = []
    for (let at = 0; at < 5; at += 1) ids.push((await store().addSeal(newSeal())).id)
    await store().settleSeal(ids[2]!, 'sound', ids[0]!)
    const list = async (standing: 'new' | 'sound', order: 'newest' | 'oldest', from: number) =>
      (await store().listSeals(PLACE, { standing, order, from, limit: 3 })).map(({ id }) => id)
    expect(await list('new', 'newest', FIRST)).toEqual([ids[4], ids[3], ids[1]])
    expect(await list('new', 'newest', ids[1]!)).toEqual([ids[0]])
    expect(await list('new', 'oldest', 0)).toEqual([ids[0], ids[1], ids[3]])
    expect(await list('sound', 'newest', FIRST)).toEqual([ids[2]])
    expect(await store().findSeal(ids[2]!)).toMatchObject({ standing: 'sound', partnerId: ids[0] })
  })

  it('finds nothing of another project, file or ending', async () => {
    await store().addSeal(newSeal())
    for (const other of [{ projectId: 21 }, { fileName: 'x.tar.gz' }, { ending: '.crt' as const }]) {
      const place = { ...PLACE, ...other }
      expect(await store().newestSeal(place)).toBeUndefined()
      expect(await store().nearSeals(place, { id: 0, limit: 9 })).toEqual([])
      const page = { standing: 'new', order: 'newest', from: FIRST, limit: 9 } as const
      expect(await store().listSeals(place, page)).toEqual([])
    }
  })

  it('gives the nearest on each side, of one user where that is asked', async () => {
    const ids: number[] = []
    for (const putBy of [7, 8, 7, 8, 8, 7]) ids.push((await store().addSeal(newSeal({ putBy }))).id)
    const near = async (options: { limit: number; putBy?: number }) =>
      (await store().nearSeals(PLACE, { id: ids[3]!, ...options })).map(({ id }) => id)
    expect(await near({ limit: 1 })).toEqual([ids[2], ids[4]])
    expect(await near({ limit: 2, putBy: 7 })).toEqual([ids[2], ids[0], ids[5]])
  })
}

const KEY: VerdictKey = {
  fileSha256: 'f',
  fileName: 'demo-1.0.tar.gz',
  sealSha256: 's',
  ruleSha256: 'r',
  rootsSha256: 't',
}

function sealed(changes: Partial<SealedFile> = {}): SealedFile {
  return {
    projectId: 20,
    fileName: 'demo-1.0.tar.gz',
    fileId: 9,
    ruleSha256: 'r',
    rootsSha256: 't',
    outcome: 'verified',
    bundleId: 1,
    attestationId: 2,
    uploadedId: 3,
    signatureId: 4,
    certificateId: 5,
    judgedAtMs: 6,
    dueAtMs: null,
    tries: 0,
    ...changes,
  }
}

function describeVerdicts(store: () => SealStore): void {
  it('keeps a verdict under everything that it depends on, the last one', async () => {
    const verdict = { outcome: 'undecided', report: '{"a":1}', judgedAtMs: 5 } as const
    await store().keepVerdict(KEY, verdict)
    expect(await store().findVerdict(KEY)).toEqual(verdict)
    for (const member of Object.keys(KEY))
      expect(await store().findVerdict({ ...KEY, [member]: 'x' })).toBeUndefined()
    await store().keepVerdict(KEY, { ...verdict, outcome: 'verified', judgedAtMs: 6 })
    expect(await store().findVerdict(KEY)).toMatchObject({ outcome: 'verified', judgedAtMs: 6 })
  })

  it('keeps what is known of a distribution, the last of it', async () => {
    await store().keepSealed(sealed())
    const place = { projectId: 20, fileName: 'demo-1.0.tar.gz' }
    expect(await store().findSealed(place)).toEqual(sealed())
    const nothing = {
      ...{ bundleId: null, attestationId: null, uploadedId: null, signatureId: null, certificateId: null },
      ...({ outcome: 'none', dueAtMs: 9, tries: 2 } as const),
    }
    await store().keepSealed(sealed(nothing))
    expect(await store().findSealed(place)).toEqual(sealed(nothing))
    expect(await store().findSealed({ ...place, projectId: 21 })).toBeUndefined()
  })

  it('lists what is due, the earliest first, and nothing before its time', async () => {
    for (const [fileName, dueAtMs] of [
      ['a', 30],
      ['b', 10],
      ['c', null],
      ['d', 20],
    ] as const)
      await store().keepSealed(sealed({ fileName, dueAtMs }))
    const due = async (nowMs: number, limit: number) =>
      (await store().listDue({ nowMs, limit })).map(({ fileName }) => fileName)
    expect(await due(20, 9)).toEqual(['b', 'd'])
    expect(await due(99, 2)).toEqual(['b', 'd'])
    expect(await due(9, 9)).toEqual([])
  })
}

function describeRules(store: () => SealStore): void {
  it('keeps the rule of a project and how far a change of it is', async () => {
    expect(await store().findRule(20)).toBeUndefined()
    const state = {
      ...{ projectId: 20, rule: null, next: '{"kind":"x"}', beforeId: FIRST },
      ...({ phase: 'narrowing', rootsSha256: 't', setAtMs: 7 } as const),
    }
    await store().keepRule(state)
    expect(await store().findRule(20)).toEqual(state)
    await store().keepRule({ ...state, rule: state.next, next: null, phase: 'widening' })
    expect(await store().findRule(20)).toMatchObject({ rule: state.next, next: null, phase: 'widening' })
  })

  it('lists the projects in one phase, page by page', async () => {
    const state = { rule: null, next: null, beforeId: 0, rootsSha256: 't', setAtMs: 7 }
    for (const projectId of [3, 1, 2]) await store().keepRule({ ...state, projectId, phase: 'widening' })
    await store().keepRule({ ...state, projectId: 2, phase: 'in force' })
    expect(await store().listChanging('widening', { afterId: 0, limit: 1 })).toEqual([1])
    expect(await store().listChanging('widening', { afterId: 1, limit: 9 })).toEqual([3])
    expect(await store().listChanging('narrowing', { afterId: 0, limit: 9 })).toEqual([])
  })
}

function describeFiles(
  store: () => SealStore & Pick<RegistryStore, 'addUnique' | 'append' | 'changeFile'>,
): void {
  const file = {
    ...{ projectId: 20, name: 'demo', nameKey: 'demo', version: '1.0', versionKey: '1' },
    kind: 'pypi',
    ...{ sha256: 'a'.repeat(64), size: 7, requiresPython: null, metadata: null, createdAtMs: 5 },
  } as const

  it('lists the distributions of a project, listed or not, the newest first', async () => {
    for (const fileName of ['a', 'b', 'c'])
      await store().addUnique({ ...file, fileName, isListed: fileName !== 'b' }, fileName)
    await store().addUnique({ ...file, fileName: 'other', projectId: 21 }, 'other')
    await store().append({ ...file, kind: 'generic', fileName: 'generic' })
    const first = await store().listDistributions(20, { beforeId: FIRST, limit: 2 })
    expect(first.map(({ fileName, isListed }) => [fileName, isListed])).toEqual([
      ['c', true],
      ['b', false],
    ])
    const rest = await store().listDistributions(20, { beforeId: first[1]!.id, limit: 9 })
    expect(rest.map(({ fileName }) => fileName)).toEqual(['a'])
  })

  it('says of a file whether it still stands', async () => {
    const { file: kept } = await store().append({ ...file, kind: 'generic', fileName: 'x.sig' })
    expect(await store().stands(kept.id)).toBe(true)
    expect(await store().stands(kept.id + 1)).toBe(false)
    await store().changeFile(kept.id, { deletedAtMs: 9 }, { atMs: 9 })
    expect(await store().stands(kept.id)).toBe(false)
  })
}
