import { once } from 'node:events'
import { generateKeyPairSync } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { buildRoot, certificatePem, spkiOf } from '../formats/x509/index.ts'
import { listen, type Answering, type Listening, type ListenOptions } from './server.ts'

let listening: Listening | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await listening?.close(0)
})

async function serve(fetch: Answering['fetch'], options: Partial<ListenOptions> = {}): Promise<void> {
  listening = await listen({ fetch }, { host: '127.0.0.1', port: 0, ...options })
}

interface Client {
  readonly socket: Socket
  /** What came until now. */
  readonly received: () => string
  readonly closed: Promise<unknown>
}

function open(sent = ''): Promise<Client> {
  return connected(connect(listening!.port, '127.0.0.1'), sent)
}

function openTls(sent = ''): Promise<Client> {
  return connected(connectTls({ port: listening!.port, host: '127.0.0.1', rejectUnauthorized: false }), sent)
}

async function connected(socket: Socket, sent: string): Promise<Client> {
  sockets.push(socket)
  let text = ''
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')))
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => {
    socket.on('close', resolve)
  })
  await once(socket, 'connect')
  socket.write(sent)
  return { socket, received: () => text, closed }
}

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
async function answered(client: Client): Promise<void> {
  await expect.poll(client.received).toMatch(/ 200 OK[^]*hello/)
}

describe('connections beyond their number', () => {
  const hello = { maxConnections: 3 }

  it('end the one that asked nothing, before one that waits for its next request', async () => {
    await serve(() => new Response('hello'), hello)
    const asking = await open(get())
    await answered(asking)
    const [first, second] = [await open(), await open()]
    await answered(await open(get()))
    await first.closed
    asking.socket.write(get())
    await expect.poll(() => asking.received().match(/hello/g)).toHaveLength(2)
    expect(second.socket.destroyed).toBe(false)
  })

  it('end themselves where all others are under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let begun = 0
    await serve(async () => {
      begun += 1
      await promise
      return new Response('hello')
    }, hello)
    const busy = await Promise.all([open(get()), open(get()), open(get())])
    await expect.poll(() => begun).toBe(3)
    const late = await open(get())
    await late.closed
    expect(late.received()).toBe('')
    resolve()
    for (const client of busy) await answered(client)
  })
})

describe('connections beyond their number, with TLS', () => {
  const hello = { maxConnections: 3, tls: selfSigned() }

  it('end the one that began no handshake', async () => {
    await serve(() => new Response('hello'), hello)
    const asking = await openTls(get())
    await answered(asking)
    const silent = await Promise.all(Array.from({ length: 30 }, () => open()))
    await silent[0]?.closed
    await answered(await openTls(get()))
    asking.socket.write(get())
    await expect.poll(() => asking.received().match(/hello/g)).toHaveLength(2)
  })

  it('do not keep a server from its end, their handshake begun or not', async () => {
    await serve(() => new Response('hello'), hello)
    const [silent, half] = [await open(), await open('\u0016\u0003\u0001')]
    await answered(await openTls(get()))
    await listening?.close(0)
    await Promise.all([silent.closed, half.closed])
  })

  it('have no longer for their handshake than for headers', async () => {
    await serve(() => new Response('hello'), { ...hello, times: { headersMs: 150, checkMs: 30 } })
    await Promise.all([(await open()).closed, (await open('\u0016\u0003\u0001')).closed])
  })

  it('are counted once each', async () => {
    await serve(() => new Response('hello'), hello)
    const clients: Client[] = []
    for (let count = 0; count < 3; count += 1) {
      clients.push(await openTls(get()))
      await answered(clients[count]!)
    }
    for (const { socket } of clients) socket.write(get())
    for (const { received } of clients) await expect.poll(() => received().match(/hello/g)).toHaveLength(2)
  })
})

function selfSigned() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Math.floor(Date.now() / 1000)
  const certificate = buildRoot({
    name: { organization: 'wheelseal', commonName: 'a server' },
    key: privateKey,
    spki: spkiOf(privateKey),
    serial: new Uint8Array([1]),
    notBeforeSeconds: now - 60,
    notAfterSeconds: now + 3600,
  })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { cert: utf8(certificatePem(certificate)), key: utf8(key) }
}

describe('requests that do not wait for answers', () => {
  it('begin one after the other, and are answered in their order', async () => {
    let [underWay, most] = [0, 0]
    await serve(async (request) => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise(setImmediate)
      underWay -= 1
      return new Response(new URL(request.url).pathname)
    })
    const paths = Array.from({ length: 20 }, (_, index) => `/at-${index}.`)
    const client = await open(paths.map((path) => get(path)).join(''))
    await expect.poll(() => client.received().match(/\/at-\d+\./g)).toEqual(paths)
    expect(most).toBe(1)
  })

  it('open nothing for a client that does not read', async () => {
    let opened = 0
    await serve(() => {
      opened += 1
      return new Response(new Uint8Array(20_000_000))
    })
    const client = await open()
    client.socket.pause()
    client.socket.write(get().repeat(10))
    await expect.poll(() => opened).toBe(1)
    await answeredElsewhere()
    expect(opened).toBe(2)
  })

  it('end the connection where they are too many', async () => {
    let begun = 0
    await serve(() => {
      begun += 1
      return new Promise<Response>(() => undefined)
    })
    const client = await open(get().repeat(3000))
    await client.closed
    expect(begun).toBe(1)
  })

  it('end the connection where their bodies are, which nobody reads before their turn', async () => {
    await serve(() => new Promise<Response>(() => undefined))
    const body = 'x'.repeat(30_000)
    const client = await open(get())
    for (let count = 0; count < 8; count += 1)
      client.socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    await client.closed
  })
})

/** A request of its own, by which others had their time. */
async function answeredElsewhere(): Promise<void> {
  const client = await open(get())
  await expect.poll(client.received).toMatch(/ 200 OK/)
}

describe('a connection on which nothing moves', () => {
  it('is cut, its answer unread', async () => {
    let closed = false
    await serve(
      (_request, env) => {
        env.outgoing.on('close', () => (closed = true))
        return new Response(new Uint8Array(20_000_000))
      },
      { times: { stallMs: 100 } },
    )
    const client = await open()
    client.socket.pause()
    client.socket.write(get())
    await expect.poll(() => closed).toBe(true)
  })
})

describe('answers that nobody reads', () => {
  it('are held up to a sum; then those that hold most are cut, and others are answered', async () => {
    let cut = 0
    await serve((request, env) => {
      if (!request.url.endsWith('/large')) return new Response('hello')
      env.outgoing.on('close', () => (cut += 1))
      return new Response(new Uint8Array(20_000_000))
    })
    for (let count = 0; count < 12; count += 1) {
      const client = await open()
      client.socket.pause()
      client.socket.write(get('/large'))
    }
    await expect.poll(() => cut).toBeGreaterThan(3)
    await answered(await open(get()))
    expect(cut).toBeLessThan(12)
  })

  it('are cut also where all were asked for at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let [begun, cut] = [0, 0]
    await serve(async (_request, env) => {
      env.outgoing.on('close', () => (cut += 1))
      if ((begun += 1) === 12) resolve()
      await promise
      return new Response(new Uint8Array(20_000_000))
    })
    for (let count = 0; count < 12; count += 1) {
      const client = await open()
      client.socket.pause()
      client.socket.write(get())
    }
    await expect.poll(() => cut).toBeGreaterThan(3)
  })
})
