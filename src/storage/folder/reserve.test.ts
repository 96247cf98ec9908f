import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Blobs } from '../../base/index.ts'
import { silentLog, systemEntropy } from '../../host/index.ts'
import { openFolderBlobs } from './blobs.ts'
import { createReserve, withReserve } from './reserve.ts'

const RESERVE = 100 << 20
let folder: string
let free: number
let inner: Blobs
let blobs: Blobs
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-reserve-'))
  free = RESERVE
  inner = await openFolderBlobs(folder, { entropy: systemEntropy, log: silentLog })
  blobs = withReserve(inner, createReserve({ freeBytes: async () => free, reserveBytes: RESERVE }))
})
afterEach(() => rm(folder, { recursive: true }))

async function* parts(count: number, partBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at += 1) yield new Uint8Array(partBytes)
}

const full = { code: 'storage.full', status: 507 }
const staged = (): Promise<string[]> => readdir(join(folder, 'tmp'))

describe('blobs with a reserve', () => {
  it('takes what leaves the reserve, and keeps it', async () => {
    const one = await blobs.stage(parts(3, 10), 100)
    await one.commit()
    expect((await blobs.open(one.sha256, 30))?.size).toBe(30)
  })

  it('reads nothing of an upload when there is less, and says what is left', async () => {
    free = RESERVE - 1
    let asked = 0
    async function* body(): AsyncGenerator<Uint8Array> {
      asked += 1
      yield new Uint8Array(1)
    }
    const refusal = {
      ...full,
      message: 'the disk has 99 MiB free, and 100 MiB are reserved for the logs and the database',
    }
    await expect(blobs.stage(body(), 100)).rejects.toMatchObject(refusal)
    expect([asked, await staged()]).toEqual([0, []])
  })

  it('ends an upload that has used up what was free, and keeps nothing of it', async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 100; at += 1) {
        free -= 1 << 20
        yield new Uint8Array(1 << 20)
      }
      throw new Error('it was read to its end')
    }
    await expect(blobs.stage(body(), 1 << 30)).rejects.toMatchObject(full)
    expect(await staged()).toEqual([])
  })

  it.each(['ENOSPC', 'EDQUOT'])(
    'says that the disk is full when it is (%s), be it in the last step',
    async (code) => {
      const failure = Object.assign(new Error(`${code}: /srv/data`), { code, syscall: 'write' })
      const reserve = createReserve({ freeBytes: async () => free, reserveBytes: RESERVE })
      const failing = { ...inner, stage: () => Promise.reject(failure) }
      const refusal = { ...full, message: `the disk is full (${code})` }
      await expect(withReserve(failing, reserve).stage(parts(1, 1), 10)).rejects.toMatchObject(refusal)
      const last: Blobs = {
        ...inner,
        stage: async (...asked) => ({
          ...(await inner.stage(...asked)),
          commit: () => Promise.reject(failure),
        }),
      }
      const one = await withReserve(last, reserve).stage(parts(1, 1), 10)
      await expect(one.commit()).rejects.toMatchObject(refusal)
      await one.discard()
    },
  )

  it.each([
    ['EIO', 'storage.broken', 'the data directory cannot be used (EIO in write)'],
    ['EROFS', 'storage.broken', 'the data directory cannot be used (EROFS in write)'],
    ['EMFILE', 'storage.descriptors', 'too many files are open (EMFILE)'],
  ])('says what the system refuses (%s), without the path', async (systemCode, code, message) => {
    const cause = Object.assign(new Error(`${systemCode}: /srv/data`), { code: systemCode, syscall: 'write' })
    const reserve = createReserve({ freeBytes: async () => free, reserveBytes: RESERVE })
    const fail = (): Promise<never> => Promise.reject(cause)
    const failing = withReserve({ stage: fail, open: fail }, reserve)
    const refusal = { code, message, status: 503, cause }
    await expect(failing.stage(parts(1, 1), 10)).rejects.toMatchObject(refusal)
    await expect(failing.open('00', 1)).rejects.toMatchObject(refusal)
  })
})
