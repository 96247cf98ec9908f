import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Http, HttpResponse } from '../../base/index.ts'
import { silentLog, systemFiles } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { startServer, type RunningServer } from '../../server/server.ts'
import { exportTrust } from './export.ts'
import { readTrust, type TrustSource } from './source.ts'

let root: string
let server: RunningServer
let other: RunningServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-trust-'))
  const start = (name: string) =>
    startServer({ data: join(root, name), listen: '127.0.0.1:0', log: silentLog })
  server = await start('data')
  other = await start('other')
})
afterAll(async () => {
  await server.close()
  await other.close()
  await rm(root, { recursive: true })
})

const http = createHttp({ env: {}, files: systemFiles })
const read = (source: TrustSource, over: Http = http) =>
  readTrust(source, { http: () => over, defaultData: server.data })

/** The same server, with one answer taken from another one or changed. */
function replacing(pattern: RegExp, change: (response: HttpResponse) => HttpResponse): Http {
  return {
    request: async (request) => {
      const response = await http.request(request)
      return pattern.test(request.url) ? change(response) : response
    },
  }
}

async function contents(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder)
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, index) => [name, texts[index]!.replaceAll(folder, 'FOLDER')]))
}

describe('readTrust', () => {
  it('gives the same files over the URL as from the data directory, byte for byte', async () => {
    const [local, remote] = [join(root, 'local'), join(root, 'remote')]
    await exportTrust((await read({})).files, local)
    await exportTrust((await read({ url: `${server.url}/`, fingerprint: server.fingerprint })).files, remote)
    expect(Object.keys(await contents(local))).toHaveLength(9)
    expect(await contents(remote)).toEqual(await contents(local))
  })

  it('says why a server refuses the name that it was asked by, and what to do', async () => {
    const url = server.url.replace('127.0.0.1', 'localhost')
    await expect(read({ url })).rejects.toThrow(
      /answered HTTP 421: .*; use the URL that wheelseal up prints, or start/,
    )
  })

  it('needs no fingerprint for this machine, and one for any other', async () => {
    expect((await read({ url: server.url })).files.url).toBe(server.url)
    await expect(read({ url: 'https://seal.example' })).rejects.toMatchObject({ code: 'client.fingerprint' })
  })

  it('refuses a server with another root, and says which it has', async () => {
    const wrong = read({ url: server.url, fingerprint: other.fingerprint })
    await expect(wrong).rejects.toMatchObject({ code: 'client.fingerprint-mismatch' })
    await expect(wrong).rejects.toThrow(server.fingerprint)
  })

  it.each(['sha256:', 'SHA256:x', `sha256:${'A'.repeat(64)}`, 'abc'])(
    'refuses %j as a fingerprint',
    async (text) => {
      await expect(read({ url: server.url, fingerprint: text })).rejects.toMatchObject({
        code: 'client.fingerprint',
      })
    },
  )

  it('refuses targets that are not signed under that root', async () => {
    const { files } = await read({ url: other.url })
    const forged = replacing(/trusted_root\.json$/, (response) => ({
      ...response,
      bytes: async () => Buffer.from(files.trustedRoot),
    }))
    const taken = read({ url: server.url, fingerprint: server.fingerprint }, forged)
    await expect(taken).rejects.toMatchObject({ code: 'net.tuf' })
  })

  it.each(['timestamp.json', '1.snapshot.json', '1.targets.json'])(
    'refuses the %s of another server',
    async (name) => {
      const theirs = await http.request({ method: 'GET', url: `${other.url}/tuf/${name}` })
      const bytes = await theirs.bytes(1 << 20)
      const pattern = new RegExp(`/${name.replaceAll('.', String.raw`\.`)}$`)
      const mixed = replacing(pattern, (response) => ({ ...response, bytes: async () => bytes }))
      await expect(read({ url: server.url }, mixed)).rejects.toMatchObject({ code: 'net.tuf' })
    },
  )

  it('refuses what is no wheelseal, in words', async () => {
    const empty = replacing(/root\.json$/, (response) => ({ ...response, status: 404 }))
    await expect(read({ url: server.url }, empty)).rejects.toMatchObject({ code: 'net.reply' })
  })

  it.each([
    [{ url: 'http://127.0.0.1:1', data: '/x' }, 'client.trust-source'],
    [{ fingerprint: `sha256:${'0'.repeat(64)}` }, 'client.trust-source'],
    [{ url: 'http://127.0.0.1:1/path' }, 'server.external-url'],
  ])('refuses the flags %j', async (source, code) => {
    await expect(read(source)).rejects.toMatchObject({ code })
  })
})

describe('the report', () => {
  it('is the same over the URL but for the keys of the roots, which only the data directory knows', async () => {
    const [local, remote] = [
      await (await read({})).report(),
      await (await read({ url: server.url })).report(),
    ]
    expect(remote.rootKeys).toBeNull()
    expect(local.rootKeys).toEqual({ here: ['root', 'tsa-root', 'tuf-root', 'tuf-targets'], elsewhere: [] })
    expect({ ...local, rootKeys: null }).toEqual(remote)
    expect(local.fingerprint).toBe(server.fingerprint)
  })

  it('has the next expiry first, and tells what the server renews itself', async () => {
    const { expires, trusted } = await (await read({})).report()
    expect(expires.map(({ at }) => at)).toEqual(expires.map(({ at }) => at).toSorted())
    expect(expires[0]).toMatchObject({ what: 'TUF timestamp', renewed: true })
    expect(expires.find(({ renewed }) => !renewed)?.what).toMatch(/signing certificate/)
    expect(trusted).toHaveLength(6)
  })
})

describe('exportTrust', () => {
  it('leaves what was there when it cannot write all of it', async () => {
    const { files } = await read({})
    const folder = join(root, 'kept')
    const [first] = await exportTrust(files, folder)
    const before = await contents(folder)
    // The seventh of nine cannot be encoded.
    const broken = { ...files, fulcio: 'new', trustConfig: Symbol('cut') as unknown as string }
    await expect(exportTrust(broken, folder)).rejects.toThrow('Symbol')
    expect(basename(first!)).toBe('fulcio.pem')
    expect(await contents(folder)).toEqual(before)
  })

  it('makes no folder that it cannot fill, and leaves other files alone', async () => {
    const { files } = await read({})
    await writeFile(join(root, 'file'), '')
    await expect(exportTrust(files, join(root, 'file', 'below'))).rejects.toThrow('ENOTDIR')
    const folder = await mkdtemp(join(root, 'mine-'))
    await writeFile(join(folder, 'mine.txt'), 'mine')
    await exportTrust(files, folder)
    expect(Object.keys(await contents(folder))).toHaveLength(10)
  })
})
