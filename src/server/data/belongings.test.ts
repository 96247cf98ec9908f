import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { utf8, type Log } from '../../base/index.ts'
import { ownAddress } from '../../host/arrange.ts'
import { silentLog } from '../../host/index.ts'
import { startServer, type RunningServer } from '../server.ts'

let folder: string
let data: string
let other: string
let count = 0

/** Two instances of one URL; nothing but their keys and numbers differs. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-belongs-'))
  const first = await startServer({ data: join(folder, 'a'), listen: await ownAddress(), log: silentLog })
  const { trust } = first.services
  for (const log of [trust.logs.rekor, trust.logs.ct]) await log.append({ leaf: () => utf8('{"leaf":"a"}') })
  await first.close()
  const listen = new URL(first.url).host
  await (await startServer({ data: join(folder, 'b'), listen, log: silentLog })).close()
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  data = join(folder, `a${(count += 1)}`)
  other = join(folder, 'b')
  await cp(join(folder, 'a'), data, { recursive: true })
})

function start(log: Log = silentLog, anchor?: string): Promise<RunningServer> {
  return startServer({ data, log, anchor })
}

async function swap(name: string): Promise<void> {
  await rm(join(data, name), { recursive: true })
  await cp(join(other, name), join(data, name), { recursive: true })
}

describe('a start', () => {
  it.each([
    ['keys/intermediate.pem', 'server.data-mismatch', 'keys/intermediate.pem'],
    ['keys/tsa.pem', 'server.data-mismatch', 'keys/tsa.pem'],
    ['keys/ct.pem', 'server.data-mismatch', 'keys/ct.pem'],
    ['keys/rekor.pem', 'server.data-mismatch', 'keys/rekor.pem'],
    ['keys/tuf.pem', 'tuf.key', 'root.json'],
    ['keys/root.pem', 'server.data-mismatch', 'keys/root.pem'],
    ['keys/tsa-root.pem', 'server.data-mismatch', 'keys/tsa-root.pem'],
    ['keys/tuf-root.pem', 'server.data-mismatch', 'keys/tuf-root.pem'],
    ['keys/tuf-targets.pem', 'server.data-mismatch', 'keys/tuf-targets.pem'],
    ['certificates/authority.pem', 'server.data-mismatch', 'keys/intermediate.pem'],
    ['tuf', 'tuf.key', 'root.json'],
    ['logs/rekor', 'server.data-mismatch', 'logs/rekor'],
    ['logs/ct', 'server.data-mismatch', 'logs/ct'],
    ['wheelseal.db', 'storage.database', 'wheelseal.db'],
  ])('with %s of another instance is refused as %s, and names %s', async (name, code, file) => {
    await swap(name)
    await expect(start()).rejects.toMatchObject({ code })
    await expect(start()).rejects.toThrow(file)
  })

  it('with a whole authority of another instance is refused: clients were told of ours', async () => {
    for (const name of ['certificates/authority.pem', 'keys/intermediate.pem', 'keys/root.pem'])
      await swap(name)
    await expect(start()).rejects.toThrow('certificates/authority.pem differs from the certificate')
  })

  it('with another time of creation is refused: clients were told of the first one', async () => {
    const instance = JSON.parse(await readFile(join(data, 'instance.json'), 'utf8')) as {
      createdAtMs: number
    }
    await writeFile(join(data, 'instance.json'), JSON.stringify({ ...instance, createdAtMs: 1 }))
    await expect(start()).rejects.toThrow('instance.json has another URL or creation time')
  })

  it('with another tree id is refused: the database carries ours', async () => {
    const instance = JSON.parse(await readFile(join(data, 'instance.json'), 'utf8')) as object
    await writeFile(join(data, 'instance.json'), JSON.stringify({ ...instance, rekorTreeId: '12345' }))
    await expect(start()).rejects.toMatchObject({ code: 'storage.database' })
  })

  it.each(['.', 'keys', 'run'])(
    'with %s open to other users is refused, and says how to close it',
    async (name) => {
      await mkdir(join(data, 'run'), { recursive: true })
      await chmod(join(data, name), 0o750)
      await expect(start()).rejects.toMatchObject({
        code: 'server.data-open',
        hint: expect.stringContaining(`chmod 700 ${join(data, name)}`) as string,
      })
      await chmod(join(data, name), 0o700)
      await (await start()).close()
    },
  )

  it.each(['tuf/targets', 'blobs', 'blobs/sha256', 'traces'])(
    'without %s is refused by name',
    async (name) => {
      await rm(join(data, name), { recursive: true })
      await expect(start()).rejects.toMatchObject({ code: 'server.data-incomplete' })
      await expect(start()).rejects.toThrow(join(data, name))
    },
  )

  it('says what stands in the way of a file, and does not call it missing', async () => {
    await rename(join(data, 'keys'), join(data, 'keys.old'))
    await writeFile(join(data, 'keys'), '')
    await expect(start()).rejects.toMatchObject({ code: 'server.data-unreadable' })
    await expect(start()).rejects.toThrow(/keys\/issuer\.pem: .*not a directory/)
  })

  it.each(['run/admin.sock', 'wheelseal.db-wal', 'wheelseal.db-journal'])(
    'says that a folder stands in the place of %s',
    async (name) => {
      await mkdir(join(data, name), { recursive: true, mode: 0o700 })
      await expect(start()).rejects.toMatchObject({
        code: 'server.data-unreadable',
        message: `${join(data, name)} is a folder`,
      })
      await rmdir(join(data, name))
      await (await start()).close()
    },
  )

  it('without instance.json is refused by its name, and clears nothing', async () => {
    // As a first start leaves it that was cut after its last step but one.
    await writeFile(join(data, 'first-start'), '')
    await (await start()).close()
    await rm(join(data, 'instance.json'))
    await expect(start()).rejects.toMatchObject({ code: 'server.data-incomplete' })
    await expect(start()).rejects.toThrow(join(data, 'instance.json'))
  })

  it('says that an anchor is lost, once, and not at the first start', async () => {
    const said: string[] = []
    const log: Log = { ...silentLog, failure: (name, error) => said.push(`${name} ${String(error)}`) }
    const anchor = join(data, '..', `anchor-${count}`)
    await (await start(log, anchor)).close()
    expect(said).toEqual([expect.stringMatching(/^log\.anchor-lost .*no tree head of ct and rekor/)])
    await (await start(log, anchor)).close()
    expect(said).toHaveLength(1)
    const fresh = join(folder, `fresh${count}`)
    const terms = { data: fresh, listen: await ownAddress(), anchor: `${anchor}-2`, log }
    await (await startServer(terms)).close()
    expect(said).toHaveLength(1)
  })
})
