import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../base/index.ts'
import { wheelMembers, zipOf } from '../../formats/python/archive/arrange.ts'
import { bytesOf } from '../../registry/seals/arrange.ts'
import {
  askedOf,
  bytesIn,
  fetched,
  metadataIn,
  netError,
  offer,
  openBench,
  pushed,
  refusalFor,
  settle,
  WHEEL,
  type Bench,
} from './arrange.ts'
import type { Arriving } from './arriving.ts'
import type { Fetching } from './fetching.ts'
import { createTurns } from './in-turn.ts'
import { createNamedFiles } from './named-files.ts'
import { largeMetadata } from './large-metadata.ts'

const HONEST = bytesOf(WHEEL)
const EVIL = Buffer.from('Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: evil\n')

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
  return () => bench.close()
})

const PADDING = { name: 'demo/padding.bin', content: new Uint8Array(64 << 20), method: 0 }
const wheel = (content: string): Uint8Array => zipOf([PADDING, ...wheelMembers(WHEEL, { content })])
const LARGE = wheel('a large wheel')
const LIE = zipOf([PADDING, ...wheelMembers(WHEEL, { requiresPython: '<0' })])

/** By its page a wheel that is too large to wait for; what ranges of it are is another matter. */
function offerLarge(sent: Uint8Array = LARGE): ReturnType<typeof pushed> {
  offer(bench.upstream, WHEEL, { bytes: HONEST, sent, listed: { sizeBytes: sent.length } })
  const from = pushed()
  bench.upstream.streams = from.stream
  return from
}

describe('metadata of a large wheel', () => {
  it('that is not what stands beside it is refused before a byte of the wheel is fetched', async () => {
    offerLarge()
    bench.upstream.metadata = EVIL
    expect(await refusalFor(bench.gate, WHEEL, 'metadata')).toMatchObject({ code: 'gate.metadata' })
    expect(bench.upstream.asked).not.toContain(`open ${WHEEL}`)
  })

  it.each([
    ['nothing stands beside it', undefined, true],
    ['the upstream answers no ranges', EVIL, false],
  ])('waits for the whole where %s', async (_what, beside, hasRanges) => {
    offerLarge()
    bench.upstream.metadata = beside
    bench.upstream.hasRanges = hasRanges
    const answer = bench.gate.file(askedOf(WHEEL, 'metadata'))
    await expect.poll(() => bench.upstream.asked).toContain(`open ${WHEEL}`)
    await bench.pass(12_000)
    expect(await answer).toMatchObject({ status: 424 })
  })

  it('waits for the whole where the range is no archive: that is judged by all of its bytes', async () => {
    offerLarge(new Uint8Array(65 << 20))
    bench.upstream.metadata = EVIL
    const answer = bench.gate.file(askedOf(WHEEL, 'metadata'))
    await expect.poll(() => bench.upstream.asked).toContain(`open ${WHEEL}`)
    await bench.pass(12_000)
    expect(await answer).toMatchObject({ status: 424 })
  })

  it('is told as trouble of the upstream where its ranges fail', async () => {
    offerLarge()
    bench.upstream.metadata = EVIL
    bench.upstream.failing.set('range', () => Promise.reject(netError()))
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('gate.upstream')
  })

  it('waits for the whole at an upstream that is strict', async () => {
    await bench.close()
    bench = await openBench({ upstreamChanges: { metadata: 'strict' } })
    offerLarge()
    bench.upstream.metadata = await metadataIn(WHEEL, HONEST)
    const answer = bench.gate.file(askedOf(WHEEL, 'metadata'))
    await expect.poll(() => bench.upstream.asked).toContain(`open ${WHEEL}`)
    await bench.pass(12_000)
    await answer
    expect(bench.upstream.asked).not.toContain(`metadata ${WHEEL}`)
  })
})

const temporary = (): Promise<readonly string[]> => readdir(join(bench.folder, 'tmp'))

describe('metadata of a large wheel that was handed out', () => {
  /** The upstream lies in both places: in the range and beside. */
  async function handedOut(): Promise<ReturnType<typeof pushed>> {
    const from = offerLarge(LIE)
    bench.upstream.metadata = await metadataIn(WHEEL, LIE)
    const answer = await bench.gate.file(askedOf(WHEEL, 'metadata'))
    expect(sha256Hex((await bytesIn(answer)) as Uint8Array)).toBe(sha256Hex(bench.upstream.metadata))
    await settle()
    return from
  }

  const asks = (what: string): number => bench.upstream.asked.filter((one) => one.startsWith(what)).length

  it('was read once for all who asked, until the wheel came or failed', async () => {
    const from = offerLarge(LIE)
    bench.upstream.metadata = await metadataIn(WHEEL, LIE)
    const answers = [1, 2, 3].map(() => fetched(bench.gate, WHEEL, 'metadata'))
    expect(await Promise.all(answers)).toEqual(['allowed', 'allowed', 'allowed'])
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('allowed')
    await expect.poll(() => asks('open')).toBe(1)
    const ranges = asks('range')
    expect([asks('metadata'), asks('open')]).toEqual([1, 1])
    await from.fail(netError())
    await expect.poll(temporary).toEqual([])
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('allowed')
    expect([asks('metadata'), asks('range')]).toEqual([2, 2 * ranges])
  })

  it('is followed by few wheels at once, and by no more than are kept in memory', async () => {
    const names = Array.from({ length: 65 }, (_, at) => `demo-1.0-${at}-py3-none-any.whl`)
    for (const one of names)
      offer(bench.upstream, one, { bytes: utf8(one), sent: LARGE, listed: { sizeBytes: LARGE.length } })
    bench.upstream.streams = (signal) => pushed().stream(signal)
    bench.upstream.metadata = await metadataIn(WHEEL, LARGE)
    const told = []
    for (const one of names) told.push(await fetched(bench.gate, one, 'metadata'))
    expect([new Set(told.slice(0, 64)), told[64]]).toEqual([new Set(['allowed']), 'gate.upstream'])
    await settle()
    expect(asks('open')).toBe(4)
  })

  it('is read anew for who comes after one that failed', async () => {
    offerLarge(LIE)
    bench.upstream.metadata = await metadataIn(WHEEL, LIE)
    bench.upstream.failing.set('range', () => Promise.reject(netError()))
    const answers = [1, 2].map(() => fetched(bench.gate, WHEEL, 'metadata'))
    expect([await Promise.all(answers), asks('range')]).toEqual([['gate.upstream', 'gate.upstream'], 1])
    bench.upstream.failing.clear()
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('allowed')
  })

  it('is followed by the wheel, which nobody waits for', async () => {
    const from = await handedOut()
    await expect.poll(() => bench.upstream.asked).toContain(`open ${WHEEL}`)
    await from.push(HONEST)
    await from.end()
    // Shorter than its page says.
    await expect.poll(() => fetched(bench.gate, WHEEL, 'metadata')).toBe('gate.digest')
  })

  it('ends nothing where the wheel does not come', async () => {
    const from = await handedOut()
    await from.fail(netError())
    expect(await fetched(bench.gate, WHEEL, 'metadata')).toBe('allowed')
  })

  it('is refused for ever where the wheel came and has another one', async () => {
    const from = offerLarge(LIE)
    const found: unknown[] = []
    const fetching: Fetching = {
      named: createNamedFiles(),
      handedOut: new Map(),
      behind: createTurns(1),
      arriving: async () => ({ ...startedBy(from), waited: () => Promise.resolve() }),
      mismatch: async (_wanted, one) => {
        found.push(one)
        return netError()
      },
      close: () => Promise.resolve(),
    }
    const lie = await metadataIn(WHEEL, LIE)
    const honest = await metadataIn(WHEEL, LARGE)
    bench.upstream.metadata = lie
    await bench.gate.page('demo')
    const [known] = await bench.store.listFiles({ upstream: '0123456789abcdef', name: 'demo' })
    const file = { ...known!, sha256: known!.sha256! }
    await bench.store.keepMetadata(file.sha256, honest)
    const wanted = { upstream: bench.parts.upstreams[0]!, name: 'demo', file }
    expect(await largeMetadata(bench.parts, fetching, wanted)).toEqual(lie)
    await settle()
    expect(found).toEqual([{ kind: 'metadata', expected: sha256Hex(honest), found: sha256Hex(lie) }])
  })
})

function startedBy({ stream }: ReturnType<typeof pushed>): Arriving {
  const bytes = stream(new AbortController().signal)
  return {
    proved: Promise.resolve(),
    judged: Promise.resolve(),
    follow: () => bytes as AsyncGenerator<Uint8Array>,
    waited: () => Promise.resolve(),
    waitedForMetadata: () => Promise.resolve(),
    isDone: () => true,
    arrivedBytes: () => 0,
  }
}
