import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog, systemClock } from '../../host/index.ts'
import { moveKeysOffline } from './offline-keys.ts'
import { startServer } from '../server.ts'
import { readTrust } from '../../client/trust-root/source.ts'

const NAMES = ['root.pem', 'tsa-root.pem', 'tuf-root.pem', 'tuf-targets.pem']
const DAY_MS = 86_400_000

let root: string
let whole: string
let data: string
let safe: string
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-offline-'))
  whole = join(root, 'whole')
  const server = await startServer({ data: whole, listen: await ownAddress(), log: silentLog })
  await server.close()
})
afterAll(() => rm(root, { recursive: true }))
beforeEach(async () => {
  count += 1
  data = join(root, `${count}`, 'data')
  safe = join(root, `${count}`, 'safe')
  await cp(whole, data, { recursive: true })
})

const keys = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])
const isHere = async (): Promise<readonly string[]> =>
  (await keys(join(data, 'keys'))).filter((name) => NAMES.includes(name)).toSorted()

function noHttp(): never {
  throw new Error('nothing is asked over the network')
}

describe('moveKeysOffline', () => {
  it("moves the four keys byte for byte, into files that are their owner's only", async () => {
    const before = await Promise.all(NAMES.map((name) => readFile(join(data, 'keys', name), 'utf8')))
    const { moved } = await moveKeysOffline(data, safe)
    expect(moved.toSorted()).toEqual(NAMES.map((name) => join(safe, name)))
    expect(await Promise.all(NAMES.map((name) => readFile(join(safe, name), 'utf8')))).toEqual(before)
    for (const name of NAMES) expect((await stat(join(safe, name))).mode & 0o777).toBe(0o600)
    expect((await stat(safe)).mode & 0o777).toBe(0o700)
    expect(await isHere()).toEqual([])
    await expect(moveKeysOffline(data, safe)).rejects.toMatchObject({ code: 'server.offline-none' })
  })

  it('leaves a server that starts, is ready and renews the TUF timestamp, and a report that says so', async () => {
    await moveKeysOffline(data, safe)
    const clock = { ...systemClock, nowMs: () => Date.now() + 5 * DAY_MS }
    const server = await startServer({ data, log: silentLog, clock })
    const timestamp = await fetch(`${server.url}/tuf/timestamp.json`)
    expect(await timestamp.json()).toMatchObject({ signed: { version: 2 } })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    const { report } = await readTrust({ data }, { http: noHttp, defaultData: '' })
    expect((await report()).rootKeys).toEqual({
      here: [],
      elsewhere: ['root', 'tsa-root', 'tuf-root', 'tuf-targets'],
    })
    await server.close()
  })

  it('goes on where a call was cut: some keys copied, some originals removed', async () => {
    await mkdir(safe)
    for (const name of NAMES.slice(0, 3)) await cp(join(data, 'keys', name), join(safe, name))
    await rm(join(data, 'keys', NAMES[0]!))
    await moveKeysOffline(data, safe)
    expect([await isHere(), (await keys(safe)).toSorted()]).toEqual([[], NAMES])
  })

  it('refuses a folder with another key under such a name, and moves nothing', async () => {
    await mkdir(safe)
    await writeFile(join(safe, 'tuf-targets.pem'), 'another key')
    await expect(moveKeysOffline(data, safe)).rejects.toMatchObject({ code: 'server.offline-folder' })
    expect([await isHere(), await keys(safe)]).toEqual([NAMES, ['tuf-targets.pem']])
  })

  it('refuses a folder in the data directory, also by a link, and leaves nothing of it', async () => {
    await symlink(data, safe)
    for (const folder of [data, join(data, 'offline', 'keys'), join(data, 'keys'), safe, join(safe, 'x')])
      await expect(moveKeysOffline(data, folder), folder).rejects.toMatchObject({
        code: 'server.offline-folder',
      })
    expect(await isHere()).toEqual(NAMES)
    expect(await readdir(data)).not.toContain('offline')
  })

  it('refuses a folder that cannot be made, and a directory that is no instance', async () => {
    await writeFile(safe, '')
    await expect(moveKeysOffline(data, join(safe, 'x'))).rejects.toMatchObject({
      code: 'server.offline-folder',
    })
    await expect(moveKeysOffline(join(root, 'none'), safe)).rejects.toMatchObject({
      code: 'server.no-instance',
    })
  })

  it('removes nothing when a key cannot be copied', async () => {
    await writeFile(join(data, 'keys', 'tuf-targets.pem'), 'damaged')
    await expect(moveKeysOffline(data, safe)).rejects.toMatchObject({ code: 'host.key-file' })
    expect(await isHere()).toEqual(NAMES)
  })
})
