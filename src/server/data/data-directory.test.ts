import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog } from '../../host/index.ts'
import { lockDirectory } from '../../storage/sqlite/index.ts'
import { withAdmin } from '../admin/admin.ts'
import { lockHolder } from './data-checks.ts'
import { openDataDirectory } from './data-directory.ts'
import { startServer } from '../server.ts'

let root: string
let whole: string
let data: string
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-data-'))
  whole = join(root, 'whole')
  const server = await startServer({ data: whole, listen: await ownAddress(), log: silentLog })
  await server.close()
})
afterAll(() => rm(root, { recursive: true }))
beforeEach(() => {
  data = join(root, String((count += 1)))
})

const start = () => startServer({ data, log: silentLog })

async function copied(): Promise<void> {
  await cp(whole, data, { recursive: true })
  await rm(join(data, 'run'), { recursive: true })
}

describe('a data directory', () => {
  it('gives a new directory to one of many that come at once, and to the others in their turn', async () => {
    const opened = Array.from({ length: 20 }, async () => {
      const directory = await openDataDirectory(data, { patienceMs: 10_000 })
      directory.release()
      return directory.instance
    })
    expect(await Promise.all(opened)).toEqual(Array.from({ length: 20 }, () => undefined))
  })

  it('that holds something else is refused', async () => {
    await mkdir(data)
    await writeFile(join(data, 'thesis.txt'), '')
    await expect(start()).rejects.toMatchObject({ code: 'server.data-not-ours' })
    await expect(start()).rejects.toThrow('thesis.txt')
    expect(await readFile(join(data, 'thesis.txt'), 'utf8')).toBe('')
  })

  it('that a first start has left before its mark had a name, is taken', async () => {
    await mkdir(data)
    await writeFile(join(data, '.first-start.6e76aa1b7fdd.tmp'), 'remove')
    const directory = await openDataDirectory(data)
    directory.release()
    expect(directory.instance).toBeUndefined()
    await writeFile(join(data, '.first-start.thesis.tmp'), '')
    await expect(openDataDirectory(data)).rejects.toMatchObject({ code: 'server.data-not-ours' })
  })

  it('that is a file, lies below one, or cannot be made, is refused as not writable', async () => {
    await writeFile(data, '')
    await expect(start()).rejects.toMatchObject({ code: 'server.data-not-writable' })
    const refusals = [
      [data, 'a file is in its place'],
      [join(data, 'below'), 'a file is in its place'],
      [join(root, 'x'.repeat(256)), 'name too long'],
    ] as const
    for (const [path, reason] of refusals)
      await expect(openDataDirectory(path)).rejects.toMatchObject({
        code: 'server.data-not-writable',
        message: `${path}: ${reason}`,
      })
  })

  it.each([
    'keys/issuer.pem',
    'keys/intermediate.pem',
    'keys/ct.pem',
    'keys/rekor.pem',
    'keys/tsa.pem',
    'keys/tuf.pem',
    'certificates/authority.pem',
    'certificates/tsa.pem',
    'tuf/root.json',
    'tuf/timestamp.json',
    'wheelseal.db',
  ])('without %s is refused by name, and nothing is made anew', async (file) => {
    await copied()
    await rename(join(data, file), join(data, 'elsewhere'))
    await expect(start()).rejects.toMatchObject({ code: 'server.data-incomplete' })
    await expect(start()).rejects.toThrow(join(data, file))
    await expect(withAdmin(data, (admin) => admin.trust())).rejects.toMatchObject({
      code: 'server.data-incomplete',
    })
    await rename(join(data, 'elsewhere'), join(data, file))
    await (await start()).close()
  })

  it('without a document of its TUF repository that a later one names is refused by name', async () => {
    await copied()
    await unlink(join(data, 'tuf', '1.snapshot.json'))
    await expect(start()).rejects.toMatchObject({ code: 'tuf.missing' })
    await expect(start()).rejects.toThrow('1.snapshot.json')
  })

  it('with a key that others may read is refused', async () => {
    await copied()
    await chmod(join(data, 'keys', 'rekor.pem'), 0o644)
    await expect(start()).rejects.toMatchObject({ code: 'host.key-file' })
  })

  it('with a damaged chain is refused', async () => {
    await copied()
    await writeFile(join(data, 'certificates', 'tsa.pem'), '')
    await expect(start()).rejects.toMatchObject({ code: 'server.data-format' })
    await expect(start()).rejects.toThrow('tsa.pem')
  })

  it.each([
    ['{"format":99,"more":true}', 'server.data-newer', 'has format 99'],
    ['{"format":0}', 'server.data-format', 'does not have format'],
    ['{}', 'server.data-format', 'does not have format'],
  ])('with the instance %s is refused', async (instance, code, fact) => {
    await copied()
    await writeFile(join(data, 'instance.json'), instance)
    await expect(start()).rejects.toMatchObject({ code })
    await expect(start()).rejects.toThrow(fact)
  })

  it.each([
    ['NFS', 0x6969],
    ['CIFS', 0xff534d42],
    ['CIFS', 0xff534d42 | 0],
    ['9P', 0x01021997],
    ['FUSE', 0x65735546],
  ])('on %s (%i) is refused', async (kind, type) => {
    const opened = openDataDirectory(data, { fileSystemType: async () => type })
    await expect(opened).rejects.toMatchObject({ code: 'server.data-remote' })
    await expect(opened).rejects.toThrow(kind)
  })

  it.each([
    ['ext4', 0xef53],
    ['tmpfs', 0x01021994],
    ['overlayfs', 0x794c7630],
  ])('on %s is taken', async (_kind, type) => {
    const directory = await openDataDirectory(data, { fileSystemType: async () => type })
    directory.release()
  })

  it.runIf(process.platform === 'linux')('in use is refused with the id of the process', async () => {
    await copied()
    const lock = lockDirectory(data)
    const opened = openDataDirectory(data)
    await expect(opened).rejects.toMatchObject({ code: 'storage.locked' })
    await expect(opened).rejects.toThrow(`(pid ${process.pid})`)
    lock.release()
    expect(await lockHolder(join(data, 'lock.db'))).toBeUndefined()
  })

  it('with a lock file that is none is refused with the reason, and nobody is said to hold it', async () => {
    await copied()
    await writeFile(join(data, 'lock.db'), 'x'.repeat(200))
    await expect(start()).rejects.toMatchObject({ code: 'storage.lock-file' })
    await expect(start()).rejects.toThrow(`${join(data, 'lock.db')} is damaged`)
  })

  it('in use is refused without a process id where none can be known', async () => {
    await copied()
    expect(await lockHolder(join(data, 'lock.db'), join(root, 'no-such-file'))).toBeUndefined()
    expect(await lockHolder(join(data, 'no-such-file'))).toBeUndefined()
  })
})
