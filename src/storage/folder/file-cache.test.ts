import fc from 'fast-check'
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8, type Log } from '../../base/index.ts'
import { describeFileCache } from '../../gate/file-cache.contract.ts'
import type { FileCache } from '../../gate/index.ts'
import { silentLog, systemEntropy } from '../../host/index.ts'
import { createIndex, type CachedFile } from './file-cache-index.ts'
import { createFileCache, type FileCacheOptions } from './file-cache.ts'
import { createReserve } from './reserve.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-cache-'))
})
afterAll(() => rm(root, { recursive: true }))

const MINUTE_MS = 60_000
let nowMs = 1_700_000_000_000
const clock = { nowMs: () => nowMs, sleep: async () => undefined }
const lines: string[] = []
const said: Log = { ...silentLog, failure: (name) => lines.push(name) }

function openAt(folder: string, options: Partial<FileCacheOptions> = {}): Promise<FileCache> {
  return createFileCache({ folder, maxBytes: 1 << 20, clock, entropy: systemEntropy, log: said, ...options })
}

describeFileCache('folder', async ({ maxBytes, nowMs: now }) => {
  const folder = await mkdtemp(join(root, 'cache-'))
  const open = (limit: number) => openAt(folder, { maxBytes: limit, clock: { ...clock, nowMs: now } })
  return { cache: await open(maxBytes), reopen: (limit = maxBytes) => open(limit) }
})

const HELLO = sha256Hex('hello')
const BIG = new Uint8Array(600_000)

describe('createFileCache', () => {
  let folder: string
  let cache: FileCache
  beforeEach(async () => {
    lines.length = 0
    folder = await mkdtemp(join(root, 'cache-'))
    cache = await openAt(folder)
  })

  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256)
  async function keep(bytes: Uint8Array, to = cache): Promise<string> {
    const incoming = await to.begin()
    await incoming.write(bytes)
    await incoming.commit()
    return incoming.state().sha256
  }
  async function read(sha256: string, from = cache): Promise<number> {
    let received = 0
    for await (const part of (await from.open(sha256))!.stream()) received += part.length
    return received
  }

  it('keeps a file by its digest, for its owner only, and nothing else', async () => {
    await keep(utf8('hello'))
    await (await cache.begin()).discard()
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    expect(files.map((entry) => relative(folder, join(entry.parentPath, entry.name)))).toEqual([
      `2c/${HELLO}`,
    ])
    const modes = ['2c', 'tmp', `2c/${HELLO}`].map(async (path) => (await stat(join(folder, path))).mode)
    expect((await Promise.all(modes)).map((mode) => mode & 0o777)).toEqual([0o700, 0o700, 0o600])
  })

  it('removes at its start what a crash left on its way, and keeps what was committed', async () => {
    await keep(utf8('hello'))
    const incoming = await cache.begin()
    await incoming.write(utf8('half'))
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1)
    const next = await openAt(folder)
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect(await read(HELLO, next)).toBe(5)
    await incoming.discard()
  })

  it.each(['emptied', 'cut', 'removed', 'a link', 'a folder'])(
    'has no file that is %s, and takes it again',
    async (how) => {
      const sha256 = await keep(BIG)
      await damage(pathOf(sha256), how)
      expect(await cache.open(sha256)).toBeUndefined()
      expect(cache.usage()).toMatchObject({ files: 0, bytes: 0 })
      if (how === 'a folder') await rm(pathOf(sha256), { recursive: true })
      await keep(BIG)
      expect(await read(sha256)).toBe(BIG.length)
    },
  )

  it('never hands on the last part of bytes that are others, and removes them', async () => {
    const sha256 = await keep(BIG)
    await writeFile(pathOf(sha256), BIG.with(7, 1))
    await expect(read(sha256)).rejects.toMatchObject({ code: 'base.blob-damaged' })
    expect(lines).toEqual(['blob.damaged'])
    expect(await cache.open(sha256)).toBeUndefined()
    expect(await readdir(join(folder, sha256.slice(0, 2)))).toEqual([])
  })

  it('hands on nothing of a small file whose bytes are others, and removes it', async () => {
    await keep(utf8('hello'))
    await writeFile(pathOf(HELLO), 'hellO')
    expect(await cache.open(HELLO)).toBeUndefined()
    expect(lines).toEqual(['blob.damaged'])
    expect(await readdir(join(folder, '2c'))).toEqual([])
  })

  it('removes no file that came again while a damaged one of its digest was read', async () => {
    const sha256 = await keep(BIG)
    await writeFile(pathOf(sha256), BIG.with(7, 1))
    const stream = (await cache.open(sha256))!.stream()[Symbol.asyncIterator]()
    await stream.next()
    await keep(BIG)
    const rest = async (): Promise<void> => {
      while ((await stream.next()).done !== true);
    }
    await expect(rest()).rejects.toMatchObject({ code: 'base.blob-damaged' })
    expect(await read(sha256)).toBe(BIG.length)
  })

  it('serves a small file that was compared from memory, and a big one from the disk', async () => {
    const big = await keep(BIG)
    await keep(utf8('hello'))
    expect((await cache.open(HELLO))?.bytes).toEqual(utf8('hello'))
    expect((await cache.open(big))?.bytes).toBeUndefined()
    await writeFile(pathOf(HELLO), 'hellO')
    expect((await cache.open(HELLO))?.bytes).toEqual(utf8('hello'))
  })

  it('follows no link out of its folder', async () => {
    const outside = await mkdtemp(join(root, 'outside-'))
    await mkdir(join(outside, 'deep'))
    await writeFile(join(outside, HELLO), 'hello')
    await rm(join(folder, 'tmp'), { recursive: true })
    await symlink(outside, join(folder, 'tmp'))
    await symlink(outside, join(folder, '2c'))
    await mkdir(join(folder, 'aa'))
    await symlink(join(outside, HELLO), join(folder, 'aa', `aa${HELLO.slice(2)}`))
    const next = await openAt(folder)
    expect(next.usage()).toMatchObject({ files: 0 })
    await keep(utf8('hello'), next)
    expect((await lstat(join(folder, '2c'))).isDirectory()).toBe(true)
    expect(await readdir(outside)).toHaveLength(2)
  })

  it('leaves what is not its own where it is', async () => {
    const others = ['README', '2c.old', `2c${'0'.repeat(63)}`]
    for (const name of others) await writeFile(join(folder, name), 'text')
    await keep(utf8('hello'))
    await writeFile(join(folder, '2c', 'note'), 'text')
    expect((await openAt(folder, { maxBytes: 0 })).usage()).toMatchObject({ files: 1, bytes: 5 })
    for (const name of [...others, '2c/note']) expect(await readFile(join(folder, name), 'utf8')).toBe('text')
  })

  it('writes down a use once a minute, and no more often', async () => {
    await keep(utf8('hello'))
    const written = async (): Promise<number> => (await stat(pathOf(HELLO))).mtimeMs
    const before = await written()
    await cache.open(HELLO)
    nowMs += MINUTE_MS - 1
    await cache.open(HELLO)
    expect(await written()).toBe(before)
    nowMs += 1
    await cache.open(HELLO)
    expect(await written()).toBe(nowMs)
  })

  it('takes nothing out of the reserve, and leaves nothing of what had arrived', async () => {
    let free = 10 << 20
    const reserve = createReserve({ freeBytes: async () => free, reserveBytes: 5 << 20 })
    const other = await openAt(folder, { reserve })
    const incoming = await other.begin()
    const fill = async (): Promise<void> => {
      for (let at = 0; at < 100; at += 1) {
        free -= 1 << 20
        await incoming.write(new Uint8Array(1 << 20))
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'storage.full', status: 507 })
    await incoming.discard()
    await expect(other.begin()).rejects.toMatchObject({ code: 'storage.full' })
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
  })

  it('says what the system refuses, without a path', async () => {
    await rm(join(folder, 'tmp'), { recursive: true })
    const message = 'the data directory cannot be used (ENOENT in open)'
    await expect(cache.begin()).rejects.toMatchObject({ code: 'storage.broken', message })
  })
})

async function damage(path: string, how: string): Promise<void> {
  if (how === 'emptied') return truncate(path)
  if (how === 'cut') return truncate(path, 3)
  if (how === 'a link') {
    await rename(path, `${path}.other`)
    return symlink(`${path}.other`, path)
  }
  await rm(path)
  if (how === 'a folder') await mkdir(path)
}

describe('the order of use', () => {
  const size = fc.integer({ min: 0, max: 9 })
  const act = fc.record({
    ...{ digest: fc.constantFrom('a', 'b', 'c', 'd'), size },
    ...{
      kind: fc.constantFrom('add', 'use', 'remove', 'read', 'hold'),
      room: fc.integer({ max: 20, min: 0 }),
    },
  })

  it('lets nothing go that is read or held or the last one, and no more than it must', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const index = createIndex()
        const kept = new Map<string, CachedFile>()
        for (const { digest: sha256, size: sizeBytes, kind, room } of acts) {
          const file = index.find(sha256)
          expect(file).toBe(kept.get(sha256))
          if (kind === 'add') {
            const added = { sha256, sizeBytes, readers: 0, heldUntilMs: 0, writtenUseMs: 0 }
            index.add(added)
            kept.delete(sha256)
            kept.set(sha256, added)
          } else if (file !== undefined) {
            kept.delete(sha256)
            if (kind === 'remove') expect(index.remove(file)).toBe(true)
            else {
              index.use(file)
              kept.set(sha256, file)
            }
            if (kind === 'read') file.readers += 1
            if (kind === 'hold') file.heldUntilMs = 5
          }
          const all = [...kept.values()]
          const bytes = all.reduce((sum, one) => sum + one.sizeBytes, 0)
          expect([index.files, index.bytes]).toEqual([all.length, bytes])
          const going = index.tooMuch(room, 4)
          expect(going.filter((one) => one.readers > 0 || one.heldUntilMs > 4)).toEqual([])
          expect(all.length === 0 || !going.includes(all.at(-1)!)).toBe(true)
          const beforeLast = going.slice(0, -1).reduce((sum, one) => sum + one.sizeBytes, 0)
          expect(going.length === 0 || bytes - beforeLast > room).toBe(true)
          expect(going).toEqual(all.filter((one) => going.includes(one)))
        }
      }),
    )
  })
})
