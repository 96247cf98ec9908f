import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemFiles } from '../host/index.ts'
import { makeTlsIdentity, serve, serveProxy, serveTls, type Running } from './arrange.ts'
import { createHttp, createSocketHttp } from './index.ts'

const open: { close(): void }[] = []
const kept = <T extends { close(): void }>(running: T): T => {
  open.push(running)
  return running
}
afterEach(() => {
  for (const running of open.splice(0)) running.close()
})

const folder = mkdtempSync(join(tmpdir(), 'wheelseal-net-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const http = createHttp({ env: {}, files: systemFiles })
const get = (url: string, more = {}): ReturnType<typeof http.request> =>
  http.request({ method: 'GET', url, ...more })

describe('createHttp', () => {
  it('hands on status, headers and body', async () => {
    const { url } = kept(
      await serve((request, response) => {
        response.writeHead(418, [
          ['x-one', 'a'],
          ['x-one', 'b'],
        ])
        response.end(`${request.method} ${request.url}`)
      }),
    )
    const response = await get(`${url}/path?query=1`)
    expect(response.status).toBe(418)
    expect(response.headers['x-one']).toBe('a, b')
    expect(await response.text(100)).toBe('GET /path?query=1')
  })

  it('sends bytes with their length and a stream in chunks', async () => {
    const { url } = kept(
      await serve((request, response) => {
        const parts: Buffer[] = []
        request.on('data', (part: Buffer) => parts.push(part))
        request.on('end', () => {
          const { headers } = request
          response.end(
            JSON.stringify([
              Buffer.concat(parts).toString(),
              headers['content-length'] ?? headers['transfer-encoding'],
            ]),
          )
        })
      }),
    )
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab')
      yield Buffer.from('cd')
    }
    const post = async (body: Uint8Array | AsyncIterable<Uint8Array>): Promise<unknown> =>
      JSON.parse(await (await http.request({ method: 'POST', url, body })).text(100))
    expect(await post(Buffer.from('abcd'))).toEqual(['abcd', '4'])
    expect(await post(stream())).toEqual(['abcd', 'chunked'])
  })

  it('never follows a redirect', async () => {
    const { url } = kept(await serve((_, response) => response.writeHead(302, { location: '/there' }).end()))
    const response = await get(url)
    expect([response.status, response.headers['location']]).toEqual([302, '/there'])
  })

  it('stops at the cap of a body without an end, and closes the connection', async () => {
    const { url, server } = kept(
      await serve((_, response) => {
        const more = (): void => {
          while (response.write('x'.repeat(1000)));
        }
        response.on('drain', more)
        more()
      }),
    )
    const closed = new Promise((resolve) => {
      server.on('connection', (socket) => socket.on('close', resolve))
    })
    const response = await get(url)
    await expect(response.bytes(5000)).rejects.toMatchObject({ code: 'base.too-large' })
    await closed
  })

  it('gives up on a server that does not answer, and on one that stops in the middle', async () => {
    const silent = kept(await serve(() => undefined))
    await expect(get(silent.url, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'net.timeout' })
    const halting = kept(await serve((_, response) => void response.write('half')))
    const response = await get(halting.url, { timeoutMs: 200 })
    await expect(response.bytes(100)).rejects.toMatchObject({ code: 'net.timeout' })
  })

  it("ends with the caller's reason when the caller aborts", async () => {
    const { url } = kept(await serve(() => undefined))
    const reason = new Error('enough')
    await expect(get(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const request = get(url, { signal: controller.signal })
    controller.abort(reason)
    await expect(request).rejects.toBe(reason)
  })

  it('says where nobody answers, without what may be secret in the URL', async () => {
    const running = await serve(() => undefined)
    running.close()
    const { url } = running
    const failure = get(`${url}/path?token=hidden`)
    await expect(failure).rejects.toMatchObject({ code: 'net.unreachable' })
    await expect(failure).rejects.toThrow(`${url}/path: `)
    await expect(failure).rejects.not.toThrow('hidden')
  })

  it('tells a connection that breaks in the middle of a body from the end of it', async () => {
    const { url } = kept(
      await serve((_, response) => {
        response.writeHead(200, { 'content-length': '10' })
        response.write('half')
        setImmediate(() => response.destroy())
      }),
    )
    await expect(get(url).then((response) => response.bytes(100))).rejects.toMatchObject({
      code: 'net.unreachable',
    })
  })

  it('takes the answer of a server that does not want the rest of an upload', async () => {
    const { url } = kept(
      await serve((_, response) => {
        response.writeHead(413, { connection: 'close' }).end('too large')
      }),
    )
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 2000; count += 1) yield new Uint8Array(1 << 16)
    }
    const response = await http.request({ method: 'PUT', url, body: endless() })
    expect(response.status).toBe(413)
    expect(await response.text(100)).toBe('too large')
  })

  it('ends with the failure of the stream that is sent', async () => {
    const { url } = kept(await serve(() => undefined))
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw new TypeError('the disk is gone')
    }
    await expect(http.request({ method: 'PUT', url, body: broken() })).rejects.toThrow('the disk is gone')
  })

  it.each(['ftp://host/', 'file:///etc/passwd', 'nonsense', 'http://user:password@127.0.0.1/'])(
    'refuses the URL %s',
    async (url) => {
      const failure = get(url)
      await expect(failure).rejects.toMatchObject({ code: 'net.url' })
      await expect(failure).rejects.not.toThrow('password')
    },
  )
})

describe('TLS and proxies', () => {
  let identity: ReturnType<typeof makeTlsIdentity>
  let service: Running
  const authority = join(folder, 'ca.pem')
  beforeAll(async () => {
    identity = makeTlsIdentity()
    service = await serveTls(identity, (_, response) => response.end('secure'))
    writeFileSync(authority, identity.cert)
  })
  afterAll(() => {
    service.close()
  })
  const port = (): string => new URL(service.url).port
  const textFrom = async (env: Record<string, string>, url: string): Promise<string> => {
    const response = await createHttp({ env, files: systemFiles }).request({ method: 'GET', url })
    return response.text(100)
  }

  it('trusts the authorities of SSL_CERT_FILE and no unknown one', async () => {
    expect(await textFrom({ SSL_CERT_FILE: authority }, service.url)).toBe('secure')
    const refusal = textFrom({}, service.url)
    await expect(refusal).rejects.toMatchObject({
      code: 'net.unreachable',
      hint: 'set SSL_CERT_FILE to a PEM file with the certificate of the authority that issued it',
    })
    await expect(refusal).rejects.not.toThrow('Node.js')
  })

  it('says what to try where http:// meets a server of https', async () => {
    await expect(textFrom({}, service.url.replace('https:', 'http:'))).rejects.toMatchObject({
      code: 'net.unreachable',
      hint: expect.stringContaining('https://') as string,
    })
  })

  it.each([
    ['is missing', 'absent.pem', undefined],
    ['holds no certificate', 'text.pem', 'text'],
    ['holds a damaged one', 'bad.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('says so when the file of SSL_CERT_FILE %s', async (_what, name, text) => {
    const path = join(folder, name)
    if (text !== undefined) writeFileSync(path, text)
    const failure = textFrom({ SSL_CERT_FILE: path }, service.url)
    await expect(failure).rejects.toMatchObject({ code: 'net.authorities' })
    await expect(failure).rejects.toThrow(path)
  })

  it('checks the host name also with a private authority', async () => {
    // Reaches the service, under an address that is not in its certificate.
    const url = `https://0.0.0.0:${port()}`
    await expect(textFrom({ SSL_CERT_FILE: authority, NO_PROXY: '*' }, url)).rejects.toMatchObject({
      code: 'net.unreachable',
      hint: 'use a host name that is in the certificate',
    })
  })

  it('tunnels https through HTTPS_PROXY, and checks the certificate of the far end', async () => {
    const proxy = kept(await serveProxy(port()))
    const env = { https_proxy: proxy.url, SSL_CERT_FILE: authority }
    expect(await textFrom(env, 'https://service.test/')).toBe('secure')
    await expect(textFrom(env, 'https://other.test/')).rejects.toMatchObject({
      code: 'net.unreachable',
      hint: 'use a host name that is in the certificate',
    })
    expect(proxy.asked).toEqual(['CONNECT service.test:443', 'CONNECT other.test:443'])
  })

  it('asks HTTP_PROXY for http with the whole URL', async () => {
    const proxy = kept(await serveProxy(port()))
    const url = 'http://service.test/path?query=1'
    expect(await textFrom({ HTTP_PROXY: proxy.url }, url)).toBe('from the proxy')
    expect(proxy.asked).toEqual([`GET ${url}`])
  })
})

describe('createSocketHttp', () => {
  it('asks on a connection of its own each time, which a server that closes idle ones cannot cut', async () => {
    const path = join(folder, 'closing')
    const connections: (string | undefined)[] = []
    const server = createServer((request, response) => {
      connections.push(request.headers.connection)
      response.end('answered')
      response.on('close', () => request.socket.destroy())
    })
    let opened = 0
    server.on('connection', () => (opened += 1))
    kept(server.listen(path))
    const socket = createSocketHttp(path)
    for (let at = 0; at < 3; at += 1) {
      const response = await socket.request({ method: 'GET', url: 'http://socket/admin' })
      expect(await response.text(100)).toBe('answered')
    }
    expect([opened, connections]).toEqual([3, ['close', 'close', 'close']])
  })

  it('talks over a socket file, and says when nobody listens there', async () => {
    const path = join(folder, 'admin.sock')
    const server = createServer((request, response) => response.end(request.url))
    await new Promise<void>((resolve) => {
      server.listen(path, resolve)
    })
    const socket = createSocketHttp(path)
    const response = await socket.request({ method: 'GET', url: 'http://socket/admin' })
    expect(await response.text(100)).toBe('/admin')
    server.closeAllConnections()
    server.close()
    await expect(socket.request({ method: 'GET', url: 'http://socket/admin' })).rejects.toMatchObject({
      code: 'net.unreachable',
    })
  })
})
