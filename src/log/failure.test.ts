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

describe('a disk without room', () => {
  const full = { code: 'log.full', status: 507 }
  const descriptors = { code: 'log.descriptors', status: 503 }

  const lacking = (code: string): Error =>
    Object.assign(new Error(`${code}: /data/logs/rekor`), { code, syscall: 'open' })

  /** Files that fail as long as `fails` says so, and a clock whose pauses the test ends. */
  async function starved(code: string, operation: 'append' | 'sync' | 'create' | 'read' | 'rename') {
    const { parts } = await newLog()
    const state = { fails: false }
    const check = async (): Promise<void> => {
      if (state.fails) throw lacking(code)
    }
    const { files } = parts
    const pauses: (() => void)[] = []
    const broken: LogFiles = {
      ...files,
      create: async (path) => {
        if (operation === 'create') await check()
        const file = await files.create(path)
        return {
          ...file,
          append: (bytes) =>
            (operation === 'append' ? check() : Promise.resolve()).then(() => file.append(bytes)),
          sync: () => file.sync().then(() => (operation === 'sync' ? check() : undefined)),
        }
      },
      read: (...asked) =>
        (operation === 'read' ? check() : Promise.resolve()).then(() => files.read(...asked)),
      rename: (...asked) =>
        (operation === 'rename' ? check() : Promise.resolve()).then(() => files.rename(...asked)),
    }
    const clock = { ...parts.clock, sleep: () => new Promise<void>((resolve) => void pauses.push(resolve)) }
    const log = await openLog({ ...parts, files: broken, clock })
    return { log, parts, state, pauses }
  }

  const later = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

  it.each([
    ['ENOSPC', 'append', full],
    ['ENOSPC', 'sync', full],
    ['EDQUOT', 'append', full],
    ['EMFILE', 'append', descriptors],
    ['ENOSPC', 'rename', full],
    ['EMFILE', 'create', descriptors],
  ] as const)('(%s in %s) closes the log until there is room again', async (code, operation, refusal) => {
    const { log, parts, state, pauses } = await starved(code, operation)
    await log.append(text('a'))
    state.fails = true
    const tried = await Promise.allSettled(['b', 'c', 'd', 'e'].map((name) => log.append(text(name))))
    await later()
    await expect(log.append(text('f'))).rejects.toMatchObject(refusal)
    expect(JSON.stringify(tried.map(String))).not.toContain('/data')
    expect(log.refusal()).toMatch(/by itself once that is resolved/)
    expect((await log.entry(1))?.leaf).toEqual(utf8('a'))

    pauses.shift()?.()
    await later()
    expect(log.refusal()).toMatch(/by itself once that is resolved/)

    state.fails = false
    pauses.shift()?.()
    await later()
    expect(log.refusal()).toBeUndefined()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await log.append(text(name))
    expect((await log.head()).size).toBe(6)
    expect(await log.append(text('a'))).toMatchObject({ index: 1, isDuplicate: true })
    await log.close()
    expect((await (await openLog(parts)).check()).problems).toEqual([])
  })

  it('is not a bundle that is missing to whoever reads it', async () => {
    const { log, state } = await starved('EMFILE', 'read')
    for (const name of ['a', 'b', 'c', 'd', 'e']) await log.append(text(name))
    await later()
    state.fails = true
    await expect(log.entry(1)).rejects.toMatchObject({ code: 'log.descriptors' })
    state.fails = false
    expect((await log.entry(1))?.leaf).toEqual(utf8('a'))
  })

  it('does not hold up the end of the log', async () => {
    const { log, state } = await starved('ENOSPC', 'append')
    state.fails = true
    await log.append(text('a')).catch(() => undefined)
    await later()
    const ended = log.close().then(() => 'ended')
    // The pause is cut by the signal; this clock minds none.
    expect(await Promise.race([ended, later().then(() => 'still open')])).toBe('still open')
  })

  it('lets no head be followed by an older one', async () => {
    const { log, parts, state, pauses } = await starved('ENOSPC', 'append')
    const [name = ''] = await parts.files.list('wal')
    const older = await parts.files.read(`wal/${name}`, 0, 10_000)
    await log.append(text('a'))
    state.fails = true
    await log.append(text('b')).catch(() => undefined)
    await later()
    await parts.files.remove(`wal/${name}`)
    state.fails = false
    await (await parts.files.create(`wal/${name}`)).append(older)
    pauses.shift()?.()
    await later()
    expect(log.refusal()).toMatch(/has tree size 1.* recorded tree size 2/)
    await expect(log.append(text('c'))).rejects.toMatchObject({ code: 'log.frozen' })
  })

  it('tries nothing again before every write that was begun is over', async () => {
    const { parts } = await newLog()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => void (release = resolve))
    const files: LogFiles = {
      ...parts.files,
      create: async (path) => {
        if (path.startsWith('entries/')) throw lacking('EMFILE')
        if (path.startsWith('tile/')) await held
        return parts.files.create(path)
      },
    }
    let pauses = 0
    const clock = { ...parts.clock, sleep: () => new Promise<void>(() => void (pauses += 1)) }
    const log = await openLog({ ...parts, files, clock })
    for (const name of ['a', 'b', 'c']) await log.append(text(name))
    await later()
    expect([log.refusal() === undefined, pauses]).toEqual([true, 0])
    release()
    await later()
    expect([log.refusal() === undefined, pauses]).toEqual([false, 1])
  })

  it('that turns out broken closes the log for good', async () => {
    const { log, parts, state, pauses } = await starved('ENOSPC', 'append')
    state.fails = true
    await log.append(text('a')).catch(() => undefined)
    await later()
    const [name = ''] = await parts.files.list('wal')
    await parts.files.remove(`wal/${name}`)
    pauses.shift()?.()
    await later()
    await expect(log.append(text('b'))).rejects.toMatchObject({ code: 'log.poisoned' })
    expect(pauses).toEqual([])
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
    expect(log.refusal()).toMatch(/tree size 6, but its anchor recorded tree size 7/)
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
