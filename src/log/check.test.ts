import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { arrangeLog } from './arrange.ts'
import type { KeyIndex, LogFiles } from './files.ts'
import { openLog, type LogCheck, type LogParts } from './index.ts'

const geometry = { tileHeight: 2, segmentBytes: 500 }

/** A log of so many leaves, all that can be in bundles and tiles. */
async function grown(leaves: number): Promise<LogParts> {
  let now = 1000
  const clock = { nowMs: () => (now += 1), sleep: async () => undefined }
  const { log, parts } = await arrangeLog({ clock, geometry })
  for (let count = 1; count < leaves; count += 1) await log.append({ leaf: utf8(`leaf ${count}`) })
  await log.close()
  return parts
}

async function checked(parts: LogParts): Promise<LogCheck> {
  return (await openLog(parts)).check()
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
      /tile\/0\/001 is missing or another/,
    ],
    [
      'a bundle that was cut',
      ({ files }) => ({ files: misread(files, 'entries/001', (bytes) => bytes.slice(0, -1)) }),
      /entries from 4 on are missing or cut/,
    ],
    [
      'a tile that was cut',
      ({ files }) => ({ files: misread(files, 'tile/0/002', (bytes) => bytes.slice(1)) }),
      /tile\/0\/002 is missing or another/,
    ],
    [
      'an upper tile with another hash',
      ({ files }) => ({ files: misread(files, 'tile/1/000', flip) }),
      /tile\/1\/000 is missing or another/,
    ],
    [
      'an index that leads to another leaf',
      ({ index }) => ({ index: leadingAstray(index) }),
      /entry 5 is not found by its keys/,
    ],
  ])('names %s', async (_what, change, problem) => {
    const parts = await grown(40)
    const { problems } = await checked({ ...parts, ...change(parts) })
    expect(problems.join('\n')).toMatch(problem)
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
