import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { newLog, grown, text } from './arrange.ts'
import type { Anchor, LogFile, LogFiles, TreeHead } from './files.ts'
import { openLog } from './index.ts'

describe('a commit that fails', () => {
  function fragile(files: LogFiles, fails: () => boolean, when: 'before' | 'after'): LogFiles {
    const breaking = (file: LogFile): LogFile => ({
      ...file,
      sync: async () => {
        if (fails() && when === 'before') throw new Error('EIO')
        await file.sync()
        if (fails()) throw new Error('EIO after the write')
      },
    })
    return { ...files, create: async (path) => breaking(await files.create(path)) }
  }

  it('lets the log take nothing more, and says why', async () => {
    const { parts } = await newLog()
    let broken = false
    const log = await openLog({ ...parts, files: fragile(parts.files, () => broken, 'before') })
    await log.append(text('a'))
    expect(log.refusal()).toBeUndefined()
    broken = true
    const [first, second] = await Promise.allSettled([log.append(text('b')), log.append(text('c'))])
    expect([first, second]).toMatchObject([
      { reason: { code: 'log.poisoned' } },
      { reason: { code: 'log.poisoned' } },
    ])
    broken = false
    expect(log.refusal()).toMatch(/failed/)
    await expect(log.append(text('d'))).rejects.toMatchObject({ code: 'log.poisoned' })
    expect((await log.head()).size).toBe(2)
  })

  it('leaves nothing that is found, read or counted, and the next start decides', async () => {
    const { parts } = await newLog()
    let broken = false
    const log = await openLog({ ...parts, files: fragile(parts.files, () => broken, 'after') })
    broken = true
    await expect(log.append(text('a'))).rejects.toMatchObject({ code: 'log.poisoned' })
    expect(await log.entry(1)).toBeUndefined()
    expect(await log.find(leafHash(utf8('a')))).toBeUndefined()
    expect((await log.head()).size).toBe(1)
    expect(await (await openLog(parts)).find(leafHash(utf8('a')))).toBe(1)
  })

  it('poisons the log also when a bundle reads back as other bytes', async () => {
    const { parts } = await newLog()
    const flipping: LogFiles = {
      ...parts.files,
      read: async (path, offset, length) => {
        const bytes = await parts.files.read(path, offset, length)
        return path.startsWith('entries/') ? bytes.with(60, bytes[60]! ^ 1) : bytes
      },
    }
    const log = await openLog({ ...parts, files: flipping })
    for (const name of ['a', 'b', 'c', 'd']) await log.append(text(name)).catch(() => undefined)
    await log.close()
    expect(log.refusal()).toMatch(/failed/)
    expect(await (await openLog(parts)).head()).toMatchObject({ size: (await log.head()).size })
  })
})

describe('an anchor', () => {
  function memoryAnchor(newest?: TreeHead): Anchor & { kept: TreeHead[] } {
    const kept = newest === undefined ? [] : [newest]
    return { kept, newest: async () => kept.at(-1), keep: async (head) => void kept.push(head) }
  }

  it('has the head before the answer leaves', async () => {
    const { parts } = await newLog()
    const anchor = memoryAnchor()
    const log = await openLog({ ...parts, anchor })
    for (const name of ['a', 'b']) {
      await log.append(text(name))
      expect(anchor.kept.at(-1)).toEqual(await log.head())
    }
  })

  it('that is ahead freezes the log: it reads, and takes nothing', async () => {
    const { parts, log: before } = await grown(6)
    const anchor = memoryAnchor({ size: 7, root: new Uint8Array(32) })
    const log = await openLog({ ...parts, anchor })
    expect(log.refusal()).toMatch(/6 entries, its anchor has seen 7/)
    await expect(log.append(text('a'))).rejects.toMatchObject({ code: 'log.frozen' })
    expect(await log.head()).toEqual(await before.head())
    expect((await log.entry(5))?.leaf).toEqual(utf8('leaf 5'))
  })

  it('that has seen another root freezes the log', async () => {
    const { parts } = await grown(6)
    const log = await openLog({ ...parts, anchor: memoryAnchor({ size: 5, root: new Uint8Array(32) }) })
    expect(log.refusal()).toMatch(/fork/)
  })

  it('that is behind, as after a loss of power, lets the log go on', async () => {
    const { parts, log: before } = await grown(6)
    const log = await openLog({ ...parts, anchor: memoryAnchor(await before.headAt(3)) })
    expect(await log.append(text('a'))).toMatchObject({ index: 6 })
  })
})
