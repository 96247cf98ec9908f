import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../base/index.ts'
import { arrangeLog, entryAt, newLog, writeSegment } from './arrange.ts'
import type { KeyIndex, LogFiles } from './files.ts'
import { inspectLog, openLog, type LogParts } from './index.ts'

const geometry = { tileHeight: 2, segmentBytes: 500 }

/** A log of so many leaves, all that can be in bundles and tiles. */
async function grown(leaves: number, name = 'leaf'): Promise<LogParts> {
  let now = 1000
  const clock = { nowMs: () => (now += 1), sleep: async () => undefined }
  const { log, parts } = await arrangeLog({ clock, geometry })
  for (let count = 1; count < leaves; count += 1) await log.append({ leaf: utf8(`${name} ${count}`) })
  await log.close()
  return parts
}

/** Reads of the files that match are changed. */
function misread(files: LogFiles, path: string, change: (bytes: Uint8Array) => Uint8Array): LogFiles {
  return {
    ...files,
    read: async (asked, offset, length) => {
      const bytes = await files.read(asked, offset, length)
      return asked === path ? change(bytes) : bytes
    },
  }
}

function raise(message: string): never {
  throw new Error(message)
}

/** Its six bytes of time stand first in what is read of it. */
const flipTimeOfFirst = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0x57 ? bytes : bytes.with(5, bytes[5]! ^ 1)

const flip = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 5, bytes.at(-5)! ^ 1)

describe('check', () => {
  it('derives the head of the log from its leaves at every size', async () => {
    for (const leaves of [1, 2, 3, 4, 5, 16, 17, 40, 65]) {
      const parts = await grown(leaves)
      const log = await openLog(parts)
      expect(await log.check()).toEqual({ head: await log.head(), problems: [] })
    }
  })

  it.each<[string, (parts: LogParts) => Partial<LogParts>, RegExp]>([
    [
      'an entry of which one bit flipped',
      ({ files }) => ({ files: misread(files, 'entries/001', flip) }),
      /from 4 on are missing or damaged: entries\/001: the checksum of entry 2 of a bundle is wrong/,
    ],
    [
      'an entry whose time is another',
      ({ files }) => ({ files: misread(files, 'entries/001', flipTimeOfFirst) }),
      /entries\/001: the checksum of entry 0 of a bundle is wrong/,
    ],
    [
      'a bundle that was cut',
      ({ files }) => ({ files: misread(files, 'entries/001', (bytes) => bytes.slice(0, -1)) }),
      /entries from 4 on are missing or damaged: entries\/001 has/,
    ],
    [
      'a tile that was cut',
      ({ files }) => ({ files: misread(files, 'tile/0/002', (bytes) => bytes.slice(1)) }),
      /tile\/0\/002 is missing or damaged/,
    ],
    [
      'an upper tile with another hash',
      ({ files }) => ({ files: misread(files, 'tile/1/000', flip) }),
      /tile\/1\/000 is missing or damaged/,
    ],
    [
      'an index that leads to another leaf',
      ({ index }) => ({ index: leadingAstray(index) }),
      /entry 5 is not found by its keys/,
    ],
    [
      'an index that cannot be read',
      ({ index }) => ({ index: { ...index, find: async () => Promise.reject(new Error('malformed')) } }),
      /keys of entry 0 cannot be looked up: malformed/,
    ],
    [
      'a leaf that no key can be read from',
      () => ({ keysOf: () => raise('not JSON') }),
      /keys of entry 0 cannot be looked up: not JSON/,
    ],
  ])('names %s', async (_what, change, problem) => {
    const parts = await grown(40)
    const { problems } = await inspectLog({ ...parts, ...change(parts) })
    expect(problems.join('\n')).toMatch(problem)
  })

  it('goes on behind a bundle that is damaged, and still derives the head', async () => {
    const parts = await grown(40)
    const files = misread(misread(parts.files, 'entries/001', flip), 'entries/007', flip)
    const { head, problems } = await inspectLog({ ...parts, files })
    expect(problems).toHaveLength(2)
    expect(head).toEqual(await (await openLog(parts)).head())
  })

  it('names a bundle with extra bytes after its last entry', async () => {
    const parts = await grown(40)
    const path = 'entries/001'
    const bytes = await parts.files.read(path, 0, 10_000)
    await parts.files.remove(path)
    const file = await parts.files.create(path)
    await file.append(concatBytes(bytes, new Uint8Array(1)))
    expect((await inspectLog(parts)).problems).toEqual(['entries/001 has extra bytes after its last entry'])
  })

  it('names the root when bundle and tile fit each other and are those of another log', async () => {
    const [parts, other] = [await grown(21), await grown(21, 'other')]
    for (const path of ['entries/004', 'tile/0/004']) {
      await parts.files.remove(path)
      const file = await parts.files.create(path)
      await file.append(await other.files.read(path, 0, 10_000))
    }
    const { problems } = await inspectLog(parts)
    expect(problems.filter((problem) => !problem.includes('keys'))).toEqual([
      'the root of 21 entries differs from the recorded root',
    ])
  })

  it('lets others have their turn', async () => {
    const parts = await grown(40)
    const log = await openLog(parts)
    let isOver = false
    const checking = log.check().then(() => (isOver = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isOver).toBe(false)
    await checking
  })

  it('names a time that is before the one of the entry in front', async () => {
    const { parts } = await newLog()
    await writeSegment(parts.files, [entryAt(2000, 'a'), entryAt(1999, 'b'), entryAt(1999, 'c')])
    expect((await inspectLog(parts)).problems).toEqual(['entry 2 is dated before the previous entry'])
  })

  it('keeps a hundred problems and still derives the head', async () => {
    const parts = await grown(120)
    const index = { ...parts.index, find: async () => [] }
    const log = await openLog({ ...parts, index })
    const check = await log.check()
    expect(check.problems).toHaveLength(100)
    expect(check.head).toEqual(await log.head())
  })
})

function leadingAstray(index: KeyIndex): KeyIndex {
  return {
    ...index,
    find: async (key, range) => {
      const found = await index.find(key, range)
      return found[0] === 5 ? [4] : found
    },
  }
}
