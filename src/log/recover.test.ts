import { describe, expect, it } from 'vitest'
import { concatBytes } from '../base/index.ts'
import { clockAt, entryAt, newLog, grown, reopened, text, writeSegment } from './arrange.ts'
import { createSimDisk } from './crash/sim-disk.ts'
import { createLog, openLog, type LogParts } from './index.ts'

describe('createLog and openLog', () => {
  it('never make an empty log of a missing one', async () => {
    const { parts } = await newLog()
    await expect(openLog({ ...parts, files: createSimDisk() })).rejects.toMatchObject({ code: 'log.missing' })
  })

  it('create a log once', async () => {
    const { parts } = await newLog()
    await expect(createLog(parts, text('genesis'))).rejects.toMatchObject({ code: 'log.exists' })
  })

  it('continue where the log was: size, root, times', async () => {
    const made = await newLog()
    made.clock.set(5000)
    await made.log.append(text('a'))
    const again = await openLog({ ...made.parts, clock: clockAt(10) })
    expect(await again.head()).toEqual(await made.log.head())
    expect(await again.append(text('b'))).toEqual({ index: 2, timeMs: 5000, isDuplicate: false })
  })

  it('keep the time also when every entry is in a bundle', async () => {
    const made = await newLog()
    made.clock.set(5000)
    for (const name of ['a', 'b', 'c']) await made.log.append(text(name))
    await reopened(made).then((log) => log.close())
    const again = await openLog({ ...made.parts, clock: clockAt(10) })
    expect((await again.append(text('d'))).timeMs).toBe(5000)
  })

  it('find only what is in no bundle after an end in peace', async () => {
    const { log, parts } = await grown(11)
    await log.close()
    const [name = ''] = await parts.files.list('wal')
    const segment = Buffer.from(await parts.files.read(`wal/${name}`, 0, 10_000)).toString('latin1')
    expect([7, 8, 10].map((index) => segment.includes(`leaf ${index}`))).toEqual([false, true, true])
  })

  it('refuse a write-ahead log of which every segment is gone', async () => {
    const { parts } = await grown(6)
    for (const name of await parts.files.list('wal')) await parts.files.remove(`wal/${name}`)
    await expect(openLog(parts)).rejects.toMatchObject({ code: 'log.corrupt' })
  })

  it('refuse another tile height than the log was made with', async () => {
    const { parts } = await grown(6)
    const other = { tileHeight: 3, segmentBytes: 500 }
    await expect(openLog({ ...parts, geometry: other })).rejects.toMatchObject({ code: 'log.corrupt' })
  })

  it('refuse an index of keys that knows more entries than there are', async () => {
    const { parts } = await grown(3)
    await parts.index.add([], 40)
    await expect(openLog(parts)).rejects.toMatchObject({ code: 'log.corrupt' })
  })
})

describe('a damaged segment', () => {
  async function damaged(change: (bytes: Uint8Array) => Uint8Array): Promise<LogParts> {
    const { parts } = await grown(4)
    const [name = ''] = await parts.files.list('wal')
    const path = `wal/${name}`
    const bytes = await parts.files.read(path, 0, await parts.files.size(path))
    await parts.files.remove(path)
    const file = await parts.files.create(path)
    await file.append(change(bytes))
    return parts
  }

  it('whose last record was cut is what a crash leaves', async () => {
    const parts = await damaged((bytes) => bytes.slice(0, -1))
    expect((await (await openLog(parts)).head()).size).toBe(3)
  })

  it('whose last record has a bit that flipped is taken for cut', async () => {
    const parts = await damaged((bytes) => bytes.with(bytes.length - 40, bytes.at(-40)! ^ 1))
    expect((await (await openLog(parts)).head()).size).toBe(3)
  })

  it('is refused when whole records stand behind the damage', async () => {
    const parts = await damaged((bytes) => {
      const second = Buffer.from(bytes).indexOf('leaf 1')
      return bytes.with(second, bytes[second]! ^ 1)
    })
    await expect(openLog(parts)).rejects.toMatchObject({ code: 'log.corrupt' })
  })

  it('is refused when a record was left out', async () => {
    const parts = await damaged((bytes) => {
      const magic = Buffer.from('WSL1')
      const whole = Buffer.from(bytes)
      const second = whole.indexOf(magic, 1)
      const third = whole.indexOf(magic, second + 1)
      return concatBytes(bytes.subarray(0, second), bytes.subarray(third))
    })
    await expect(openLog(parts)).rejects.toMatchObject({ code: 'log.corrupt' })
  })

  it.each([
    ['its head', [entryAt(1000, 'a')], { root: new Uint8Array(32) }],
    ['a commit', [], { committed: [entryAt(1000, 'a')], commitRoot: new Uint8Array(32) }],
  ])('is refused when %s names another root than its entries lead to', async (_what, entries, change) => {
    const { parts } = await newLog()
    await writeSegment(parts.files, entries, change)
    await expect(openLog(parts)).rejects.toMatchObject({ code: 'log.corrupt', message: /root of 2 leaves/ })
  })

  it('is taken when every root is the one that its entries lead to', async () => {
    const { parts } = await newLog()
    await writeSegment(parts.files, [entryAt(1000, 'a')], { committed: [entryAt(1000, 'b')] })
    expect((await (await openLog(parts)).head()).size).toBe(3)
  })

  it('is refused when its head is', async () => {
    const parts = await damaged((bytes) => bytes.with(20, bytes[20]! ^ 1))
    await expect(openLog(parts)).rejects.toMatchObject({ code: 'log.corrupt' })
  })
})
