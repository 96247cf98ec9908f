import { beforeEach, describe, expect, it } from 'vitest'
import { makeSeal } from '../../registry/seals/arrange.ts'
import type { GateStore } from '../store.ts'
import {
  ANYTHING,
  DAY_MS,
  fetched,
  gateUpstream,
  NEWER,
  NOW,
  offer,
  openBench,
  provenanceOf,
  SEALED,
  WHEEL,
  type Bench,
} from './arrange.ts'
import { tryPolicy } from './trial.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
  offer(bench.upstream, WHEEL)
  offer(bench.upstream, NEWER)
  return () => bench.close()
})

const NOTHING = { files: 0, served: 0, grounds: [], releases: [] }
const trialOf = (toml: string, name?: string) =>
  bench.gate.tryPolicy({ toml, fileName: 'next.toml', ...(name === undefined ? {} : { name }) })

describe('a policy that is tried', () => {
  it('says what it would refuse that is served now, with the sentence, and what of that was served', async () => {
    await fetched(bench.gate, WHEEL)
    const trial = await trialOf(SEALED)
    expect(trial).toMatchObject({
      looked: { days: 30, names: 1, files: 2, served: 1, isAll: true },
      policy: { path: 'next.toml', rules: 1, exemptions: 0 },
      allowed: NOTHING,
      notJudged: NOTHING,
    })
    expect(trial.refused).toMatchObject({
      files: 2,
      served: 1,
      grounds: [{ code: 'gate.unsigned', releases: 2, files: 2, served: 1 }],
    })
    const [first] = trial.refused.releases
    expect(first).toMatchObject({ name: 'demo', version: '1.0', code: 'gate.unsigned', served: 1 })
    expect(first?.sentence).toBe(
      'refused (gate.unsigned): demo 1.0 has no seal, and rule 1 of next.toml (name demo) asks for one',
    )
  })

  it('says what it would allow that is refused now', async () => {
    await bench.gate.page('demo')
    expect((await trialOf(ANYTHING)).refused).toEqual(NOTHING)
    const now = await (await openSealed()).tryPolicy({ toml: ANYTHING, fileName: 'next.toml' })
    expect(now.refused).toEqual(NOTHING)
    expect(now.allowed.grounds).toEqual([{ code: 'gate.unsigned', releases: 2, files: 2, served: 0 }])
  })

  it('is compared with what the mode serves: in warn the policy of the gate itself can be tried', async () => {
    const gate = await openSealed('warn')
    await fetched(gate, WHEEL)
    const { refused } = await gate.tryPolicy({ toml: SEALED, fileName: 'next.toml' })
    expect([refused.files, refused.served]).toEqual([2, 1])
  })

  it('does not know what nobody has looked for, asks nobody, and writes nothing', async () => {
    await bench.close()
    bench = await openBench({ upstreamChanges: { seals: 'beside' } })
    offer(bench.upstream, WHEEL)
    await fetched(bench.gate, WHEEL)
    const asked = [...bench.upstream.asked]
    const { store, written } = watched()
    const parts = { ...bench.parts, store }
    const { notJudged, refused } = await tryPolicy(parts, { toml: SEALED, fileName: 'next.toml' })
    expect([notJudged.served, refused.files]).toEqual([1, 0])
    expect(notJudged.releases).toMatchObject([{ code: 'not judged', version: '1.0' }])
    expect([bench.upstream.asked, written]).toEqual([asked, []])
  })

  it('writes nothing where seals are verified anew, and knows what a log has signed twice', async () => {
    await bench.close()
    bench = await openBench({ rules: SEALED, mode: 'warn' })
    const entry = { treeId: 66 }
    for (const of of [WHEEL, NEWER])
      offer(bench.upstream, of, { provenance: provenanceOf(makeSeal({ of, entry }).attestation) })
    for (const of of [WHEEL, NEWER]) await fetched(bench.gate, of)
    const { trustRoot } = bench.parts.upstreams[0]?.trust() ?? {}
    if (trustRoot === undefined) throw new Error('there is no upstream')
    const trust = () => ({ trustRoot, rootsSha256: 'newer roots', untilMs: null })
    const { store, written } = watched()
    const parts = { ...bench.parts, store, upstreams: [gateUpstream(bench.upstream, { trust })] }
    const { refused } = await tryPolicy(parts, { toml: SEALED, fileName: 'next.toml' })
    expect(written).toEqual([])
    expect(refused.grounds).toMatchObject([{ code: 'gate.split-view' }])
  })

  it('says what it would no longer serve as before, once the upstream has taken it back', async () => {
    await bench.close()
    bench = await openBench({ rules: `${ANYTHING}gone = "serve"\n` })
    for (const one of [WHEEL, NEWER]) offer(bench.upstream, one)
    await fetched(bench.gate, WHEEL)
    bench.upstream.offers.delete(WHEEL)
    await bench.pass(61_000)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    expect((await trialOf(ANYTHING)).refused).toMatchObject({
      served: 1,
      grounds: [{ code: 'gate.gone', files: 1 }],
    })
  })

  it('looks at the last packages that were asked for, and says where there are more', async () => {
    for (const name of ['one', 'two', 'three']) {
      offer(bench.upstream, `${name}-1.0-py3-none-any.whl`)
      await bench.gate.page(name)
      await bench.pass(1_000)
    }
    const file = { toml: SEALED, fileName: 'next.toml' }
    const some = await tryPolicy(bench.parts, file, { names: 2, files: 99 })
    expect([some.looked.names, some.looked.isAll]).toEqual([2, false])
    expect(some.refused.releases.map(({ name }) => name)).toEqual(['three', 'two'])
    expect((await tryPolicy(bench.parts, file, { names: 9, files: 2 })).looked).toMatchObject({
      names: 2,
      isAll: false,
    })
    const routed = [
      gateUpstream(bench.upstream, { key: 'other', names: ['two', 'three'] }),
      ...bench.parts.upstreams,
    ]
    const elsewhere = await tryPolicy({ ...bench.parts, upstreams: routed }, file, { names: 1, files: 9 })
    // The last ones are those of another upstream now: what comes behind them was not even read.
    expect([elsewhere.looked.names, elsewhere.looked.isAll]).toEqual([0, false])
    await bench.pass(31 * DAY_MS)
    expect((await trialOf(SEALED)).looked).toMatchObject({ names: 0, isAll: true })
    expect((await trialOf(SEALED, 'one')).refused.grounds).toMatchObject([{ code: 'gate.unlisted' }])
  })

  it('is no news of an upstream that has been down for long, of a wrong clock and of a name nobody asked for', async () => {
    await bench.gate.page('demo')
    await bench.pass(20 * DAY_MS)
    const parts = { ...bench.parts, clockFact: () => 'this clock is wrong' }
    expect((await tryPolicy(parts, { toml: ANYTHING, fileName: 'p' })).refused).toEqual(NOTHING)
    await expect(trialOf(SEALED, 'other')).rejects.toThrow('knows nothing of other')
    await expect(trialOf('version = 9')).rejects.toThrow('next.toml')
    expect(bench.parts.clock.nowMs()).toBe(NOW + 20 * DAY_MS)
  })
})

/** The store of the bench, and the names of what is called to write. */
function watched(): { readonly store: GateStore; readonly written: readonly string[] } {
  const written: string[] = []
  const calls = Object.entries(bench.store).map(([method, call]) => [
    method,
    (...args: readonly unknown[]) => {
      if (!/^(?:find|list|sealsOf)/.test(method)) written.push(method)
      return (call as (...all: unknown[]) => unknown)(...args)
    },
  ])
  return { store: Object.fromEntries(calls) as GateStore, written }
}

/** With a page that is known. */
async function openSealed(mode: 'enforce' | 'warn' = 'enforce') {
  await bench.close()
  bench = await openBench({ rules: SEALED, mode })
  offer(bench.upstream, WHEEL)
  offer(bench.upstream, NEWER)
  await bench.gate.page('demo')
  return bench.gate
}
