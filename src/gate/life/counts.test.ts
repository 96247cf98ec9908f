import { beforeEach, describe, expect, it } from 'vitest'
import { bytesOf } from '../../registry/seals/arrange.ts'
import {
  askedOf,
  DAY_MS,
  fetched,
  netError,
  NOW,
  offer,
  openBench,
  refusalFor,
  SEALED,
  WHEEL,
  type Bench,
} from './arrange.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ rules: SEALED })
  offer(bench.upstream, WHEEL)
  return () => bench.close()
})

const NONE = { served: 0, held: 0, refused: 0, wouldRefuse: 0 }
const counts = () => bench.store.countsSince('prod', NOW)
const refusals = async () =>
  (await bench.store.listRefusals('prod', { sinceMs: 0, limit: 9 })).map(
    ({ code, count }) => `${code} ${count}`,
  )

describe('what happens to files', () => {
  it('is counted, a refusal at once and the rest in one go', async () => {
    for (let request = 0; request < 3; request += 1) await fetched(bench.gate, WHEEL)
    expect([await refusals(), await counts()]).toEqual([['gate.unsigned 1'], NONE])
    await bench.pass(5_000)
    expect([await refusals(), await counts()]).toEqual([['gate.unsigned 3'], { ...NONE, refused: 3 }])
  })

  it('is counted whole where the store failed in between', async () => {
    let isFull = true
    const failing =
      <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      (...args: Args): Promise<Result> =>
        isFull ? Promise.reject(netError('storage.full')) : work(...args)
    const { store: kept } = bench
    const noteRefusal = failing((...args: Parameters<typeof kept.noteRefusal>) => kept.noteRefusal(...args))
    const count = failing((...args: Parameters<typeof kept.count>) => kept.count(...args))
    const store = { ...kept, noteRefusal, count }
    const gate = bench.reopen({ store })
    // It is refused, and says so, though nobody will find its number.
    expect(await refusalFor(gate, WHEEL)).toMatchObject({ code: 'gate.unsigned' })
    await bench.pass(5_000)
    expect(bench.logged).toEqual(expect.arrayContaining(['gate.refusal-not-kept', 'gate.counts']))
    isFull = false
    await fetched(gate, WHEEL)
    await fetched(gate, WHEEL)
    isFull = true
    await bench.pass(5_000)
    isFull = false
    await gate.close()
    expect([await refusals(), await counts()]).toEqual([['gate.unsigned 2'], { ...NONE, refused: 3 }])
  })

  it('is not counted where only its headers are asked for', async () => {
    const head = { ...askedOf(WHEEL), isHead: true }
    expect(await bench.gate.file(head)).toMatchObject({ code: 'gate.unsigned' })
    for (const mode of ['warn', 'off'] as const) {
      const gate = bench.reopen({ mode })
      expect(await gate.file(head)).toMatchObject({ kind: 'arriving' })
      expect((await gate.status(0)).counts).toEqual(NONE)
    }
    expect(await refusals()).toEqual([])
    expect((await bench.store.listFiles({ upstream: '0123456789abcdef', name: 'demo' }))[0]).toMatchObject({
      servedAtMs: null,
    })
  })

  it('in the mode warn is listed by its ground, also where it cannot be written for a while', async () => {
    let isFull = true
    const { store: kept } = bench
    const noteLetThrough: typeof kept.noteLetThrough = (...args) =>
      isFull ? Promise.reject(netError('storage.full')) : kept.noteLetThrough(...args)
    const gate = bench.reopen({ mode: 'warn', store: { ...kept, noteLetThrough } })
    for (let request = 0; request < 3; request += 1) await fetched(gate, WHEEL)
    await bench.pass(5_000)
    expect(bench.logged).toContain('gate.counts')
    isFull = false
    const { wouldRefuse, refused, counts: all } = await gate.status(NOW)
    expect([refused, all.wouldRefuse]).toEqual([[], 3])
    expect(wouldRefuse.grounds).toEqual([{ code: 'gate.unsigned', releases: 1, files: 1, requests: 3 }])
    const [release] = wouldRefuse.releases
    expect(release).toMatchObject({ name: 'demo', version: '1.0', requests: 3 })
    const linked = await gate.refusal(release?.id ?? '')
    expect(linked).toMatchObject({ name: 'demo', refusal: { code: 'gate.unsigned', count: 0 } })
    expect((await bench.reopen().status(NOW)).wouldRefuse.releases).toEqual([])
  })

  it('is written when the gate ends, and nothing wakes afterwards', async () => {
    await fetched(bench.gate, WHEEL)
    await bench.gate.close()
    expect(await counts()).toEqual({ ...NONE, refused: 1 })
    await bench.pass(5_000)
    expect(bench.logged).not.toContain('gate.counts')
  })

  it('is kept of so many names only: each name that somebody thinks of is refused where no rule lists it', async () => {
    const trimmed: unknown[] = []
    const trimNameRefusals = async (...asked: readonly unknown[]): Promise<void> => void trimmed.push(asked)
    const gate = bench.reopen({ store: { ...bench.store, trimNameRefusals } })
    for (let at = 0; at < 1_000; at += 1) {
      expect(trimmed).toEqual([])
      const path = `n${at}-0+wheelseal.refuses.n${at}-py3-none-any.whl`
      expect(await gate.file({ upstream: '-', path, kind: 'file' })).toMatchObject({ code: 'gate.unlisted' })
    }
    expect(trimmed).toEqual([['prod', 10_000]])
  })

  it('is forgotten after 400 days', async () => {
    await fetched(bench.gate, WHEEL)
    await bench.pass(5_000)
    expect(await refusals()).toHaveLength(1)
    await bench.pass(401 * DAY_MS)
    await bench.gate.status(0)
    expect(await refusals()).toEqual([])
  })
})

describe('a file that was served', () => {
  it('is marked once, and has another URL when it is refused later', async () => {
    let marks = 0
    const store = {
      ...bench.store,
      markServed: (...args: Parameters<typeof bench.store.markServed>) => {
        marks += 1
        return bench.store.markServed(...args)
      },
    }
    const gate = bench.reopen({ store, mode: 'off' })
    for (let request = 0; request < 3; request += 1) await fetched(gate, WHEEL)
    await fetched(gate, WHEEL, 'metadata')
    expect(marks).toBe(1)
    const strict = bench.reopen()
    const { files } = await strict.page('demo')
    expect(files.map(({ href }) => href).at(-1)).toBe(`../../recalled/pypi/packages/${WHEEL}`)
    expect(await strict.file(askedOf(WHEEL))).toMatchObject({ code: 'gate.unsigned' })
  })

  it('that nobody was served keeps its URL', async () => {
    offer(bench.upstream, WHEEL, { bytes: bytesOf(WHEEL, 'x') })
    const { files } = await bench.gate.page('demo')
    expect(files.map(({ href }) => href).at(-1)).toBe(`../../files/pypi/packages/${WHEEL}`)
  })
})
