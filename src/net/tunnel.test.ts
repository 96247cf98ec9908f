import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serveTls, makeTlsIdentity } from './arrange.ts'
import { createTunnels } from './tunnel.ts'

const never = new AbortController().signal
const closers: (() => void)[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const close of closers.splice(0)) close()
})

async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Greets whoever connects, and counts them. */
async function greeting(): Promise<{ readonly port: number; readonly count: () => number }> {
  let count = 0
  const port = await listening(
    createServer((socket) => {
      count += 1
      socket.on('error', () => undefined).end('hello')
    }),
  )
  return { port, count: () => count }
}

/** The system's name server, for the time of a test: each question gets the next answer. */
function names(...answers: readonly (readonly string[])[]): { readonly asked: () => number } {
  let asked = 0
  const dns = process.getBuiltinModule('node:dns')
  vi.spyOn(dns, 'lookup').mockImplementation(((_host: string, options: unknown, give: unknown) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? []
    asked += 1
    expect(options).toMatchObject({ all: true })
    ;(give as (error: null, found: object[]) => void)(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as typeof dns.lookup)
  return { asked: () => asked }
}

describe('a tunnel without a proxy', () => {
  it('reaches a host on this machine where the user named it', async () => {
    const { port } = await greeting()
    const open = createTunnels({ env: {}, configured: ['localhost'] })
    expect(await text(await open('localhost', port, never))).toBe('hello')
  })

  it.each(['localhost', '127.0.0.1', '0x7f000001', '[::1]', '10.0.0.1'])(
    'refuses %s where nobody did, by its address',
    async (host) => {
      const { port, count } = await greeting()
      const open = createTunnels({ env: {}, configured: ['index.test'] })
      await expect(open(host, port, never)).rejects.toMatchObject({ code: 'net.not-public' })
      expect(count()).toBe(0)
    },
  )

  it.each([
    [['127.0.0.1']],
    [['169.254.169.254']],
    [['192.0.2.1', '10.0.0.1']],
    [['::ffff:127.0.0.1']],
    [['fd00::1']],
  ])('refuses a name that means %j, one of several included', async (addresses) => {
    const { port, count } = await greeting()
    names(addresses)
    const open = createTunnels({ env: {}, configured: [] })
    await expect(open('files.test', port, never)).rejects.toMatchObject({ code: 'net.not-public' })
    expect(count()).toBe(0)
  })

  it('asks for the address once and goes there, whatever the name means a moment later', async () => {
    const { port, count } = await greeting()
    const { asked } = names(['192.0.2.1'], ['127.0.0.1'])
    const open = createTunnels({ env: {}, configured: [] })
    const late = AbortSignal.timeout(500)
    await expect(open('rebound.test', port, late)).rejects.toMatchObject({ code: 'net.unreachable' })
    expect([asked(), count()]).toEqual([1, 0])
  })

  it('says which host cannot be reached', async () => {
    const gone = createServer()
    const port = await listening(gone)
    gone.close()
    const open = createTunnels({ env: {}, configured: ['localhost'] })
    await expect(open('localhost', port, never)).rejects.toMatchObject({
      code: 'net.unreachable',
      message: expect.stringContaining(`localhost:${port}`),
    })
  })
})

interface Proxy {
  readonly port: number
  readonly asked: readonly string[]
  readonly credentials: readonly (string | undefined)[]
}

/** Says hello on each tunnel in the same packet as its answer, or refuses. */
async function proxyServer(status = '200 Connection established'): Promise<Proxy> {
  const asked: string[] = []
  const credentials: (string | undefined)[] = []
  const server = createHttpServer()
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '')
    credentials.push(request.headers['proxy-authorization'])
    socket.on('error', () => undefined).end(`HTTP/1.1 ${status}\r\n\r\nhello`)
  })
  return { port: await listening(server), asked, credentials }
}

describe('a tunnel through a proxy', () => {
  it('is a CONNECT for that host, and loses nothing of what follows the answer', async () => {
    const proxy = await proxyServer()
    const env = { HTTPS_PROXY: `http://ada:p%40ss@127.0.0.1:${proxy.port}` }
    const open = createTunnels({ env, configured: [] })
    expect(await text(await open('files.test', 443, never))).toBe('hello')
    expect(proxy.asked).toEqual(['files.test:443'])
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('ada:p@ss').toString('base64')}`])
  })

  it('takes the proxy of plain HTTP for port 80', async () => {
    const [secure, plain] = [await proxyServer(), await proxyServer()]
    const env = {
      https_proxy: `http://127.0.0.1:${secure.port}`,
      http_proxy: `http://127.0.0.1:${plain.port}`,
    }
    await createTunnels({ env, configured: [] })('files.test', 80, never)
    expect([secure.asked, plain.asked]).toEqual([[], ['files.test:80']])
  })

  it('does not use it for hosts that are excepted', async () => {
    const proxy = await proxyServer()
    const { port } = await greeting()
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'index.test' }
    names(['127.0.0.1'])
    const open = createTunnels({ env, configured: [] })
    await expect(open('index.test', port, never)).rejects.toMatchObject({ code: 'net.not-public' })
    expect(proxy.asked).toEqual([])
  })

  it.each(['403 Forbidden', '407 Proxy Authentication Required', '204 No Content'])(
    'says that it answered %s, and shows no password',
    async (status) => {
      const proxy = await proxyServer(status)
      const env = { HTTPS_PROXY: `http://ada:secret@127.0.0.1:${proxy.port}` }
      const refusal = createTunnels({ env, configured: [] })('files.test', 443, never)
      await expect(refusal).rejects.toMatchObject({
        code: 'net.unreachable',
        message: expect.stringContaining(`the proxy answered ${status.slice(0, 3)}`),
      })
      await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
    },
  )

  it('does not trust a proxy whose certificate nobody issued', async () => {
    const proxy = await serveTls(makeTlsIdentity(), () => undefined)
    closers.push(() => proxy.close())
    const open = createTunnels({ env: { HTTPS_PROXY: proxy.url }, configured: [] })
    await expect(open('files.test', 443, never)).rejects.toMatchObject({ code: 'net.unreachable' })
  })

  it('stops waiting for a proxy that says nothing', async () => {
    const port = await listening(createServer((socket) => void socket.on('error', () => undefined)))
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    const stop = new AbortController()
    const tunnel = createTunnels({ env, configured: [] })('files.test', 443, stop.signal)
    stop.abort()
    await expect(tunnel).rejects.toMatchObject({ code: 'net.unreachable' })
  })
})
