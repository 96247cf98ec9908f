import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../base/index.ts'
import type { FileCache } from '../../gate/index.ts'
import { silentLog, systemEntropy } from '../../host/index.ts'
import { createSmallFiles } from './file-cache-index.ts'
import { createFileCache } from './file-cache.ts'

const MINUTE_MS = 60_000
const HELLO = sha256Hex('hello')

describe('a file at once', () => {
  let nowMs = 1_700_000_000_000
  const clock = { nowMs: () => nowMs, sleep: async () => undefined }
  let folder: string
  let cache: FileCache
  const openWith = async (maxBytes: number): Promise<void> => {
    cache = await createFileCache({ folder, maxBytes, clock, entropy: systemEntropy, log: silentLog })
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelseal-cache-'))
    await openWith(1 << 20)
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function keep(bytes: Uint8Array): Promise<string> {
    const incoming = await cache.begin()
    await incoming.write(bytes)
    await incoming.commit()
    return incoming.state().sha256
  }

  it('is what was compared, as long as no use has to be written down', async () => {
    const big = await keep(new Uint8Array(600_000))
    await keep(utf8('hello'))
    expect(cache.inMemory(HELLO)).toBeUndefined()
    await cache.open(HELLO)
    await cache.open(big)
    expect([cache.inMemory(HELLO), cache.inMemory(HELLO, 5)]).toEqual([utf8('hello'), utf8('hello')])
    expect([cache.inMemory(HELLO, 4), cache.inMemory(big), cache.inMemory('a')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    nowMs += MINUTE_MS
    expect(cache.inMemory(HELLO)).toBeUndefined()
    await cache.open(HELLO)
    expect(cache.inMemory(HELLO)).toEqual(utf8('hello'))
    await cache.remove(HELLO)
    expect(cache.inMemory(HELLO)).toBeUndefined()
  })

  it('counts as a use', async () => {
    await openWith(10)
    await keep(utf8('hello'))
    await cache.open(HELLO)
    const next = await keep(utf8('world'))
    await cache.open(next)
    expect(cache.inMemory(HELLO)).toBeDefined()
    nowMs += MINUTE_MS
    await keep(utf8('again'))
    expect([await cache.open(HELLO), await cache.open(next)].map((one) => one !== undefined)).toEqual([
      true,
      false,
    ])
  })
})

describe('small files in memory', () => {
  it('have a limit together, and those go that were used longest ago', () => {
    const small = createSmallFiles(10)
    small.keep('a', new Uint8Array(4))
    small.keep('b', new Uint8Array(4))
    small.keep('b', new Uint8Array(5))
    expect(small.find('a')).toHaveLength(4)
    small.keep('c', new Uint8Array(6))
    expect(['a', 'b', 'c'].map((sha256) => small.find(sha256)?.length)).toEqual([4, undefined, 6])
    small.remove('c')
    small.keep('d', new Uint8Array(6))
    expect(small.find('a')).toHaveLength(4)
    small.keep('e', new Uint8Array(11))
    expect(['a', 'd', 'e'].map((sha256) => small.find(sha256))).toEqual([undefined, undefined, undefined])
  })
})
