import { beforeEach, describe, expect, it } from 'vitest'
import { readCapped, sha256Hex, utf8, utf8Decode, type ByteRange } from '../base/index.ts'
import type { FileCache } from './cache.ts'

export interface CacheParts {
  readonly maxBytes: number
  readonly nowMs: () => number
}

export interface OpenedCache {
  readonly cache: FileCache
  /** As the next process finds it, with another limit where that is given. */
  reopen(maxBytes?: number): Promise<FileCache>
}

const MINUTE_MS = 60_000
const BIG_BYTES = 600_000

/** What every adapter of FileCache promises. */
export function describeFileCache(name: string, open: (parts: CacheParts) => Promise<OpenedCache>): void {
  describe(`file cache: ${name}`, () => {
    let nowMs: number
    let opened: OpenedCache
    let cache: FileCache
    const openWith = async (maxBytes: number): Promise<void> => {
      opened = await open({ maxBytes, nowMs: () => nowMs })
      cache = opened.cache
    }
    beforeEach(async () => {
      nowMs = 1_700_000_000_000
      await openWith(1 << 20)
    })

    describeKeeping(() => cache)
    describeFollowing(() => cache)

    it('lets those go that were used longest ago, when there is no room for all', async () => {
      await openWith(10)
      const [one, two] = [await keep(cache, '1111'), await keep(cache, '2222')]
      await cache.open(one)
      const three = await keep(cache, '3333')
      expect(await keptOf(cache, [one, two, three])).toEqual([true, false, true])
      expect(cache.usage()).toEqual({ files: 2, bytes: 8, maxBytes: 10 })
    })

    it('keeps exactly as much as there is room for', async () => {
      await openWith(8)
      const both = [await keep(cache, '1111'), await keep(cache, '2222')]
      expect(await keptOf(cache, both)).toEqual([true, true])
    })

    it('keeps the newest file, also where it alone is too much', async () => {
      await openWith(3)
      const one = await keep(cache, '1111')
      expect(await keptOf(cache, [one])).toEqual([true])
      nowMs += 2 * MINUTE_MS
      const two = await keep(cache, '2222')
      expect(await keptOf(cache, [one, two])).toEqual([false, true])
    })

    it.each(['small', 'big'])('lets an open file be read to its end, evicted or not: %s', async (size) => {
      await openWith(10)
      const text = size === 'big' ? 'x'.repeat(BIG_BYTES) : 'x'
      const one = await keep(cache, text)
      const [begun, waiting] = [await cache.open(one), await cache.open(one)]
      const stream = begun!.stream()[Symbol.asyncIterator]()
      const first = await stream.next()
      await keep(cache, 'another')
      expect(sha256Hex(await readCapped(waiting!.stream(), BIG_BYTES))).toBe(one)
      nowMs += 2 * MINUTE_MS
      await keep(cache, 'yet another')
      let received = first.value?.length ?? 0
      for (let next = await stream.next(); next.done !== true; next = await stream.next())
        received += next.value.length
      expect(received).toBe(text.length)
      await keep(cache, 'the last')
      expect(await keptOf(cache, [one])).toEqual([false])
    })

    it('knows the next time what was used last, to the minute', async () => {
      const all: string[] = []
      for (const text of ['1111', '2222', '3333', '4444']) {
        all.push(await keep(cache, text))
        nowMs += 2 * MINUTE_MS
      }
      await cache.open(all[0]!)
      const next = await opened.reopen(8)
      expect(await keptOf(next, all)).toEqual([true, false, false, true])
      expect(next.usage()).toEqual({ files: 2, bytes: 8, maxBytes: 8 })
    })

    it('has the next time what was committed, and nothing of what was on its way', async () => {
      const one = await keep(cache, '1111')
      const incoming = await cache.begin()
      await incoming.write(utf8('half'))
      const next = await opened.reopen()
      expect(await textOf(next, one)).toBe('1111')
      expect(next.usage()).toMatchObject({ files: 1, bytes: 4 })
      expect(await next.open(sha256Hex('half'))).toBeUndefined()
      await incoming.discard()
    })
  })
}

async function keep(cache: FileCache, ...parts: readonly string[]): Promise<string> {
  const incoming = await cache.begin()
  for (const part of parts) await incoming.write(utf8(part))
  await incoming.commit()
  return incoming.state().sha256
}

async function textOf(cache: FileCache, sha256: string, range?: ByteRange): Promise<string | undefined> {
  const blob = await cache.open(sha256)
  return blob && utf8Decode(await readCapped(blob.stream(range), BIG_BYTES))
}

function keptOf(cache: FileCache, digests: readonly string[]): Promise<boolean[]> {
  return Promise.all(digests.map(async (sha256) => (await cache.open(sha256)) !== undefined))
}

function describeKeeping(cache: () => FileCache): void {
  it('gives back what was committed, under its digest', async () => {
    const sha256 = await keep(cache(), 'he', '', 'llo')
    expect(sha256).toBe(sha256Hex('hello'))
    expect(await cache().open(sha256)).toMatchObject({ size: 5 })
    expect(await textOf(cache(), sha256)).toBe('hello')
    expect(cache().usage()).toMatchObject({ files: 1, bytes: 5 })
  })

  it('keeps files of all sizes, and reads parts of them', async () => {
    const text = 'abcdefg'.repeat(80_000)
    const big = await keep(cache(), text.slice(0, 300_001), text.slice(300_001))
    expect(sha256Hex((await textOf(cache(), big)) ?? '')).toBe(big)
    expect(await textOf(cache(), big, { start: 262_140, end: 262_150 })).toBe(text.slice(262_140, 262_151))
    const small = await keep(cache(), 'hello')
    for (const part of [
      { start: 0, end: 0 },
      { start: 1, end: 3 },
      { start: 4, end: 4 },
    ])
      expect(await textOf(cache(), small, part)).toBe('hello'.slice(part.start, part.end + 1))
    expect(await textOf(cache(), await keep(cache(), ''))).toBe('')
  })

  it('shows nothing before the commit, and nothing after a discard', async () => {
    const incoming = await cache().begin()
    await incoming.write(utf8('hello'))
    expect(await cache().open(sha256Hex('hello'))).toBeUndefined()
    await incoming.discard()
    await incoming.discard()
    expect(await cache().open(sha256Hex('hello'))).toBeUndefined()
    expect(cache().usage()).toMatchObject({ files: 0, bytes: 0 })
    await expect(incoming.commit()).rejects.toThrow('after')
    await expect(incoming.write(utf8('!'))).rejects.toThrow('after')
  })

  it('keeps what was committed before a discard', async () => {
    const incoming = await cache().begin()
    await incoming.write(utf8('hello'))
    await incoming.commit()
    await incoming.commit()
    await incoming.discard()
    expect(await textOf(cache(), sha256Hex('hello'))).toBe('hello')
    await expect(incoming.write(utf8('!'))).rejects.toThrow('after')
  })

  it('takes equal bytes twice, at once and after another, and counts them once', async () => {
    const all = await Promise.all([keep(cache(), 'hello'), keep(cache(), 'hello')])
    expect([...all, await keep(cache(), 'hello')]).toEqual(Array(3).fill(sha256Hex('hello')))
    expect(cache().usage()).toMatchObject({ files: 1, bytes: 5 })
  })

  it('has no file of another size than is asked for', async () => {
    const sha256 = await keep(cache(), 'hello')
    expect(await cache().open(sha256, 6)).toBeUndefined()
    expect(await cache().open(sha256, 5)).toMatchObject({ size: 5 })
  })

  it('has nothing of what was removed, until it comes again', async () => {
    const sha256 = await keep(cache(), 'hello')
    await cache().open(sha256)
    await cache().remove(sha256)
    await cache().remove(sha256)
    expect(await cache().open(sha256)).toBeUndefined()
    expect(cache().usage()).toMatchObject({ files: 0, bytes: 0 })
    await keep(cache(), 'hello')
    expect(await textOf(cache(), sha256)).toBe('hello')
  })

  it.each(['', '..', '../tmp', 'A'.repeat(64), 'a'.repeat(63), 'f'.repeat(64)])(
    'has no file %j',
    async (sha256) => {
      expect(await cache().open(sha256)).toBeUndefined()
      await cache().remove(sha256)
    },
  )
}

function describeFollowing(cache: () => FileCache): void {
  const read = async (...[incoming, start, end]: [Awaited<ReturnType<FileCache['begin']>>, number, number]) =>
    utf8Decode(await readCapped(incoming.read(start, end), BIG_BYTES))

  it('knows at any time what has arrived, and lets it be read', async () => {
    const incoming = await cache().begin()
    expect(incoming.state()).toEqual({ sha256: sha256Hex(''), sizeBytes: 0 })
    await incoming.write(utf8('hello'))
    expect(incoming.state()).toEqual({ sha256: sha256Hex('hello'), sizeBytes: 5 })
    expect(await read(incoming, 0, 3)).toBe('hel')
    expect(await read(incoming, 3, 99)).toBe('lo')
    expect(await read(incoming, 5, 99)).toBe('')
    await incoming.write(utf8(' you'))
    expect(await read(incoming, 5, 99)).toBe(' you')
    expect(incoming.state()).toEqual({ sha256: sha256Hex('hello you'), sizeBytes: 9 })
    await incoming.discard()
  })

  it('gives all of a big file to several readers, each from where it wants', async () => {
    const incoming = await cache().begin()
    const text = 'abcdefg'.repeat(80_000)
    await incoming.write(utf8(text))
    const all = await Promise.all([0, 1, 300_000].map((start) => read(incoming, start, text.length)))
    expect(all.map(sha256Hex)).toEqual([0, 1, 300_000].map((start) => sha256Hex(text.slice(start))))
    await incoming.discard()
  })

  it.each(['commit', 'discard'] as const)('lets who has begun read on after a %s', async (end) => {
    const incoming = await cache().begin()
    const text = 'abcdefg'.repeat(80_000)
    await incoming.write(utf8(text))
    const stream = incoming.read(0, text.length)[Symbol.asyncIterator]()
    let received = (await stream.next()).value?.length ?? 0
    await incoming[end]()
    for (let next = await stream.next(); next.done !== true; next = await stream.next())
      received += next.value.length
    expect(received).toBe(text.length)
  })

  it('lets what was committed be read, and nothing of what was discarded', async () => {
    const [kept, gone] = [await cache().begin(), await cache().begin()]
    for (const incoming of [kept, gone]) await incoming.write(utf8('hello'))
    await kept.commit()
    await gone.discard()
    expect(await read(kept, 1, 5)).toBe('ello')
    await expect(read(gone, 0, 5)).rejects.toThrow('after')
  })
}
