import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GatePolicy } from './parts.ts'
import {
  ANYTHING,
  askedOf,
  bytesIn,
  offer,
  openBench,
  policyOf,
  SEALED,
  WHEEL,
  type Bench,
  type BenchChanges,
} from './arrange.ts'

const ASKED = askedOf(WHEEL)

let bench: Bench
let policy: GatePolicy

async function open(changes: BenchChanges = {}): Promise<void> {
  policy = await policyOf(ANYTHING)
  bench = await openBench({ policy: () => policy, ...changes })
  offer(bench.upstream, WHEEL)
}
beforeEach(() => open())
afterEach(() => bench.close())

/** From the upstream, then from the disk. */
async function fetchTwice(): Promise<void> {
  for (let times = 0; times < 2; times += 1) await bytesIn(await bench.gate.file(ASKED))
}

describe('a page at once', () => {
  it('is the one that was made for who asked before, and no other', async () => {
    expect(bench.gate.pageNow('demo')).toBeUndefined()
    const page = await bench.gate.page('demo')
    expect(bench.gate.pageNow('demo')).toBe(page)
    expect(bench.gate.pageNow('other')).toBeUndefined()
  })

  it.each([
    ['its upstream has to be asked again', () => bench.pass(60_000)],
    ['somebody had it asked again', () => bench.gate.refresh('demo')],
    [
      'there is another policy',
      async () => {
        policy = await policyOf(SEALED)
      },
    ],
  ])('is not there when %s', async (_why, happens) => {
    await bench.gate.page('demo')
    await happens()
    expect(bench.gate.pageNow('demo')).toBeUndefined()
  })

  it('is not there while it is made', async () => {
    const made = bench.gate.page('demo')
    for (let turns = 0; turns < 5; turns += 1) {
      await Promise.resolve()
      expect(bench.gate.pageNow('demo')).toBeUndefined()
    }
    await made
  })
})

describe('a file at once', () => {
  it('is there when it was served and is in memory, and counts as served', async () => {
    await bench.gate.page('demo')
    expect(bench.gate.fileNow(ASKED)).toBeUndefined()
    await fetchTwice()
    const { bytes } = bench.upstream.offers.get(WHEEL)!
    expect(bench.gate.fileNow(ASKED)).toMatchObject({
      kind: 'small',
      fileName: WHEEL,
      wouldRefuse: null,
      bytes,
    })
    await bench.gate.close()
    expect((await bench.gate.status(0)).counts.served).toBe(3)
  })

  it.each([
    ['another upstream', { upstream: '-' }],
    ['another path', { path: WHEEL }],
    ['what is no distribution', { path: 'packages/demo.txt' }],
    ['its metadata', { kind: 'metadata' as const }],
    ['its provenance', { kind: 'provenance' as const }],
  ])('is not there for %s', async (_what, changes) => {
    await fetchTwice()
    expect(bench.gate.fileNow(ASKED)).toBeDefined()
    expect(bench.gate.fileNow({ ...ASKED, ...changes })).toBeUndefined()
  })

  it('is not there when its page is old', async () => {
    await fetchTwice()
    await bench.pass(60_000)
    expect(bench.gate.fileNow(ASKED)).toBeUndefined()
  })

  it('is not there from the moment on at which the policy refuses it', async () => {
    await fetchTwice()
    policy = await policyOf(SEALED)
    expect(bench.gate.fileNow(ASKED)).toBeUndefined()
    expect(await bench.gate.file(ASKED)).toMatchObject({ kind: 'refused' })
    expect(bench.gate.fileNow(ASKED)).toBeUndefined()
  })

  it('is not there in the mode warn where enforce would refuse it', async () => {
    await bench.close()
    await open({ mode: 'warn' })
    policy = await policyOf(SEALED)
    await fetchTwice()
    expect(await bench.gate.file(ASKED)).toMatchObject({ kind: 'kept', wouldRefuse: 'gate.unsigned' })
    expect(bench.gate.fileNow(ASKED)).toBeUndefined()
  })

  it('is not there when the cache has lost it', async () => {
    await fetchTwice()
    const answer = bench.gate.fileNow(ASKED)
    await bench.parts.cache.remove(answer?.sha256 ?? '')
    expect(bench.gate.fileNow(ASKED)).toBeUndefined()
  })
})
