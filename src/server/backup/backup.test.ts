import { cp, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog } from '../../host/index.ts'
import { checkFiles } from '../data/check-files.ts'
import { removeOrphans } from '../data/repair-files.ts'
import { startServer, type RunningServer, type ServerOptions } from '../server.ts'
import { makeBackup } from './backup.ts'
import { restoreBackup } from './restore.ts'

const root = await mkdtemp(join(tmpdir(), 'wheelseal-backup-'))
afterAll(() => rm(root, { recursive: true }))

let count = 0
let [folder, data, backup] = ['', '', '']
beforeEach(() => {
  folder = join(root, String((count += 1)))
  ;[data, backup] = [join(folder, 'data'), join(folder, 'backup')]
})

const listen = await ownAddress()
const start = (options: Partial<ServerOptions> = {}): Promise<RunningServer> =>
  startServer({ data, listen, anchor: join(folder, 'anchor'), log: silentLog, ...options })

async function using<T>(
  use: (server: RunningServer) => Promise<T>,
  options: Partial<ServerOptions> = {},
): Promise<T> {
  const server = await start(options)
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

async function store({ services }: RunningServer, text: string): Promise<void> {
  const { access, registry } = services
  const project = (await access.findProject('a/b')) ?? (await access.createProject({ path: 'a/b' }))
  const bytes = (async function* () {
    yield utf8(text)
  })()
  await registry.generic.put(project, { name: 'n', version: '1', fileName: text, bytes })
}

async function read({ services }: RunningServer, fileName: string): Promise<string | undefined> {
  const { access, registry } = services
  const project = await access.findProject('a/b')
  if (project === undefined) return undefined
  const file = await registry.generic.find(project, { name: 'n', version: '1', fileName })
  if (file === undefined) return undefined
  const parts: Uint8Array[] = []
  for await (const part of (await registry.generic.open(file)).stream()) parts.push(part)
  return Buffer.concat(parts).toString()
}

const sign = ({ services }: RunningServer, leaf: string) =>
  services.trust.logs.rekor.append({ leaf: utf8(leaf) })

async function onlyBlob(): Promise<string> {
  const names = await readdir(join(backup, 'blobs'), { recursive: true, withFileTypes: true })
  const file = names.find((one) => one.isFile())
  return join(file?.parentPath ?? '', file?.name ?? '')
}

async function lose(): Promise<string> {
  const lost = join(folder, 'lost')
  await rename(data, lost)
  return lost
}

describe('a backup', () => {
  it('is made while the server runs, and holds what was acknowledged before it', async () => {
    await using(async (server) => {
      await store(server, 'one')
      expect(await makeBackup({ data, to: backup })).toMatchObject({ url: server.url, files: 1, bytes: 3 })
      await store(server, 'later')
    })
    await lose()
    await restoreBackup({ from: backup, data })
    await using(async (server) => {
      expect(await read(server, 'one')).toBe('one')
      expect(await read(server, 'later')).toBeUndefined()
      await store(server, 'new')
      expect(await read(server, 'new')).toBe('new')
    })
    expect((await checkFiles(data)).problems).toEqual([])
  })

  it('is its owner only, and holds no log and nothing of a running server', async () => {
    await using(async (server) => {
      await store(server, 'one')
      await makeBackup({ data, to: backup })
    })
    expect((await stat(backup)).mode & 0o777).toBe(0o700)
    const names = await readdir(backup, { recursive: true, withFileTypes: true })
    for (const name of names.filter((one) => one.name !== 'lock.db'))
      expect((await stat(join(name.parentPath, name.name))).mode & 0o077).toBe(0)
    expect(await readdir(backup)).not.toContain('logs')
    expect(await readdir(backup)).not.toContain('run')
  })

  it('is brought up to date, and copies no file twice', async () => {
    await using(async (server) => {
      await store(server, 'one')
      await makeBackup({ data, to: backup })
      const blob = await onlyBlob()
      const before = await stat(blob)
      await store(server, 'two')
      expect(await makeBackup({ data, to: backup })).toMatchObject({ files: 2 })
      expect((await stat(blob)).ino).toBe(before.ino)
    })
    await lose()
    await restoreBackup({ from: backup, data })
    await using(async (server) => expect(await read(server, 'two')).toBe('two'))
  })

  it('is refused in a folder of something else, of another instance, and in the data directory', async () => {
    await using(async () => {
      const refused = expect.objectContaining({ code: 'server.backup-folder' })
      for (const to of [data, join(data, 'backup'), root])
        await expect(makeBackup({ data, to })).rejects.toEqual(refused)
      const other = join(folder, 'other')
      await startServer({ data: other, listen: '127.0.0.1:0', log: silentLog }).then((one) => one.close())
      await expect(makeBackup({ data, to: other })).rejects.toEqual(refused)
      await makeBackup({ data: other, to: backup })
      await expect(makeBackup({ data, to: backup })).rejects.toEqual(refused)
    })
  })

  it('that meets a damaged file fails, and leaves the one before as it was', async () => {
    await using(async (server) => {
      await store(server, 'one')
      await makeBackup({ data, to: backup })
      await store(server, 'two')
      const sha256 = '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3'
      await writeFile(join(data, 'blobs/sha256', sha256.slice(0, 2), sha256.slice(2)), 'owt')
      await expect(makeBackup({ data, to: backup })).rejects.toMatchObject({ code: 'base.blob-damaged' })
    })
    await lose()
    expect(await restoreBackup({ from: backup, data })).toMatchObject({ files: 1 })
    await using(async (server) => expect(await read(server, 'one')).toBe('one'))
  })
})

describe('a restore', () => {
  it('is refused without a finished backup, and into a directory that holds something', async () => {
    await using(() => makeBackup({ data, to: backup }))
    await expect(restoreBackup({ from: backup, data })).rejects.toMatchObject({
      code: 'server.restore-folder',
    })
    await rm(join(backup, 'backup.json'))
    const to = join(folder, 'new')
    await expect(restoreBackup({ from: backup, data: to })).rejects.toMatchObject({
      code: 'server.no-backup',
    })
  })

  it('that was cut is no instance, says so, and is finished by another one', async () => {
    await using(async (server) => {
      await store(server, 'one')
      await makeBackup({ data, to: backup })
    })
    await lose()
    const cut = (): never => {
      throw new Error('cut')
    }
    await expect(restoreBackup({ from: backup, data, onFile: cut })).rejects.toThrow('cut')
    await expect(start()).rejects.toMatchObject({
      code: 'server.data-incomplete',
      message: expect.stringContaining('a restore that was interrupted'),
    })
    await restoreBackup({ from: backup, data })
    await using(async (server) => expect(await read(server, 'one')).toBe('one'))
  })

  it('of a damaged blob is refused', async () => {
    await using(async (server) => {
      await store(server, 'one')
      await makeBackup({ data, to: backup })
    })
    await lose()
    await writeFile(await onlyBlob(), 'eno')
    await expect(restoreBackup({ from: backup, data })).rejects.toMatchObject({ code: 'base.blob-damaged' })
  })
})

describe('the logs of a restored server', () => {
  async function restored(): Promise<string> {
    await using(async (server) => {
      await store(server, 'one')
      await sign(server, '{"first":1}')
      await makeBackup({ data, to: backup })
      await cp(join(data, 'logs'), join(folder, 'old-logs'), { recursive: true })
      await sign(server, '{"second":2}')
    })
    const lost = await lose()
    await restoreBackup({ from: backup, data })
    return lost
  }

  it('answer nothing and take nothing where they are gone, while packages are served', async () => {
    await restored()
    await using(async (server) => {
      expect(server.reasons).toHaveLength(2)
      expect(await read(server, 'one')).toBe('one')
      await expect(sign(server, '{}')).rejects.toMatchObject({ code: 'log.lost', status: 503 })
      const answer = await fetch(`${server.url}/api/v1/log`)
      expect([answer.status, answer.statusText]).toEqual([503, expect.stringContaining('are gone')])
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
      const { logs } = server.services.trust
      expect((await logs.check()).rekor.problems).toHaveLength(1)
    })
  })

  it('go on where they were moved back whole and the anchor says so', async () => {
    const lost = await restored()
    await rename(join(lost, 'logs'), join(data, 'logs'))
    await using(async (server) => {
      expect(server.reasons).toEqual([])
      expect((await sign(server, '{"third":3}')).index).toBe(3)
    })
  })

  it('take nothing where no anchor shows that they are the newest, and leave none behind', async () => {
    const lost = await restored()
    await rename(join(lost, 'logs'), join(data, 'logs'))
    const anchor = join(folder, 'another-anchor')
    for (const again of [false, true])
      await using(
        async (server) => {
          await expect(sign(server, '{}')).rejects.toMatchObject({ code: 'log.frozen' })
          expect([again, server.reasons[0]]).toEqual([again, expect.stringContaining(anchor)])
          expect((await server.services.trust.rekor.byIndex(1))?.logIndex).toBe(1)
        },
        { anchor },
      )
    expect(await readFile(anchor, 'utf8')).toBe('')
  })

  it('take nothing where an older copy of them was put back', async () => {
    await restored()
    await rename(join(folder, 'old-logs'), join(data, 'logs'))
    await using(async (server) => {
      await expect(sign(server, '{}')).rejects.toMatchObject({ code: 'log.frozen' })
      expect(server.reasons[0]).toMatch(/tree size 2, but its anchor recorded tree size 3/)
    })
  })

  it('must be there in both parts, or in none', async () => {
    const lost = await restored()
    await cp(join(lost, 'logs', 'ct'), join(data, 'logs', 'ct'), { recursive: true })
    await expect(start()).rejects.toMatchObject({ code: 'server.data-incomplete' })
  })
})

describe('a repair', () => {
  it('removes what no row names, and nothing else, and only while no server runs', async () => {
    const orphan = 'ab'.repeat(32)
    await using(async (server) => {
      await store(server, 'one')
      await cp(join(data, 'blobs/sha256'), join(folder, 'blobs'), { recursive: true })
      await expect(removeOrphans(data)).rejects.toMatchObject({ code: 'storage.locked' })
    })
    await cp(join(folder, 'blobs'), join(data, 'blobs/sha256/ab'), { recursive: true })
    await writeFile(join(data, 'blobs/sha256/ab', orphan.slice(2)), 'orphan')
    expect(await removeOrphans(data)).toEqual({ files: 1, bytes: 6 })
    expect(await removeOrphans(data)).toEqual({ files: 0, bytes: 0 })
    await using(async (server) => expect(await read(server, 'one')).toBe('one'))
  })
})
