import { expect, it } from 'vitest'
import type { Pin } from './facts.ts'
import type { Counts, GateStore, Mismatch, PinEvent, Refusal } from './store.ts'

const PLACE = { upstream: 'u1', name: 'demo' } as const
const HOUR_MS = 3_600_000

const PIN: Pin = {
  issuer: 'https://gitlab.example',
  repository: { kind: 'id', value: '7' },
  shown: 'gitlab.example/acme/demo',
  workflow: null,
  refKind: 'tag',
  sinceMs: 1_700_000_000_000,
  by: 'history',
  fromFiles: ['demo-1.0.tar.gz', 'demo-1.1.tar.gz'],
}

const LEARNED: PinEvent & { readonly pin: Pin } = {
  ...{ gate: 'prod', name: 'demo', atMs: 100, by: 'history', why: 'two releases' },
  kind: 'learned',
  pin: PIN,
}

const MISMATCH: Mismatch = {
  ...{ fileName: 'a.whl', kind: 'digest', expected: 'e1', found: 'f1', atMs: 100 },
}

function refusal(id: string, changes: Partial<Refusal> = {}): Refusal {
  return {
    ...{ id, gate: 'prod', name: 'demo', version: '2.0', fileName: 'demo-2.0.tar.gz' },
    ...{ code: 'verify.identity', sentence: `refused ${id}`, report: '{"a":1}' },
    ...changes,
  }
}

/** Part of `describeGateStore`. */
export function describeGateEvents(store: () => GateStore): void {
  describePins(store)
  describeMismatches(store)
  describeRefusals(store)
  describeLetThrough(store)
  describeTrimming(store)
  describeExemptions(store)
  describeCounts(store)
}

function describePins(store: () => GateStore): void {
  it('keeps all that happened to the pins of a gate, the oldest first', async () => {
    const forgotten: PinEvent = {
      ...{ gate: 'prod', name: 'demo', atMs: 50, by: 'ada', why: 'moved' },
      kind: 'forgotten',
    }
    const approved: PinEvent = { ...LEARNED, name: 'other', kind: 'approved' }
    for (const event of [LEARNED, approved, forgotten, LEARNED, { ...LEARNED, gate: 'test' }])
      await store().addPinEvent(event)
    expect(await store().listPinEvents('prod')).toEqual([LEARNED, approved, forgotten, LEARNED])
    expect(await store().listPinEvents('prod', 'demo')).toEqual([LEARNED, forgotten, LEARNED])
    expect(await store().listPinEvents('prod', 'dem')).toEqual([])
  })

  it('keeps a pin with everything that it says', async () => {
    const pin: Pin = {
      ...PIN,
      workflow: 'release.yml',
      refKind: null,
      repository: { kind: 'uri', value: '' },
    }
    const event: PinEvent = { ...LEARNED, kind: 'approved', pin }
    await store().addPinEvent(event)
    expect(await store().listPinEvents('prod')).toEqual([event])
  })
}

function describeMismatches(store: () => GateStore): void {
  it('keeps the first mismatch of each kind of a file, in the order of arrival', async () => {
    const metadata: Mismatch = { ...MISMATCH, kind: 'metadata' }
    for (const one of [{ ...MISMATCH, fileName: 'b.whl' }, metadata, MISMATCH, { ...MISMATCH, found: 'f2' }])
      await store().addMismatch(PLACE, one)
    await store().addMismatch({ ...PLACE, upstream: 'u2' }, MISMATCH)
    expect(await store().listMismatches(PLACE)).toEqual([
      { ...MISMATCH, fileName: 'b.whl' },
      metadata,
      MISMATCH,
    ])
    expect(await store().listMismatches({ ...PLACE, name: 'other' })).toEqual([])
  })

  it('lists none of a name that was lifted, until it is found again', async () => {
    await store().addMismatch(PLACE, MISMATCH)
    await store().addMismatch({ ...PLACE, name: 'other' }, MISMATCH)
    await store().liftMismatches(PLACE, 200)
    expect(await store().listMismatches(PLACE)).toEqual([])
    expect(await store().listMismatches({ ...PLACE, name: 'other' })).toEqual([MISMATCH])
    const again = { ...MISMATCH, found: 'f2', atMs: 300 }
    await store().addMismatch(PLACE, again)
    expect(await store().listMismatches(PLACE)).toEqual([again])
  })

  it('lifts many', async () => {
    for (let at = 0; at < 600; at += 1)
      await store().addMismatch(PLACE, { ...MISMATCH, fileName: `demo-${at}.tar.gz` })
    expect(await store().listMismatches(PLACE)).toHaveLength(600)
    await store().liftMismatches(PLACE, 200)
    expect(await store().listMismatches(PLACE)).toEqual([])
  })

  it('raises the revision of the page for one that is new or lifted', async () => {
    await store().keepPage(
      PLACE,
      { etag: null, serial: null, status: null, tellsOfSeals: false, files: [] },
      1,
    )
    await store().addMismatch(PLACE, MISMATCH)
    await store().addMismatch(PLACE, { ...MISMATCH, atMs: 200 })
    expect(await store().findName(PLACE)).toMatchObject({ revision: 2 })
    await store().liftMismatches(PLACE, 300)
    await store().liftMismatches(PLACE, 400)
    expect(await store().findName(PLACE)).toMatchObject({ revision: 3 })
  })
}

function describeRefusals(store: () => GateStore): void {
  it('counts a refusal that it keeps, and changes nothing else of it', async () => {
    await store().noteRefusal(refusal('a'), 100)
    await store().noteRefusal(refusal('a', { sentence: 'other', report: '{}' }), 300)
    await store().noteRefusal(refusal('a', { gate: 'test' }), 400)
    expect(await store().findRefusal('prod', 'a')).toEqual({
      ...refusal('a'),
      ...{ firstAtMs: 100, lastAtMs: 300, count: 2 },
    })
    expect(await store().findRefusal('test', 'a')).toMatchObject({ gate: 'test', count: 1 })
    expect(await store().findRefusal('prod', 'b')).toBeUndefined()
  })

  it('lists those that happened since, the most frequent first', async () => {
    const times = { a: [100, 100, 100], b: [200], c: [200, 300], d: [250] }
    for (const [id, all] of Object.entries(times))
      for (const atMs of all) await store().noteRefusal(refusal(id), atMs)
    await store().noteRefusal(refusal('e', { gate: 'test' }), 300)
    const list = async (sinceMs: number, limit: number) =>
      (await store().listRefusals('prod', { sinceMs, limit })).map(({ id, count }) => [id, count])
    expect(await list(200, 9)).toEqual([
      ['c', 2],
      ['d', 1],
      ['b', 1],
    ])
    expect(await list(0, 2)).toEqual([
      ['a', 3],
      ['c', 2],
    ])
    expect(await list(301, 9)).toEqual([])
  })

  it('forgets those that did not happen since, and no others', async () => {
    for (const [id, atMs] of [
      ['a', 100],
      ['b', 100],
      ['c', 200],
    ] as const)
      await store().noteRefusal(refusal(id), atMs)
    await store().noteRefusal(refusal('b'), 300)
    await store().noteRefusal(refusal('a', { gate: 'test' }), 100)
    await store().forgetRefusals(200)
    expect(await store().findRefusal('prod', 'a')).toBeUndefined()
    expect(await store().findRefusal('test', 'a')).toBeUndefined()
    expect(await store().listRefusals('prod', { sinceMs: 0, limit: 9 })).toMatchObject([
      { id: 'b', firstAtMs: 100, count: 2 },
      { id: 'c', count: 1 },
    ])
  })
}

function describeLetThrough(store: () => GateStore): void {
  it('counts what was let through by itself: by ground, and by release the last one first', async () => {
    const unsigned = { code: 'gate.unsigned' }
    for (const [id, changes, atMs, times] of [
      ['a', unsigned, 100, 2],
      ['b', { ...unsigned, fileName: 'demo-2.0.whl' }, 300, 1],
      ['c', { ...unsigned, version: '3.0' }, 200, 4],
      ['d', {}, 250, 1],
      ['e', { gate: 'test' }, 400, 1],
      ['f', unsigned, 10, 1],
    ] as const)
      await store().noteLetThrough(refusal(id, changes), atMs, times)
    await store().noteLetThrough(refusal('c'), 210, 1)
    await store().noteRefusal(refusal('g'), 500)
    const release = { name: 'demo', version: '2.0', code: 'gate.unsigned' }
    const releases = [
      { ...release, id: 'a', files: 2, requests: 3, lastAtMs: 300 },
      { ...release, id: 'd', code: 'verify.identity', files: 1, requests: 1, lastAtMs: 250 },
      { ...release, id: 'c', version: '3.0', files: 1, requests: 5, lastAtMs: 210 },
    ]
    const grounds = [
      { code: 'gate.unsigned', releases: 2, files: 3, requests: 8 },
      { code: 'verify.identity', releases: 1, files: 1, requests: 1 },
    ]
    const page = { sinceMs: 100, limit: 9 }
    expect(await store().letThrough('prod', page)).toEqual({ grounds, releases })
    expect(await store().letThrough('prod', { ...page, limit: 1 })).toEqual({
      grounds,
      releases: releases.slice(0, 1),
    })
    expect(await store().findRefusal('prod', 'a')).toMatchObject({ count: 0 })
  })

  it('is first told when a client is refused, not when it was let through', async () => {
    await store().noteLetThrough(refusal('a'), 100, 1)
    await store().noteRefusal(refusal('a'), 200)
    await store().noteRefusal(refusal('a'), 300)
    expect(await store().findRefusal('prod', 'a')).toMatchObject({ firstAtMs: 200, lastAtMs: 300, count: 2 })
  })
}

function describeTrimming(store: () => GateStore): void {
  it('keeps the last refusals of whole names, and all of files', async () => {
    const ofName = { fileName: '', version: '' }
    for (const [id, atMs] of [
      ['a', 300],
      ['b', 100],
      ['c', 200],
    ] as const)
      await store().noteRefusal(refusal(id, ofName), atMs)
    await store().noteRefusal(refusal('d'), 50)
    await store().noteRefusal(refusal('e', { ...ofName, gate: 'test' }), 50)
    await store().trimNameRefusals('prod', 2)
    const kept = await store().listRefusals('prod', { sinceMs: 0, limit: 9 })
    expect(kept.map(({ id }) => id)).toEqual(['a', 'c', 'd'])
    expect(await store().findRefusal('test', 'e')).toMatchObject({ count: 1 })
  })
}

function describeExemptions(store: () => GateStore): void {
  it('keeps since when a policy has an exemption, and when it matched last, as long as it has it', async () => {
    const keep = (day: number, all: readonly string[], matched: readonly string[] = []) =>
      store().keepExemptions('prod', { day, all, matched })
    await keep(10, ['a', 'b'], ['b'])
    await store().keepExemptions('test', { day: 5, all: ['a'], matched: [] })
    await keep(20, ['b', 'c', 'a'], ['a'])
    expect(await store().exemptionDays('prod')).toEqual(
      new Map([
        ['a', { sinceDay: 10, matchedDay: 20 }],
        ['b', { sinceDay: 10, matchedDay: 10 }],
        ['c', { sinceDay: 20, matchedDay: null }],
      ]),
    )
    await keep(30, ['c'])
    await keep(40, ['c', 'a'])
    expect(await store().exemptionDays('prod')).toEqual(
      new Map([
        ['a', { sinceDay: 40, matchedDay: null }],
        ['c', { sinceDay: 20, matchedDay: null }],
      ]),
    )
    expect(await store().exemptionDays('test')).toEqual(new Map([['a', { sinceDay: 5, matchedDay: null }]]))
  })
}

function describeCounts(store: () => GateStore): void {
  it('adds up what happened since, by whole hours', async () => {
    const what: readonly (keyof Counts)[] = ['served', 'served', 'held', 'refused', 'wouldRefuse']
    for (const one of what) await store().count('prod', 10 * HOUR_MS + 5, one)
    await store().count('prod', 12 * HOUR_MS, 'served', 40)
    await store().count('test', 12 * HOUR_MS, 'held')
    const all = { served: 42, held: 1, refused: 1, wouldRefuse: 1 }
    expect(await store().countsSince('prod', 0)).toEqual(all)
    expect(await store().countsSince('prod', 11 * HOUR_MS - 1)).toEqual(all)
    const rest = { served: 40, held: 0, refused: 0, wouldRefuse: 0 }
    expect(await store().countsSince('prod', 11 * HOUR_MS)).toEqual(rest)
    expect(await store().countsSince('prod', 13 * HOUR_MS)).toEqual({ ...rest, served: 0 })
  })
}
