import { describe, expect, it } from 'vitest'
import { sha256Hex, type Source } from '../../base/index.ts'
import type { Incoming } from '../cache.ts'
import { pushed, settle, type Pushed } from './arrange.ts'
import { startArriving, type Arriving, type ArrivingParts } from './arriving.ts'

const TAIL = 64 << 10
const KIB = 1 << 10

interface Memory extends Incoming {
  readonly did: string[]
}

function memory(): Memory {
  let bytes: Uint8Array = new Uint8Array()
  const did: string[] = []
  return {
    did,
    write: async (part) => void (bytes = Buffer.concat([bytes, part])),
    read: async function* read(start, end) {
      yield bytes.subarray(start, end)
    },
    state: () => ({ sha256: sha256Hex(bytes), sizeBytes: bytes.length }),
    commit: async () => void did.push('commit'),
    discard: async () => void did.push('discard'),
  }
}

interface Scene {
  readonly arriving: Arriving
  readonly from: Pushed
  readonly did: readonly string[]
  /** Lets the proof pass, or not. */
  readonly judge: (error?: Error) => Promise<void>
}

function scene(changes: Partial<ArrivingParts> = {}): Scene {
  const incoming = memory()
  const from = pushed()
  const closing = new AbortController()
  let judged: (error?: Error) => void = () => undefined
  const proof = new Promise<void>((resolve, reject) => {
    judged = (error) => (error === undefined ? resolve() : reject(error))
  })
  proof.catch(() => undefined)
  const arriving = startArriving({
    incoming,
    bytes: from.stream(closing.signal),
    prove: async () => {
      await proof
      return async () => undefined
    },
    isKeptGoing: () => false,
    abort: (reason) => closing.abort(reason),
    ...changes,
  })
  const judge = async (error?: Error): Promise<void> => {
    judged(error)
    await settle()
  }
  return { arriving, from, did: incoming.did, judge }
}

interface Reader {
  readonly parts: Uint8Array[]
  error: unknown
  isDone: boolean
  leave(): Promise<unknown>
}

/** Reads as fast as it can. */
function reading({ arriving }: Scene): Reader {
  const bytes = arriving.follow()
  const reader: Reader = { parts: [], error: undefined, isDone: false, leave: () => bytes.return(undefined) }
  const read = async (): Promise<void> => {
    try {
      for (let next = await bytes.next(); next.done !== true; next = await bytes.next())
        reader.parts.push(next.value)
      reader.isDone = true
    } catch (error) {
      reader.error = error
    }
  }
  void read()
  return reader
}

function lengthOf({ parts }: Reader): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

const filled = (length: number, byte = 7): Uint8Array => new Uint8Array(length).fill(byte)

describe('bytes that arrive', () => {
  it('are passed on but for the last 64 KiB, which wait for the proof', async () => {
    const one = scene()
    const reader = reading(one)
    await one.from.push(filled(200 * KIB))
    expect(lengthOf(reader)).toBe(200 * KIB - TAIL)
    await one.from.end()
    expect(lengthOf(reader)).toBe(200 * KIB - TAIL)
    await one.judge()
    expect([lengthOf(reader), reader.isDone, one.did]).toEqual([200 * KIB, true, ['commit', 'discard']])
  })

  it('are not passed on at all before the proof where they are few', async () => {
    const one = scene()
    const reader = reading(one)
    await one.from.push(filled(TAIL))
    await one.from.end()
    expect(lengthOf(reader)).toBe(0)
    await one.judge()
    expect(lengthOf(reader)).toBe(TAIL)
  })

  it('are never whole for anybody where the proof fails', async () => {
    const one = scene()
    const readers = [reading(one), reading(one)]
    await one.from.push(filled(100 * KIB))
    await one.from.end()
    const wrong = new Error('other bytes')
    await one.judge(wrong)
    for (const reader of [...readers, reading(one)]) {
      await settle()
      expect(reader.error).toBe(wrong)
      expect(lengthOf(reader)).toBeLessThanOrEqual(100 * KIB - TAIL)
    }
    await expect(one.arriving.proved).rejects.toBe(wrong)
    expect(one.did).toEqual(expect.arrayContaining(['discard']))
    expect(one.did).not.toContain('commit')
  })

  it('are the same for who comes later', async () => {
    const one = scene()
    const first = reading(one)
    await one.from.push(filled(100 * KIB, 1))
    const second = reading(one)
    await one.from.push(filled(100 * KIB, 2))
    await one.from.end()
    await one.judge()
    expect(Buffer.concat(second.parts).equals(Buffer.concat(first.parts))).toBe(true)
  })

  it('fail for all who follow when the upstream does', async () => {
    const one = scene()
    const readers = [reading(one), reading(one)]
    await one.from.push(filled(100 * KIB))
    const cut = new Error('the connection broke')
    await one.from.fail(cut)
    expect(readers.map(({ error }) => error)).toEqual([cut, cut])
  })

  it('are read by the proof within what arrived, and nowhere else', async () => {
    const reads: unknown[] = []
    const prove = async (whole: Source): Promise<() => Promise<void>> => {
      reads.push([...(await whole.read(1, 2))])
      for (const [offset, length] of [
        [2, 2],
        [-1, 2],
        [0, 2 ** 40],
      ] as const)
        reads.push(await whole.read(offset, length).catch(({ code }: { code: string }) => code))
      return async () => undefined
    }
    const one = scene({ prove })
    await one.from.push(new Uint8Array([1, 2, 3]))
    await one.from.end()
    await one.arriving.proved
    expect(reads).toEqual([[2, 3], 'base.truncated', 'base.truncated', 'base.truncated'])
  })
})

describe('a client that leaves', () => {
  it.each([1, 50])('at %i %% ends the fetch of a big file when it was the last', async (percent) => {
    const one = scene()
    const [first, second] = [reading(one), reading(one)]
    await one.from.push(filled(percent * 10 * KIB + TAIL))
    void first.leave()
    await one.from.push(filled(1))
    expect(one.from.isAborted()).toBe(false)
    void second.leave()
    await one.from.push(filled(1))
    expect([one.from.isAborted(), one.did]).toEqual([true, ['discard']])
    await expect(one.arriving.proved).rejects.toMatchObject({ code: 'gate.upstream' })
  })

  it('ends nothing where others wait for all of it', async () => {
    const one = scene()
    const waiting = one.arriving.waited()
    const reader = reading(one)
    await one.from.push(filled(100 * KIB))
    void reader.leave()
    await one.from.push(filled(1))
    await one.from.end()
    await one.judge()
    await waiting
    expect(one.did).toContain('commit')
  })

  it('ends nothing of a file that is small', async () => {
    const one = scene({ isKeptGoing: () => true })
    const reader = reading(one)
    await one.from.push(filled(100 * KIB))
    void reader.leave()
    await one.from.push(filled(1))
    await one.from.end()
    await one.judge()
    await one.arriving.proved
    expect([one.from.isAborted(), one.did]).toEqual([false, ['commit', 'discard']])
  })

  it('ends nothing of a file whose tail is being judged', async () => {
    const one = scene()
    const bytes = one.arriving.follow()
    const first = bytes.next()
    await one.from.push(filled(100 * KIB))
    await first
    await one.from.end()
    await bytes.return(undefined)
    expect(one.from.isAborted()).toBe(false)
    await one.judge()
    await one.arriving.proved
    expect(one.did).toEqual(['commit', 'discard'])
  })
})
