import { createServer } from 'node:net'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownAddress } from '../host/arrange.ts'
import { silentLog, systemClock } from '../host/index.ts'
import { lockDirectory } from '../storage/sqlite/index.ts'
import { withAdmin } from './admin/admin.ts'
import { startServer, type RunningServer } from './server.ts'

let root: string
let data: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-app-'))
  data = join(root, 'data')
})
afterEach(() => rm(root, { recursive: true }))

function start(listen?: string): Promise<RunningServer> {
  return startServer({ data, log: silentLog, ...(listen === undefined ? {} : { listen }) })
}

async function started(use: (server: RunningServer) => Promise<void>, listen?: string): Promise<void> {
  const server = await start(listen ?? (await ownAddress()))
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

const nothing = async (): Promise<void> => undefined

describe('startServer', () => {
  it('makes keys that only their owner can read, and answers at its URL', async () => {
    await started(async ({ url }) => {
      expect((await fetch(`${url}/readyz`)).status).toBe(200)
      for (const key of ['issuer', 'root', 'intermediate', 'ct', 'rekor', 'tsa-root', 'tsa']) {
        expect((await stat(join(data, 'keys', `${key}.pem`))).mode & 0o777).toBe(0o600)
      }
      expect((await stat(join(data, 'run'))).mode & 0o777).toBe(0o700)
    })
  })

  it('closes a directory to others that was there before, and minds no leftover of its own', async () => {
    await mkdir(data, { mode: 0o755 })
    await writeFile(join(data, 'lock.db'), '')
    await started(nothing)
    expect((await stat(data)).mode & 0o777).toBe(0o700)
  })

  it('continues with the same URL, keys and projects', async () => {
    let first = ''
    await started(async ({ url }) => {
      first = url
      await withAdmin(data, (admin) => admin.createProject({ path: 'a/b', visibility: 'private' }))
    })
    const key = await readFile(join(data, 'keys', 'rekor.pem'), 'utf8')
    const again = await start()
    expect(again.url).toBe(first)
    await again.close()
    expect(await readFile(join(data, 'keys', 'rekor.pem'), 'utf8')).toBe(key)
    expect(await withAdmin(data, (admin) => admin.findProject('a/b'))).toMatchObject({ id: 1 })
  })

  it('refuses another URL later, and names both', async () => {
    await started(nothing)
    await expect(start('127.0.0.1:1')).rejects.toMatchObject({ code: 'server.url-fixed' })
    await expect(start('127.0.0.1:1')).rejects.toThrow(/127\.0\.0\.1:1,.*127\.0\.0\.1:\d+/)
  })

  it('refuses a directory that is in use, and leaves it alone', async () => {
    await started(async ({ url }) => {
      await expect(start()).rejects.toMatchObject({ code: 'storage.locked' })
      expect((await fetch(`${url}/readyz`)).status).toBe(200)
    })
  })

  it('begins a first start again that was cut', async () => {
    await mkdir(data)
    await writeFile(join(data, 'first-start'), '')
    await mkdir(join(data, 'keys'))
    await writeFile(join(data, 'keys', 'half.pem'), 'half a key')
    await started(nothing)
    await expect(stat(join(data, 'keys', 'half.pem'))).rejects.toThrow('ENOENT')
  })

  it('says that an address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => {
      other.once('listening', resolve)
    })
    const { port } = other.address() as { port: number }
    await expect(start(`127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'http.listen',
      message: `127.0.0.1:${port}: address already in use`,
    })
    other.close()
  })

  it('refuses a socket path that no socket can have, before it makes anything', async () => {
    data = join(root, 'x'.repeat(90))
    await expect(start()).rejects.toMatchObject({ code: 'server.socket-path' })
    await expect(stat(data)).rejects.toThrow('ENOENT')
  })
})

describe('withAdmin', () => {
  it('says so where there is no instance', async () => {
    await expect(withAdmin(data, (admin) => admin.trust())).rejects.toMatchObject({
      code: 'server.no-instance',
    })
  })

  it('gives the same answers with and without a server, refusals included', async () => {
    const ask = () =>
      withAdmin(data, async (admin) => ({
        trust: await admin.trust(),
        refusal: await admin
          .createProject({ path: 'no slash', visibility: 'private' })
          .catch((error: unknown) => error),
      }))
    let running: unknown
    await started(async () => {
      running = await ask()
    })
    expect(await ask()).toEqual(running)
    expect(running).toMatchObject({ refusal: { code: 'access.path' } })
  })

  it('lists every project, also beyond one page', async () => {
    await started(async () => {
      const paths = await withAdmin(data, async (admin) => {
        for (let count = 0; count < 101; count += 1) {
          await admin.createProject({ path: `a/p${count}`, visibility: 'public' })
        }
        return Array.fromAsync(admin.projects(), ({ path }) => path)
      })
      expect(paths).toEqual(Array.from({ length: 101 }, (_, count) => `a/p${count}`))
    })
  })

  it('waits for a server that holds the directory and does not answer yet', async () => {
    await started(nothing)
    const lock = lockDirectory(data)
    const asked = withAdmin(data, (admin) => admin.trust())
    await systemClock.sleep(200)
    lock.release()
    const server = await start()
    expect(await asked).toMatchObject({ url: server.url })
    await server.close()
  })
})
