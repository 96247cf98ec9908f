import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../base/index.ts'
import { bytesOf, makeSeal } from '../../registry/seals/arrange.ts'
import { trustRoot } from '../../verify/arrange.ts'
import { entryFor, fetched, gateUpstream, offer, openBench, SEALED, WHEEL, type Bench } from './arrange.ts'
import { isDigested, type DigestedFile } from './digested.ts'
import { keepSeals } from './kept-seals.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ rules: SEALED })
  return () => bench.close()
})

const good = utf8(makeSeal().bundle)
const junk = (count: number, mark = ''): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, index) => utf8(`{"junk":"${mark}${index}"}`))
const upstream = '0123456789abcdef'
const sha256 = sha256Hex(bytesOf(WHEEL))
const keptCount = async (): Promise<number> => (await bench.store.sealsOf(upstream, sha256)).length
const yanked = async (gate = bench.gate) => entryFor(await gate.page('demo'), WHEEL)?.yanked

describe('many seals that do not hold', () => {
  it.each([0, 10, 39])('hide none that does, the one after %i of 40', async (at) => {
    const bundles = [...junk(at), good, ...junk(39 - at, 'x')]
    offer(bench.upstream, WHEEL, { bundles })
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    expect(await yanked()).toBeNull()
    expect([await keptCount(), bench.logged.includes('gate.seals-left-out')]).toEqual([32, true])
  })

  it('push out none that was judged before, also where every verdict is made anew', async () => {
    offer(bench.upstream, WHEEL, { bundles: [good] })
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    offer(bench.upstream, WHEEL, { bundles: junk(100) })
    const [file] = await bench.store.listFiles({ upstream, name: 'demo' })
    const found = junk(100).map((bytes) => ({
      kind: 'bundle' as const,
      source: 'https://pypi.example/p',
      sha256: sha256Hex(bytes),
      bytes,
    }))
    await keepSeals(bench.parts, { upstream, file: file as DigestedFile }, found)
    const other = { trustRoot, rootsSha256: 'other', untilMs: null }
    const upstreams = [gateUpstream(bench.upstream, { trust: () => other })]
    for (const gate of [bench.reopen(), bench.reopen({ upstreams })]) {
      expect(await yanked(gate)).toBeNull()
      expect(await fetched(gate, WHEEL)).toBe('allowed')
      expect(await yanked(gate)).toBeNull()
    }
    expect(await keptCount()).toBe(32)
  })
})

describe('what is kept of seals', () => {
  const listed = async (): Promise<DigestedFile> => {
    offer(bench.upstream, WHEEL)
    await bench.gate.page('demo')
    const files = await bench.store.listFiles({ upstream, name: 'demo' })
    const file = files.find(isDigested)
    if (file === undefined) throw new Error('no file is listed')
    return file
  }
  const foundAt = (origin: string) => (bytes: Uint8Array, index: number) => ({
    kind: 'bundle' as const,
    source: `${origin}/${index}`,
    sha256: sha256Hex(bytes),
    bytes,
  })

  it('of one origin leaves room for every other one', async () => {
    const file = await listed()
    expect(
      await keepSeals(bench.parts, { upstream, file }, junk(100).map(foundAt('https://a.example'))),
    ).toBe(32)
    expect(
      await keepSeals(bench.parts, { upstream, file }, junk(100, 'x').map(foundAt('https://a.example'))),
    ).toBe(32)
    expect(await keepSeals(bench.parts, { upstream, file }, [good].map(foundAt('https://b.example')))).toBe(
      33,
    )
    expect(await keepSeals(bench.parts, { upstream, file }, [good].map(foundAt('https://a.example')))).toBe(
      33,
    )
  })

  it('is at most 2 MiB of an origin, be one alone as large as it is', async () => {
    const file = await listed()
    const large = junk(5).map((bytes) => Buffer.concat([bytes, new Uint8Array(900_000)]))
    expect(await keepSeals(bench.parts, { upstream, file }, large.map(foundAt('https://a.example')))).toBe(2)
    const huge = [Buffer.alloc(3 << 20)].map(foundAt('https://b.example'))
    expect(await keepSeals(bench.parts, { upstream, file }, huge)).toBe(3)
  })
})
