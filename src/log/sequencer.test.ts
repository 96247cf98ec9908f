import { setImmediate as later } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { newLog, text } from './arrange.ts'
import { openLog, type Anchor, type LogFiles, type TreeHead } from './index.ts'

/** With the genesis leaf the first bundle is full, and the second one is begun. */
const LEAVES = ['a', 'b', 'c', 'd', 'e']

describe('the write path', () => {
  it('keeps no head in the anchor whose commit failed', async () => {
    const { parts } = await newLog()
    const kept: TreeHead[] = []
    const anchor: Anchor = { newest: async () => kept.at(-1), keep: async (head) => void kept.push(head) }
    let fails = false
    const files: LogFiles = {
      ...parts.files,
      create: async (path) => {
        const file = await parts.files.create(path)
        return { ...file, sync: () => (fails ? Promise.reject(new Error('EIO')) : file.sync()) }
      },
    }
    const log = await openLog({ ...parts, files, anchor })
    await log.append(text('a'))
    fails = true
    await expect(log.append(text('b'))).rejects.toMatchObject({ code: 'log.poisoned' })
    expect(kept.map(({ size }) => size)).toEqual([1, 2])
  })

  it('lets go of what is in bundles and tiles: from then on the disk is read', async () => {
    const { parts } = await newLog()
    const reads: string[] = []
    const files: LogFiles = {
      ...parts.files,
      read: (path, ...where) => {
        reads.push(path)
        return parts.files.read(path, ...where)
      },
    }
    const log = await openLog({ ...parts, files })
    for (const leaf of LEAVES) await log.append(text(leaf))
    await later()
    reads.length = 0
    expect((await log.entry(1))?.leaf).toEqual(utf8('a'))
    expect(reads).toEqual(['entries/000', 'entries/000', 'tile/0/000'])
    reads.length = 0
    expect((await log.entry(4))?.leaf).toEqual(utf8('d'))
    expect(reads).toEqual([])
  })

  it('puts no leaf into a bundle that is not the one of the tree any more', async () => {
    const { log } = await newLog()
    const leaf = utf8('a')
    await log.append({ leaf })
    leaf[0]! ^= 1
    for (const name of LEAVES.slice(1)) await log.append(text(name)).catch(() => undefined)
    await later()
    expect(log.refusal()).toMatch(/entry 1 in its bundle does not have its hash in the tree/)
  })
})
