import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../base/index.ts'
import { wheelOfSize } from '../../formats/python/archive/arrange.ts'
import { bytesOf } from '../../registry/seals/arrange.ts'
import {
  askedOf,
  bytesIn,
  entryFor,
  fetched,
  metadataIn,
  netError,
  NEWER,
  offer,
  openBench,
  pushed,
  refusalFor,
  settle,
  WHEEL,
  type Bench,
  type Offer,
} from './arrange.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
  return () => bench.close()
})

const SDIST = 'demo-1.0.tar.gz'
const opened = (): number => bench.upstream.asked.filter((one) => one.startsWith('open')).length
const PLACE = { upstream: '0123456789abcdef', name: 'demo' }
const big = wheelOfSize(200 << 10, WHEEL)

function kept(): { readonly files: number } {
  return { files: bench.parts.cache.usage().files }
}

describe('a file', () => {
  it('is fetched once for all who ask while it comes, and from the cache afterwards', async () => {
    const { bytes } = offer(bench.upstream, WHEEL)
    const answers = await Promise.all([1, 2, 3].map(() => bench.gate.file(askedOf(WHEEL))))
    for (const one of await Promise.all(answers.map(bytesIn))) expect(one).toEqual(Buffer.from(bytes))
    expect((await bench.gate.file(askedOf(WHEEL))).kind).toBe('kept')
    expect([opened(), kept().files]).toEqual([1, 1])
  })

  it.each([undefined, 'metadata'] as const)(
    'that is kept is no other file of the same digest: an old wheel is not served as a new one (%s)',
    async (kind) => {
      const old = offer(bench.upstream, WHEEL)
      offer(bench.upstream, NEWER, { bytes: old.bytes })
      expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
      const gate = bench.reopen()
      expect([await fetched(gate, NEWER, kind), await fetched(gate, NEWER)]).toEqual([
        'gate.metadata',
        'gate.metadata',
      ])
      expect(await fetched(bench.reopen(), WHEEL, kind)).toBe('allowed')
      expect(opened()).toBe(2)
    },
  )

  it('is not fetched for who asks about it only', async () => {
    offer(bench.upstream, WHEEL)
    expect(await bench.gate.file(askedOf(WHEEL))).toMatchObject({
      kind: 'arriving',
      sha256: expect.any(String),
    })
    await settle()
    expect(opened()).toBe(0)
  })

  it.each([1, 50, 99])('is fetched to its end where its client leaves at %i %%', async (percent) => {
    const bytes = wheelOfSize(2 << 20, WHEEL)
    offer(bench.upstream, WHEEL, { bytes })
    const from = pushed()
    bench.upstream.streams = from.stream
    const answer = await bench.gate.file(askedOf(WHEEL))
    const begun = answer.kind === 'arriving' ? answer.begin() : undefined
    const at = Math.ceil((bytes.length * percent) / 100)
    await from.push(bytes.subarray(0, Math.max(at, 70_000)))
    const stream = await begun
    if (stream === undefined || 'kind' in stream) throw new Error('it was refused')
    await stream[Symbol.asyncIterator]().return?.()
    await from.push(bytes.subarray(Math.max(at, 70_000)))
    await from.end()
    await expect.poll(() => kept().files).toBe(1)
    expect((await bench.gate.file(askedOf(WHEEL))).kind).toBe('kept')
  })

  it('that is big is given up with its last client, and begun anew by the next one', async () => {
    offer(bench.upstream, WHEEL, { listed: { sizeBytes: 65 << 20 }, bytes: big })
    const from = pushed()
    bench.upstream.streams = from.stream
    const answer = await bench.gate.file(askedOf(WHEEL))
    const begun = answer.kind === 'arriving' ? answer.begin() : undefined
    await from.push(new Uint8Array(100_000))
    const stream = await begun
    if (stream === undefined || 'kind' in stream) throw new Error('it was refused')
    // Nobody has begun to read it.
    await stream[Symbol.asyncIterator]().return?.()
    await expect.poll(temporary).toEqual([])
    expect(from.isAborted()).toBe(true)
    bench.upstream.streams = undefined
    offer(bench.upstream, WHEEL, { bytes: big })
    await bench.pass(61_000)
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('of an upstream that breaks off is told as that, and begun anew', async () => {
    offer(bench.upstream, WHEEL)
    bench.upstream.streams = async function* cut() {
      yield new Uint8Array(10)
      throw netError('net.reply')
    }
    const refusal = await refusalFor(bench.gate, WHEEL)
    expect(refusal).toMatchObject({ status: 424, code: 'gate.upstream' })
    expect(refusal.sentence).not.toContain('10.0.0.7')
    expect(bench.logged).toEqual(['gate.fetch-failed'])
    bench.upstream.streams = undefined
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
  })

  it('that does not come at all is logged, and why', async () => {
    offer(bench.upstream, WHEEL)
    bench.upstream.failing.set('open', () => Promise.reject(netError('net.other-host')))
    expect(await refusalFor(bench.gate, WHEEL)).toMatchObject({ status: 424, code: 'gate.upstream' })
    expect(bench.logged).toEqual(['gate.fetch-failed'])
  })

  it('that is larger than the gate takes is not asked for', async () => {
    await bench.close()
    bench = await openBench({ upstreamChanges: { maxFileBytes: 100 } })
    offer(bench.upstream, WHEEL)
    expect(await refusalFor(bench.gate, WHEEL)).toMatchObject({
      code: 'gate.upstream',
      sentence: expect.stringContaining('the gate takes at most 100'),
    })
    expect(opened()).toBe(0)
  })

  it('on its way is ended with the gate, and nothing of it is left', async () => {
    offer(bench.upstream, WHEEL, { bytes: big })
    const from = pushed()
    bench.upstream.streams = from.stream
    const answer = await bench.gate.file(askedOf(WHEEL))
    const begun = answer.kind === 'arriving' ? answer.begin() : undefined
    await from.push(big.subarray(0, 1000))
    await bench.gate.close()
    expect(await begun).toMatchObject({ code: 'gate.upstream' })
    await expect.poll(temporary).toEqual([])
    expect(kept().files).toBe(0)
  })
})

async function temporary(): Promise<readonly string[]> {
  return readdir(join(bench.folder, 'tmp'))
}

const OTHER = bytesOf(WHEEL, 'other bytes')
const NAMELESS = bytesOf('other-1.0-py3-none-any.whl')

const LIES: readonly (readonly [what: string, code: string, offered: Partial<Offer>])[] = [
  ['other bytes', 'gate.digest', { sent: OTHER }],
  ['more bytes', 'gate.digest', { sent: Buffer.concat([bytesOf(WHEEL), new Uint8Array(100_000)]) }],
  ['fewer bytes', 'gate.digest', { sent: bytesOf(WHEEL).subarray(0, 50) }],
  ['no bytes', 'gate.digest', { sent: new Uint8Array() }],
  ['the digest of another length', 'gate.digest', { listed: { sizeBytes: bytesOf(WHEEL).length + 1 } }],
  ['other metadata beside it', 'gate.metadata', { listed: { metadataSha256: 'e'.repeat(64) } }],
  ['no metadata of its name', 'gate.metadata', { bytes: NAMELESS }],
  ['no archive', 'gate.metadata', { bytes: Buffer.from('no archive') }],
]

describe('a file of an upstream that lies', () => {
  it.each(LIES)('(%s) is refused at once and for ever: %s', async (_what, code, offered) => {
    offer(bench.upstream, WHEEL, offered)
    const refusal = await refusalFor(bench.gate, WHEEL)
    expect(refusal).toMatchObject({ status: 403, code })
    expect(await bench.store.listMismatches(PLACE)).toMatchObject([{ fileName: WHEEL, kind: code.slice(5) }])
    // From now on the gate believes no better word.
    offer(bench.upstream, WHEEL, offered.bytes === undefined ? {} : { bytes: offered.bytes })
    for (const gate of [bench.gate, bench.reopen()]) {
      expect(await fetched(gate, WHEEL)).toBe(code)
      expect(await fetched(gate, WHEEL, 'metadata')).toBe(code)
      expect(entryFor(await gate.page('demo'), WHEEL)?.yanked).toContain(`(${code})`)
    }
    expect([opened(), kept().files, await temporary()]).toEqual([1, 0, []])
  })

  it('is refused whoever asks for its metadata first', async () => {
    offer(bench.upstream, WHEEL, { sent: OTHER })
    expect(await refusalFor(bench.gate, WHEEL, 'metadata')).toMatchObject({ code: 'gate.digest' })
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.digest')
    expect(opened()).toBe(1)
  })

  it('is compared again after a refresh of its page, whatever was kept of it', async () => {
    offer(bench.upstream, WHEEL, { sent: OTHER })
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.digest')
    await bench.gate.refresh('demo')
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.digest')
    offer(bench.upstream, WHEEL)
    expect(await fetched(bench.reopen(), WHEEL)).toBe('gate.digest')
    await bench.gate.refresh('demo')
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    expect(opened()).toBe(3)
  })

  it('is never whole for anybody, and what it is refused for is durable before they hear of it', async () => {
    const bytes = wheelOfSize(200 << 10, WHEEL)
    const sent = Buffer.from(bytes)
    sent[sent.length - 1] = 1
    offer(bench.upstream, WHEEL, { bytes })
    const from = pushed()
    bench.upstream.streams = from.stream
    const answer = await bench.gate.file(askedOf(WHEEL))
    const begun = answer.kind === 'arriving' ? answer.begin() : undefined
    await from.push(sent)
    const stream = await begun
    if (stream === undefined || 'kind' in stream) throw new Error('it did not come')
    let length = 0
    const reading = (async () => {
      for await (const part of stream) length += part.length
    })()
    await expect.poll(() => length).toBe(sent.length - (64 << 10))
    const cutOff = expect(reading).rejects.toMatchObject({ code: 'gate.digest' })
    await from.end()
    await cutOff
    expect(length).toBe(sent.length - (64 << 10))
    expect(await bench.store.listMismatches(PLACE)).toMatchObject([
      { expected: sha256Hex(bytes), found: sha256Hex(sent) },
    ])
    expect(bench.logged).toContain('gate.digest-mismatch')
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.digest')
  })

  it('is told nothing of where the store cannot keep it, and gets nobody a byte', async () => {
    const full = new Error('the disk is full')
    await bench.close()
    bench = await openBench()
    const store = { ...bench.store, addMismatch: () => Promise.reject(full) }
    offer(bench.upstream, WHEEL, { sent: OTHER })
    await expect(fetched(bench.reopen({ store }), WHEEL)).rejects.toBe(full)
    expect(kept().files).toBe(0)
  })
})

describe('metadata', () => {
  afterEach(() => bench.pass(0))

  it('is offered on the page by its digest only, be it that of the upstream or of a wheel that was proved', async () => {
    const { bytes } = offer(bench.upstream, WHEEL)
    const listed = { metadataSha256: 'e'.repeat(64) }
    offer(bench.upstream, NEWER, { listed })
    offer(bench.upstream, SDIST, { listed })
    const offered = async () => {
      const page = await bench.gate.page('demo')
      return [WHEEL, NEWER, SDIST].map((fileName) => entryFor(page, fileName)?.metadataSha256)
    }
    expect(await offered()).toEqual([null, 'e'.repeat(64), null])
    expect(await fetched(bench.gate, WHEEL)).toBe('allowed')
    await bench.pass(60_000)
    expect(await offered()).toEqual([sha256Hex(await metadataIn(WHEEL, bytes)), 'e'.repeat(64), null])
  })

  it('is that of the wheel, whatever the upstream has beside it', async () => {
    offer(bench.upstream, WHEEL)
    bench.upstream.metadata = Buffer.from('Requires-Dist: evil\n')
    const answer = await bench.gate.file(askedOf(WHEEL, 'metadata'))
    expect(Buffer.from((await bytesIn(answer)) as Uint8Array).toString()).toContain('Name: demo')
    expect(bench.upstream.asked).not.toContain(`metadata ${WHEEL}`)
  })

  it('of a wheel that takes longer than clients wait is told as that, and waited for again', async () => {
    offer(bench.upstream, WHEEL)
    const from = pushed()
    bench.upstream.streams = from.stream
    const answer = bench.gate.file(askedOf(WHEEL, 'metadata'))
    await expect.poll(opened).toBe(1)
    await bench.pass(12_000)
    expect(await answer).toMatchObject({
      status: 424,
      sentence: expect.stringContaining('is still being fetched'),
    })
    const second = bench.gate.file(askedOf(WHEEL, 'metadata'))
    await from.push(bytesOf(WHEEL))
    await from.end()
    expect(await second).toMatchObject({ kind: 'small' })
    expect(opened()).toBe(1)
  })
})
