import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8, type Clock } from '../base/index.ts'
import { leafHash, nodeHash, verifyConsistency, verifyInclusion } from '../formats/merkle/index.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createLogStore, logMigrations } from '../storage/sqlite/log.ts'
import { createLog, openLog, type TransparencyLog } from './index.ts'
import type { LogStore } from './store.ts'

const GENESIS = utf8('genesis')

interface TestClock extends Clock {
  set(ms: number): void
}

function clockAt(start: number): TestClock {
  let now = start
  return { nowMs: () => now, sleep: async () => undefined, set: (ms) => void (now = ms) }
}

async function memoryStore(): Promise<LogStore> {
  return createLogStore(await openDatabase(':memory:', logMigrations), 'test')
}

async function newLog(): Promise<{ log: TransparencyLog; store: LogStore; clock: TestClock }> {
  const [store, clock] = [await memoryStore(), clockAt(1000)]
  await createLog({ store, clock }, GENESIS)
  return { store, clock, log: await openLog({ store, clock }) }
}

/** RFC 6962 §2.1 as it stands there: all leaves, from nothing that the log computed. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leafHash(leaves[0]!)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

describe('createLog and openLog', () => {
  it('never make an empty log of a missing one', async () => {
    const store = await memoryStore()
    await expect(openLog({ store, clock: clockAt(0) })).rejects.toMatchObject({ code: 'log.missing' })
  })

  it('create a log once', async () => {
    const { store, clock } = await newLog()
    await expect(createLog({ store, clock }, GENESIS)).rejects.toMatchObject({ code: 'log.exists' })
  })

  it('continue where the log was: size, root, times', async () => {
    const { log, store, clock } = await newLog()
    clock.set(5000)
    await log.append(utf8('a'))
    const again = await openLog({ store, clock: clockAt(10) })
    expect(await again.head()).toEqual(await log.head())
    expect(await again.append(utf8('b'))).toEqual({ index: 2, timeMs: 5000, isDuplicate: false })
  })
})

describe('append', () => {
  it('gives indexes in order, after the genesis leaf', async () => {
    const { log } = await newLog()
    const appended = await Promise.all(['a', 'b', 'c'].map((text) => log.append(utf8(text))))
    expect(appended.map(({ index }) => index)).toEqual([1, 2, 3])
    expect((await log.leaf(2))?.bytes).toEqual(utf8('b'))
  })

  it('gives the first index and time to the same leaf, also when both are under way', async () => {
    const { log, clock } = await newLog()
    const both = Promise.all([log.append(utf8('a')), log.append(utf8('a'))])
    expect((await both).map(({ isDuplicate }) => isDuplicate)).toEqual([false, true])
    clock.set(9000)
    expect(await log.append(utf8('a'))).toEqual({ index: 1, timeMs: 1000, isDuplicate: true })
    expect((await log.head()).size).toBe(2)
  })

  it('never lets time run backwards', async () => {
    const { log, clock } = await newLog()
    clock.set(3000)
    await log.append(utf8('a'))
    clock.set(500)
    expect((await log.append(utf8('b'))).timeMs).toBe(3000)
  })

  it('hands the time of the commit to a leaf that holds it', async () => {
    const { log, clock } = await newLog()
    clock.set(7000)
    const { index, timeMs } = await log.append((now) => utf8(`at ${now}`))
    expect((await log.leaf(index))?.bytes).toEqual(utf8(`at ${timeMs}`))
  })

  it('takes nothing more after a commit whose outcome is unknown', async () => {
    const { store, clock } = await newLog()
    let broken = false
    const fragile: LogStore = {
      ...store,
      commit: async (leaf) => {
        if (broken) throw new Error('EIO')
        await store.commit(leaf)
      },
    }
    const log = await openLog({ store: fragile, clock })
    await log.append(utf8('a'))
    expect(log.takesEntries()).toBe(true)
    broken = true
    await expect(log.append(utf8('b'))).rejects.toMatchObject({ code: 'log.poisoned' })
    broken = false
    expect(log.takesEntries()).toBe(false)
    await expect(log.append(utf8('c'))).rejects.toMatchObject({ code: 'log.poisoned' })
    expect((await log.head()).size).toBe(2)
  })
})

describe('what a failed commit may have left', () => {
  it('is not part of the log: neither found, nor read, nor counted', async () => {
    const { store, clock } = await newLog()
    const lying: LogStore = {
      ...store,
      commit: async (leaf) => {
        await store.commit(leaf)
        throw new Error('EIO after the write')
      },
    }
    const log = await openLog({ store: lying, clock })
    await expect(log.append(utf8('a'))).rejects.toMatchObject({ code: 'log.poisoned' })
    expect(await log.leaf(1)).toBeUndefined()
    expect(await log.find(leafHash(utf8('a')))).toBeUndefined()
    expect((await log.head()).size).toBe(1)
    expect(await (await openLog({ store, clock })).find(leafHash(utf8('a')))).toBe(1)
  })
})

describe('a leaf', () => {
  it('may have as many bytes as tlog-tiles can say, and no more', async () => {
    const { log } = await newLog()
    await expect(log.append(new Uint8Array(65_536))).rejects.toMatchObject({ code: 'base.too-large' })
    expect(await log.append(new Uint8Array(65_535))).toMatchObject({ index: 1 })
  })

  it('is not called a duplicate by an index that leads to another one', async () => {
    const { store, clock } = await newLog()
    const wrong: LogStore = { ...store, find: async () => 0 }
    const log = await openLog({ store: wrong, clock })
    await expect(log.append(utf8('a'))).rejects.toThrow(/missing or another/)
  })

  it('that cannot be made leaves the log as it was', async () => {
    const { log } = await newLog()
    const broken = (): Uint8Array => {
      throw new Error('no leaf')
    }
    await expect(log.append(broken)).rejects.toThrow('no leaf')
    expect(await log.append(utf8('a'))).toMatchObject({ index: 1 })
  })
})

describe('the tree', () => {
  it('has the root of RFC 6962 and proofs for every leaf at every size', async () => {
    const { log } = await newLog()
    const leaves = [GENESIS]
    const heads = [await log.head()]
    for (let count = 1; count < 20; count += 1) {
      leaves.push(utf8(`leaf ${count}`))
      await log.append(leaves.at(-1)!)
      heads.push(await log.head())
    }
    for (const [at, { size, root }] of heads.entries()) {
      expect(root).toEqual(naiveRoot(leaves.slice(0, at + 1)))
      for (let index = 0; index < size; index += 1) {
        const proof = await log.inclusionProof(index, size)
        expect(verifyInclusion({ leafHash: leafHash(leaves[index]!), index, size, proof, root })).toBe(true)
      }
    }
  })

  it('grows consistently from any size to any later one', async () => {
    const { log } = await newLog()
    const heads = [await log.head()]
    for (let count = 1; count < 24; count += 1) {
      await log.append(utf8(`leaf ${count}`))
      heads.push(await log.head())
    }
    const pair = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 23 }))
    await fc.assert(
      fc.asyncProperty(pair, async ([a, b]) => {
        const [first, second] = [heads[Math.min(a, b)]!, heads[Math.max(a, b)]!]
        const proof = await log.consistencyProof(first.size, second.size)
        const claim = {
          first: first.size,
          second: second.size,
          firstRoot: first.root,
          secondRoot: second.root,
          proof,
        }
        expect(verifyConsistency(claim)).toBe(true)
      }),
    )
  })

  it.each([
    ['an index beyond the size', (log: TransparencyLog) => log.inclusionProof(1, 1)],
    ['a size beyond the log', (log: TransparencyLog) => log.inclusionProof(0, 2)],
    ['a negative index', (log: TransparencyLog) => log.inclusionProof(-1, 1)],
    ['a fraction', (log: TransparencyLog) => log.inclusionProof(0.5, 1)],
    ['consistency from nothing', (log: TransparencyLog) => log.consistencyProof(0, 1)],
    ['consistency backwards', (log: TransparencyLog) => log.consistencyProof(2, 1)],
  ])('refuses %s', async (_what, ask) => {
    const { log } = await newLog()
    await expect(ask(log)).rejects.toMatchObject({ code: 'log.range' })
  })
})
