import { describe, expect, it } from 'vitest'
import { sha256, utf8 } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { newLog, grown, reopened, text } from './arrange.ts'
import type { LogFiles } from './files.ts'
import { openLog } from './index.ts'

describe('append', () => {
  it('gives indexes in order, after the genesis leaf', async () => {
    const { log } = await newLog()
    const appended = await Promise.all(['a', 'b', 'c'].map((name) => log.append(text(name))))
    expect(appended.map(({ index }) => index)).toEqual([1, 2, 3])
    expect((await log.entry(2))?.leaf).toEqual(utf8('b'))
  })

  it('commits everything that waits with one sync', async () => {
    const { parts } = await newLog()
    let syncs = 0
    const files: LogFiles = {
      ...parts.files,
      create: async (path) => {
        const file = await parts.files.create(path)
        const counted = { ...file, sync: () => ((syncs += 1), file.sync()) }
        return path.startsWith('wal/') ? counted : file
      },
    }
    const log = await openLog({ ...parts, files, geometry: { tileHeight: 2, segmentBytes: 1e6 } })
    const before = syncs
    await Promise.all(Array.from({ length: 100 }, (_, at) => log.append(text(`leaf ${at}`))))
    // The first one goes alone; the others have gathered meanwhile.
    expect(syncs - before).toBe(2)
  })

  it('gives the first index and time to the same leaf, also when both are under way', async () => {
    const { log, clock } = await newLog()
    const both = Promise.all([log.append(text('a')), log.append(text('a')), log.append(text('a'))])
    expect((await both).map(({ isDuplicate }) => isDuplicate)).toEqual([false, true, true])
    clock.set(9000)
    expect(await log.append(text('a'))).toEqual({ index: 1, timeMs: 1000, isDuplicate: true })
    expect((await log.head()).size).toBe(2)
  })

  it('knows a leaf again that is in a bundle', async () => {
    const log = await reopened(await grown(23))
    for (const index of [1, 9, 22])
      expect(await log.append(text(`leaf ${index}`))).toMatchObject({ index, isDuplicate: true })
  })

  it('never lets time run backwards', async () => {
    const { log, clock } = await newLog()
    clock.set(3000)
    await log.append(text('a'))
    clock.set(500)
    expect((await log.append(text('b'))).timeMs).toBe(3000)
  })

  it('hands the time of the commit to a leaf that holds it', async () => {
    const { log, clock } = await newLog()
    clock.set(7000)
    const { index, timeMs } = await log.append({ leaf: (now) => utf8(`at ${now}`) })
    expect((await log.entry(index))?.leaf).toEqual(utf8(`at ${timeMs}`))
  })

  it('takes no more than it has room for, and goes on when there is room again', async () => {
    const { log } = await newLog()
    const all = await Promise.allSettled(
      Array.from({ length: 5000 }, (_, at) => log.append(text(`leaf ${at}`))),
    )
    const refused = all.filter((one) => one.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.every((one) => (one.reason as { code: string }).code === 'log.busy')).toBe(true)
    expect((await log.head()).size).toBe(1 + 5000 - refused.length)
    expect(await log.append(text('later'))).toMatchObject({ isDuplicate: false })
  })
})

describe('an entry with an identity of its own', () => {
  const keysOf = (leaf: Uint8Array) => [sha256(leaf.subarray(8))]
  const dated = (name: string) => ({
    leaf: (timeMs: number) => utf8(`${String(timeMs).padStart(8, '0')}${name}`),
    identity: sha256(utf8(name)),
  })

  it('is the same entry at another time, in memory and in a bundle', async () => {
    const made = await newLog({ keysOf })
    const first = await made.log.append(dated('a'))
    made.clock.set(5000)
    expect(await made.log.append(dated('a'))).toEqual({ ...first, isDuplicate: true })
    for (const name of ['b', 'c', 'd', 'e']) await made.log.append(dated(name))
    expect(await (await reopened(made)).append(dated('a'))).toEqual({ ...first, isDuplicate: true })
  })

  it('is found by its keys, ascending, from an index on', async () => {
    const tenth = (leaf: Uint8Array) => [sha256(leaf.subarray(-1))]
    const made = await newLog({ keysOf: tenth })
    for (let count = 1; count < 32; count += 1) await made.log.append(text(`leaf ${count}`))
    const log = await reopened(made)
    await log.append(text('leaf 101'))
    const key = sha256(utf8('1'))
    expect(await log.findByKey(key, { from: 0, limit: 10 })).toEqual([1, 11, 21, 31, 32])
    expect(await log.findByKey(key, { from: 12, limit: 2 })).toEqual([21, 31])
  })
})

describe('entries', () => {
  it('come with what was kept beside them, up to the end of a bundle', async () => {
    const made = await newLog()
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await made.log.append({ leaf: utf8(name), extra: utf8(`beside ${name}`) })
    const log = await reopened(made)
    expect((await log.entries(2, 10)).map(({ extra }) => extra)).toEqual([utf8('beside b'), utf8('beside c')])
    expect((await log.entries(4, 1)).map(({ leaf }) => leaf)).toEqual([utf8('d')])
    expect(await log.entries(6, 1)).toEqual([])
  })

  it('are refused when they are too large, alone', async () => {
    const { log } = await newLog()
    const large = log.append({ leaf: new Uint8Array(65_536) })
    const small = log.append(text('a'))
    await expect(large).rejects.toMatchObject({ code: 'base.too-large' })
    expect(await small).toMatchObject({ index: 1 })
    expect(await log.append({ leaf: new Uint8Array(65_535) })).toMatchObject({ index: 2 })
  })

  it('that cannot be made leave the log as it was', async () => {
    const { log } = await newLog()
    const broken = (): Uint8Array => {
      throw new Error('no leaf')
    }
    await expect(log.append({ leaf: broken })).rejects.toThrow('no leaf')
    expect(await log.append(text('a'))).toMatchObject({ index: 1 })
  })

  it('are no duplicates of another one that the index leads to', async () => {
    const made = await grown(9)
    await made.log.close()
    const log = await openLog({ ...made.parts, index: { ...made.parts.index, find: async () => [2] } })
    expect(await log.append(text('new'))).toEqual({ index: 9, timeMs: 1000, isDuplicate: false })
  })

  it('are not found by a hash of which only the first half is theirs', async () => {
    const { log } = await grown(3)
    const hash = leafHash(utf8('leaf 1'))
    expect(await log.find(hash)).toBe(1)
    expect(await log.find(hash.with(31, hash[31]! ^ 1))).toBeUndefined()
  })
})
