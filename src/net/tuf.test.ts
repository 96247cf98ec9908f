import type { KeyObject } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, WheelsealError } from '../base/index.ts'
import { systemFiles } from '../host/index.ts'
import { rootMetadata, signMetadata, tufKey, type RoleKeys } from '../formats/tuf/index.ts'
import { DAY, makeRepository, newKey, type Made } from '../trust/tuf/arrange.ts'
import { makeTlsIdentity, patientClock, serve, serveProxy, serveTls, type Running } from './arrange.ts'
import {
  cachedTrustedRoot,
  createHttp,
  fetchTrustedRoot,
  netErrors,
  type TufPorts,
  type TufSource,
} from './index.ts'

/** tuf-js looks at the clock itself. */
const NOW_SECONDS = Math.floor(Date.now() / 1000)

let made: Made
let nowMs: number
let running: Running
let asked: string[]
let ports: TufPorts
let source: TufSource

beforeAll(async () => {
  made = await makeRepository({ at: NOW_SECONDS })
})
beforeEach(async () => {
  asked = []
  nowMs = NOW_SECONDS * 1000
  running = await serve((request, response) => {
    answer(request.url ?? '', response)
  })
  ports = {
    cacheFolder: await mkdtemp(join(tmpdir(), 'wheelseal-tuf-')),
    http: createHttp({ env: {}, files: systemFiles }),
    clock: { ...patientClock(), nowMs: () => nowMs },
  }
  source = { url: running.url, ...rootedIn(target('root.json')) }
})
afterEach(async () => {
  running.close()
  await rm(ports.cacheFolder, { recursive: true })
})

describe('fetchTrustedRoot', () => {
  it('gives the target that the repository has signed', async () => {
    expect(await fetchTrustedRoot(source, ports)).toEqual(trustedRoot())
    expect(asked).toEqual([
      '/2.root.json',
      '/timestamp.json',
      '/1.snapshot.json',
      '/1.targets.json',
      `/targets/${sha256Hex(trustedRoot())}.trusted_root.json`,
    ])
  })

  it('asks nobody while the timestamp is valid, and leaves nothing but the cache', async () => {
    await fetchTrustedRoot(source, ports)
    asked.length = 0
    expect(await fetchTrustedRoot({ ...source, url: `${source.url}/` }, ports)).toEqual(trustedRoot())
    expect(asked).toEqual([])
    const [cache = '', ...others] = await readdir(join(ports.cacheFolder, 'tuf'))
    expect(others).toEqual([])
    expect((await readdir(join(ports.cacheFolder, 'tuf', cache))).toSorted()).toEqual(
      ['root.json', 'snapshot.json', 'targets.json', 'timestamp.json', 'trusted_root.json'].toSorted(),
    )
  })

  it('asks where it is told to, though the timestamp is valid', async () => {
    await fetchTrustedRoot(source, ports)
    asked.length = 0
    await fetchTrustedRoot({ ...source, isForced: true }, ports)
    expect(asked).toEqual(['/2.root.json', '/timestamp.json'])
  })

  it('looks for a new root before anything else once the timestamp has run out', async () => {
    await fetchTrustedRoot(source, ports)
    asked.length = 0
    nowMs += 8 * DAY * 1000
    await fetchTrustedRoot(source, ports)
    expect(asked).toEqual(['/2.root.json', '/timestamp.json'])
  })

  it.each(['root.json', 'timestamp.json', 'snapshot.json', 'targets.json', 'trusted_root.json'])(
    'fetches again what is damaged in the cache: %s',
    async (name) => {
      await fetchTrustedRoot(source, ports)
      const [cache = ''] = await readdir(join(ports.cacheFolder, 'tuf'))
      await writeFile(join(ports.cacheFolder, 'tuf', cache, name), '{"signed"')
      expect(await fetchTrustedRoot(source, ports)).toEqual(trustedRoot())
    },
  )

  it('refuses a repository that another root leads to, also when its own is in the cache', async () => {
    const other = await makeRepository({ at: NOW_SECONDS })
    const wrong = { ...source, ...rootedIn(other.store.files.get('root.json')!) }
    await expect(fetchTrustedRoot(wrong, ports)).rejects.toMatchObject({ code: 'net.tuf' })
    await fetchTrustedRoot(source, ports)
    await expect(fetchTrustedRoot(wrong, ports)).rejects.toMatchObject({ code: 'net.tuf' })
    await expect(cachedTrustedRoot(wrong, ports)).rejects.toMatchObject({
      code: 'net.tuf-offline',
    })
  })

  it('refuses a target with other bytes than were signed', async () => {
    const path = `targets/${sha256Hex(trustedRoot())}.trusted_root.json`
    const bytes = Buffer.from(trustedRoot())
    bytes[20]! ^= 1
    replaced.set(path, bytes)
    await expect(fetchTrustedRoot(source, ports)).rejects.toMatchObject({ code: 'net.tuf' })
    replaced.clear()
  })

  it('refuses a repository whose timestamp has run out', async () => {
    const old = await makeRepository({ at: NOW_SECONDS - 9 * DAY })
    for (const [name, bytes] of old.store.files) replaced.set(name, bytes)
    const rooted = rootedIn(old.store.files.get('root.json')!)
    await expect(fetchTrustedRoot({ ...source, ...rooted }, ports)).rejects.toThrow('expired')
    replaced.clear()
  })

  it('does not forget a new root that withdraws a key, though nothing behind it is signed by the new one', async () => {
    await fetchTrustedRoot(source, ports)
    replaced.set('2.root.json', rootWithOtherOnlineKey())
    const attempt = fetchTrustedRoot({ ...source, isForced: true }, ports)
    await expect(attempt).rejects.toMatchObject({ code: 'net.tuf' })
    // Somebody on the way who holds the old key, and keeps the new root back.
    replaced.clear()
    const later = fetchTrustedRoot({ ...source, isForced: true }, ports)
    await expect(later).rejects.toMatchObject({ code: 'net.tuf' })
  })

  it('says what the network said, at whichever file it failed', async () => {
    const failing = (name: string): TufPorts => ({
      ...ports,
      http: {
        request: (request) =>
          request.url.endsWith(name) ? Promise.reject(unreachable(name)) : ports.http.request(request),
      },
    })
    for (const name of ['2.root.json', 'timestamp.json', '1.snapshot.json', '.trusted_root.json'])
      await expect(fetchTrustedRoot(source, failing(name))).rejects.toThrow(unreachable(name))
  })

  it('refuses a first root that is none', async () => {
    const nothing = { ...source, ...rootedIn(new TextEncoder().encode('{}')) }
    await expect(fetchTrustedRoot(nothing, ports)).rejects.toMatchObject({ code: 'net.tuf' })
  })

  it('goes through a proxy to a repository behind a private TLS authority', async () => {
    const identity = makeTlsIdentity()
    const secure = await serveTls(identity, (request, response) => answer(request.url ?? '', response))
    const proxy = await serveProxy(new URL(secure.url).port)
    const authority = join(ports.cacheFolder, 'authority.pem')
    await writeFile(authority, identity.cert)
    const env = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: authority }
    const http = createHttp({ env, files: systemFiles })
    const behind = { ...source, url: 'https://service.test/tuf' }
    expect(await fetchTrustedRoot(behind, { ...ports, http })).toEqual(trustedRoot())
    expect(proxy.asked).toContain('CONNECT service.test:443')
    proxy.close()
    secure.close()
  })
})

describe('cachedTrustedRoot', () => {
  it('is what the last refresh left, without any request', async () => {
    await expect(cachedTrustedRoot(source, ports)).rejects.toMatchObject({
      code: 'net.tuf-offline',
    })
    await fetchTrustedRoot(source, ports)
    asked.length = 0
    expect(await cachedTrustedRoot(source, ports)).toEqual({ bytes: trustedRoot() })
    expect(asked).toEqual([])
  })

  it('says that what is kept has run out, and since when', async () => {
    await fetchTrustedRoot(source, ports)
    nowMs += 8 * DAY * 1000 + 2000
    const { bytes, expiredAt = '' } = await cachedTrustedRoot(source, ports)
    expect(bytes).toEqual(trustedRoot())
    expect(Math.abs(Date.parse(expiredAt) / 1000 - NOW_SECONDS - 8 * DAY)).toBeLessThan(2)
  })

  it('is named where it has run out and nobody answers, and is not used unasked', async () => {
    await fetchTrustedRoot(source, ports)
    nowMs += 9 * DAY * 1000
    const refused = () => Promise.reject(netErrors('net.unreachable', 'nobody there'))
    const attempt = fetchTrustedRoot(source, { ...ports, http: { request: refused } })
    await expect(attempt).rejects.toMatchObject({
      code: 'net.unreachable',
      message: expect.stringMatching(/^nobody there; the cached copy expired at 20/) as string,
      hint: expect.stringContaining('--offline') as string,
    })
  })

  it('is not called expired where it is not, and the refresh was forced', async () => {
    await fetchTrustedRoot(source, ports)
    const refused = () => Promise.reject(netErrors('net.unreachable', 'nobody there'))
    const attempt = fetchTrustedRoot({ ...source, isForced: true }, { ...ports, http: { request: refused } })
    await expect(attempt).rejects.toMatchObject({ message: 'nobody there' })
  })
})

describe('a first root that is known by its digest', () => {
  it('is fetched once, and is the one with the digest', async () => {
    const { url, firstRootSha256 } = source
    expect(await fetchTrustedRoot({ url, firstRootSha256 }, ports)).toEqual(trustedRoot())
    expect(asked.slice(0, 2)).toEqual(['/1.root.json', '/2.root.json'])
    asked.length = 0
    await fetchTrustedRoot({ url, firstRootSha256 }, ports)
    expect(await cachedTrustedRoot({ url, firstRootSha256 }, ports)).toEqual({ bytes: trustedRoot() })
    expect(asked).toEqual([])
  })

  it('is not another one', async () => {
    const other = { ...source, firstRootSha256: '0'.repeat(64) }
    await expect(fetchTrustedRoot(withoutRoot(other), ports)).rejects.toThrow(
      `the first root is sha256:${source.firstRootSha256}`,
    )
    await expect(
      fetchTrustedRoot(withoutRoot({ ...source, url: `${running.url}/nothing` }), ports),
    ).rejects.toThrow('there is no root.json')
  })
})

const replaced = new Map<string, Uint8Array>()

function answer(
  path: string,
  response: { writeHead(status: number): void; end(body?: unknown): void },
): void {
  asked.push(path)
  const bytes = replaced.get(path.slice(1)) ?? made.store.files.get(path.replace(/^\/(?:tuf\/)?/, ''))
  response.writeHead(bytes === undefined ? 404 : 200)
  response.end(bytes)
}

function rootedIn(firstRoot: Uint8Array): Pick<TufSource, 'firstRootSha256'> & { firstRoot: Uint8Array } {
  return { firstRoot, firstRootSha256: sha256Hex(firstRoot) }
}

function withoutRoot({ url, firstRootSha256 }: Pick<TufSource, 'url' | 'firstRootSha256'>): TufSource {
  return { url, firstRootSha256 }
}

/** Version 2, by the same root key. */
function rootWithOtherOnlineKey(): Uint8Array {
  const only = (key: KeyObject): RoleKeys => ({ keys: [tufKey(key)], threshold: 1 })
  const online = only(newKey())
  const roles = {
    root: only(made.keys.root),
    targets: only(made.keys.targets),
    snapshot: online,
    timestamp: online,
  }
  const metadata = rootMetadata({ version: 2, expiresSeconds: NOW_SECONDS + 30 * DAY, roles })
  return signMetadata(metadata, [made.keys.root])
}

function unreachable(name: string): WheelsealError {
  return new WheelsealError('net.unreachable', `no way to ${name}`, {
    status: 502,
    exit: 1,
    summary: '',
    hint: '',
  })
}

function target(name: string): Uint8Array {
  return made.store.files.get(name)!
}

function trustedRoot(): Uint8Array {
  return made.targets.find(({ name }) => name === 'trusted_root.json')!.bytes
}
