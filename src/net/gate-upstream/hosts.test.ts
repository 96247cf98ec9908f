import type * as dns from 'node:dns'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret, utf8, type Files } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { makeTlsIdentity, serveTls, type Running } from '../arrange.ts'
import {
  before,
  closeAll,
  code,
  entry,
  host,
  jsonPage,
  JSON_TYPE,
  listedAt,
  PAGE,
  to,
  WHEEL,
} from './arrange.ts'
import type { GateUpstreamConfig, GateUpstreamPorts } from './index.ts'

afterEach(closeAll)

const signal = new AbortController().signal
const FILE = `/files/${WHEEL}`

describe('the configuration of an upstream', () => {
  it.each([
    ['http elsewhere', { url: 'http://index.example/simple/' }],
    ['another scheme', { url: 'ftp://index.example/simple/' }],
    ['credentials in the URL', { url: 'https://a:b@index.example/simple/' }],
    ['a query', { url: 'https://index.example/simple/?x' }],
    ['a URL in place of a host', { files: ['https://files.example/'] }],
    ['a path in place of a host', { files: ['files.example/x'] }],
    ['credentials before a host', { files: ['a@files.example'] }],
    ['an empty host', { files: [''] }],
  ])('is refused with %s', async (_what, config) => {
    await expect(before({}, config)).rejects.toThrow(code('net.url'))
  })
  it('takes an index with and without a slash at its end', async () => {
    const { url, asked } = await host({ [PAGE]: jsonPage([]) })
    const { upstream } = await before({}, { url: `${url}/simple` })
    await upstream.page('demo', { etag: null })
    expect(asked[0]?.path).toBe(PAGE)
  })
})

describe('the login of an upstream', () => {
  it('goes to its own origin and to no other host', async () => {
    const storage = await host({ '/s': 'abc' })
    const login = { username: 'gate', password: new Secret('pä:ss') }
    const scene = await before(
      { [PAGE]: jsonPage([]), [FILE]: to(`${storage.url}/s`) },
      { login, files: [new URL(storage.url).host] },
    )
    await scene.upstream.page('demo', { etag: null })
    await scene.upstream.open(listedAt(scene.url), { maxBytes: 9, signal })
    const basic = `Basic ${Buffer.from('gate:pä:ss').toString('base64')}`
    expect(scene.asked.map(({ headers }) => headers.authorization)).toEqual([basic, basic])
    expect(storage.asked.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })
  it('does not stand in what is said when it is refused', async () => {
    const login = { username: 'gate', password: new Secret('hunter2') }
    const scene = await before(
      { [PAGE]: (_request, response) => response.writeHead(401).end('no') },
      { login },
    )
    const failed = await scene.upstream.page('demo', { etag: null }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'net.refused', hint: expect.stringContaining('username') })
    expect(JSON.stringify([failed, String(failed)])).not.toMatch(/hunter2|aHVudGVyMg/)
  })
})

/** A name that means something else each time it is looked up; the last meaning stays. */
const meaning = (...addresses: readonly string[]): NonNullable<GateUpstreamPorts['resolve']> => {
  const left = [...addresses]
  return async (): Promise<readonly dns.LookupAddress[]> => {
    const [address = ''] = left.length > 1 ? left.splice(0, 1) : left
    return [{ address, family: address.includes(':') ? 6 : 4 }]
  }
}

describe('an upstream by name', () => {
  let identity: ReturnType<typeof makeTlsIdentity>
  beforeAll(() => {
    identity = makeTlsIdentity()
  })

  interface Secure {
    readonly url: string
    readonly asked: string[]
    readonly running: Running
  }
  async function secure(): Promise<Secure> {
    const asked: string[] = []
    const running = await serveTls(identity, (request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(200, { 'content-type': JSON_TYPE }).end(jsonPage([entry()]))
    })
    const { port } = new URL(running.url)
    return { url: `https://service.test:${port}/simple/`, asked, running }
  }
  const files: Files = { ...systemFiles, read: async () => utf8(identity.cert) }
  const ports = (resolve: GateUpstreamPorts['resolve']) => ({ env: { SSL_CERT_FILE: '/ca' }, files, resolve })
  async function asking(
    resolve: NonNullable<GateUpstreamPorts['resolve']>,
    config: (secured: Secure) => Partial<GateUpstreamConfig> = ({ url }) => ({ url }),
  ) {
    const secured = await secure()
    const scene = await before({}, config(secured), ports(resolve) as Partial<GateUpstreamPorts>)
    return { ...scene, secured, [Symbol.dispose]: () => secured.running.close() }
  }

  it('may be in a private network', async () => {
    using scene = await asking(meaning('127.0.0.1'))
    expect(await scene.upstream.page('demo', { etag: null })).toMatchObject({ kind: 'page' })
  })

  it.each(['127.0.0.1', '169.254.169.254', '10.0.0.1', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])(
    'is not asked once its name has moved to %s',
    async (address) => {
      using scene = await asking(meaning('203.0.113.1', address))
      await expect(scene.upstream.page('demo', { etag: null })).rejects.toThrow(code('net.not-public'))
      expect(scene.secured.asked).toEqual([])
    },
  )

  it('that is public leads to no listed host in a private network, at once or by a redirect', async () => {
    const resolve: NonNullable<GateUpstreamPorts['resolve']> = async (name) => [
      { address: name === 'service.test' ? '203.0.113.1' : '127.0.0.1', family: 4 },
    ]
    using scene = await asking(resolve, ({ url }) => ({
      url,
      files: ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${new URL(url).port}`),
    }))
    const { port } = new URL(scene.secured.url)
    for (const name of ['localhost', '127.0.0.1', '[::1]']) {
      const file = listedAt(`https://${name}:${port}`)
      await expect(scene.upstream.open(file, { maxBytes: 9, signal })).rejects.toThrow(code('net.not-public'))
    }
    expect(scene.secured.asked).toEqual([])
  })

  it('that nobody knows is no answer, and may be asked later', async () => {
    let isKnown = false
    using scene = await asking(async (name) => {
      if (!isKnown) throw new Error(`no ${name}`)
      return [{ address: '127.0.0.1', family: 4 }]
    })
    await expect(scene.upstream.page('demo', { etag: null })).rejects.toThrow(code('net.unreachable'))
    isKnown = true
    expect(await scene.upstream.page('demo', { etag: null })).toMatchObject({ kind: 'page' })
  })
})
