import { beforeEach, expect, it } from 'vitest'
import { wheelOfSize } from '../../formats/python/archive/arrange.ts'
import { bytesOf } from '../../registry/seals/arrange.ts'
import type { Gate } from '../gate.ts'
import type { GateStore } from '../store.ts'
import { askedOf, bytesIn, offer, openBench, pushed, settle, WHEEL, type Bench } from './arrange.ts'

let bench: Bench
let gate: Gate
/** What was begun, and what became durable. */
let order: string[]
beforeEach(async () => {
  bench = await openBench()
  order = []
  const { store, cache } = bench.parts
  gate = bench.reopen({
    store: {
      ...store,
      markServed: noted('served', (...args: Parameters<GateStore['markServed']>) =>
        store.markServed(...args),
      ),
      keepMetadata: noted('metadata', (sha256: string, bytes: Uint8Array) =>
        store.keepMetadata(sha256, bytes),
      ),
    },
    cache: { ...cache, begin: noted('fetch', () => cache.begin()) },
  })
  return async () => {
    await gate.close()
    await bench.close()
  }
})

function noted<Args extends unknown[], Result>(what: string, work: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    order.push(what)
    const result = await work(...args)
    order.push(`${what}: durable`)
    return result
  }
}

const [short, long] = [bytesOf(WHEEL), wheelOfSize(200 << 10, WHEEL)]
const COMMIT = ['fetch', 'fetch: durable', 'metadata', 'served']

it('is one commit with the metadata of a short file, and durable before its first byte', async () => {
  offer(bench.upstream, WHEEL, { bytes: short, listed: { sizeBytes: short.length } })
  const answer = await gate.file(askedOf(WHEEL))
  if (answer.kind !== 'arriving') throw new Error(answer.kind)
  const bytes = await answer.begin()
  // What is begun before the first is durable is in its commit.
  expect(order.slice(0, COMMIT.length)).toEqual(COMMIT)
  expect(order).toContain('served: durable')
  expect(await bytesIn({ ...answer, begin: async () => bytes })).toEqual(Buffer.from(short))
})

it('is one commit with the metadata that is asked for, and durable before the answer', async () => {
  offer(bench.upstream, WHEEL, { bytes: long, listed: { sizeBytes: long.length } })
  const { kind } = await gate.file({ ...askedOf(WHEEL), kind: 'metadata' })
  expect([kind, order.slice(0, COMMIT.length)]).toEqual(['small', COMMIT])
  expect(order).toEqual(expect.arrayContaining(['served: durable', 'metadata: durable']))
})

it('is durable before the first byte of a long file, while others are still to come', async () => {
  const from = pushed()
  bench.upstream.streams = from.stream
  offer(bench.upstream, WHEEL, { bytes: long, listed: { sizeBytes: long.length } })
  const answer = await gate.file(askedOf(WHEEL))
  if (answer.kind !== 'arriving') throw new Error(answer.kind)
  const begun = answer.begin()
  await settle()
  await from.push(long.subarray(0, 100 << 10))
  const bytes = await begun
  expect(order).toContain('served: durable')
  expect(order).not.toContain('metadata')
  await from.push(long.subarray(100 << 10))
  void from.end()
  expect(await bytesIn({ ...answer, begin: async () => bytes })).toEqual(Buffer.from(long))
})

it('is not written of a short file that is another one than the page says', async () => {
  const sent = new Uint8Array(short.length)
  offer(bench.upstream, WHEEL, { bytes: short, sent, listed: { sizeBytes: short.length } })
  const answer = await gate.file(askedOf(WHEEL))
  if (answer.kind !== 'arriving') throw new Error(answer.kind)
  expect(await answer.begin()).toMatchObject({ kind: 'refused', code: 'gate.digest' })
  expect(order).not.toContain('served')
})
