import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_TIMES, listen, type Answering, type Listening, type ListenTimes } from './server.ts'

let listening: Listening | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await listening?.close(0)
  listening = undefined
})

const hello: Answering = { fetch: () => new Response('hello') }
const FAST = { headersMs: 150, requestMs: 300, checkMs: 30 }

async function serve(answering: Answering, times?: Partial<ListenTimes>): Promise<void> {
  const options = times === undefined ? {} : { times }
  listening = await listen(answering, { host: '127.0.0.1', port: 0, ...options })
}

/** What the server says to these bytes until it ends the connection, and to a byte every 40 ms after them. */
async function said(bytes: string, dribble = ''): Promise<string> {
  const socket = open(bytes)
  const drops = setInterval(() => dribble !== '' && socket.writable && socket.write(dribble), 40)
  const text = await heard(socket)
  clearInterval(drops)
  return text
}

function open(bytes: string): Socket {
  const socket = connect(listening!.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  socket.write(bytes)
  return socket
}

async function heard(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (part: Buffer) => (text += part.toString()))
  // Not `once`, which would take the reset of a cut connection for its own failure.
  await new Promise((resolve) => {
    socket.on('close', resolve)
  })
  return text
}

const HEAD = 'GET / HTTP/1.1\r\nHost: x\r\n'
const LAST = `${HEAD}Connection: close\r\n`

describe('limits of headers', () => {
  it('a hundred of them are answered, one more is 431', async () => {
    await serve(hello)
    const headers = (count: number): string =>
      Array.from({ length: count }, (_, index) => `X-${index}: 1\r\n`).join('')
    expect(await said(`${LAST}${headers(98)}\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await said(`${LAST}${headers(99)}\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    expect(await said(`${LAST}${headers(300)}\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('more than 16 KiB are 431', async () => {
    await serve(hello)
    expect(await said(`${LAST}X: ${'a'.repeat(15_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await said(`${LAST}X: ${'a'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })
})

describe('a slow client', () => {
  it('that sends nothing, or headers a byte at a time, is answered 408 and cut', async () => {
    await serve(hello, FAST)
    expect(await said('')).toMatch(/^HTTP\/1\.1 408 /)
    expect(await said(HEAD, 'x')).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('is given less time for its headers than for a whole request', async () => {
    await serve(hello, { ...FAST, requestMs: 60_000 })
    expect(await said(HEAD, 'x')).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('that sends a body a byte at a time is answered 408 and cut', async () => {
    const ends: unknown[] = []
    const reads: Answering = {
      fetch: async (request) => {
        await request.text().catch((error: unknown) => ends.push(error))
        return new Response('read')
      },
    }
    await serve(reads, FAST)
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n'
    expect(await said(head, 'x')).toMatch(/^HTTP\/1\.1 408 /)
    await expect.poll(() => ends.length).toBe(1)
  })

  it('that is quick enough is answered', async () => {
    await serve(hello, FAST)
    expect(await said(`${LAST}\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('what is refused before any route sees it', () => {
  const reasonOf = (answer: string): unknown =>
    (JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { message: unknown }).message

  it.each<[number, string]>([
    [431, `${LAST}X: ${'a'.repeat(17_000)}\r\n\r\n`],
    [431, `${LAST}${'X: 1\r\n'.repeat(101)}\r\n`],
    [417, `${LAST}Expect: the impossible\r\n\r\n`],
    [408, HEAD],
    [408, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf'],
    [400, 'no HTTP\r\n\r\n'],
    [400, 'GET nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ])('is told why, as JSON: %i', async (status, sent) => {
    await serve({ fetch: async (request) => new Response(await request.text()) }, FAST)
    const answer = await said(sent)
    expect(answer).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\ncontent-type: application/json\\r\\n`, 'i'),
    )
    expect(reasonOf(answer)).toMatch(new RegExp(`^${status} [A-Z][A-Za-z ]+ - [a-z].{10,}`))
  })

  it.each([
    'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    'POST /a HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}',
  ])('is told of a Host header that is missing, as probes send none: %j', async (sent) => {
    await serve({ fetch: () => new Response('hello') })
    expect(reasonOf(await said(sent))).toBe('400 Bad Request - the request has no Host header')
  })

  it('gets no second answer into the midst of one', async () => {
    await serve({ fetch: () => new Response(ReadableStream.from(halfAnAnswer())) })
    const answer = await said(`${HEAD}\r\nno HTTP\r\n\r\n`)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})

it('a body of single bytes comes in parts of a useful size', async () => {
  let parts = 0
  await serve({
    fetch: async (_request, env) => {
      for await (const part of env.incoming as AsyncIterable<Uint8Array>) parts += Math.min(part.length, 1)
      return new Response(`${parts}`)
    },
  })
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  expect(await said(`${head}${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
  expect(parts).toBeLessThan(500)
})

async function* halfAnAnswer(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('half')
  await new Promise(() => undefined)
}

describe('limits that nobody sets', () => {
  it('are those that the reference page names', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/reference/configuration.md'), 'utf8')
    const seconds = (ms: number): string => (ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`)
    expect(page).toContain(
      `| headers of a request | ${seconds(DEFAULT_TIMES.headersMs)} to arrive, then 408;`,
    )
    expect(page).toContain(
      `| a whole request, upload included | ${seconds(DEFAULT_TIMES.requestMs)}, then 408`,
    )
    expect(page).toContain(`| idle connection | ${seconds(DEFAULT_TIMES.stallMs)}, then it is closed`)
    expect(DEFAULT_TIMES.checkMs).toBeLessThanOrEqual(5000)
  })

  it("are those of Node's server", async () => {
    const listens = vi.spyOn(Server.prototype, 'listen')
    await serve(hello)
    expect(listens.mock.contexts[0]).toMatchObject({
      headersTimeout: DEFAULT_TIMES.headersMs,
      requestTimeout: DEFAULT_TIMES.requestMs,
      timeout: DEFAULT_TIMES.stallMs,
      connectionsCheckingInterval: DEFAULT_TIMES.checkMs,
    })
    listens.mockRestore()
  })
})

describe('closing', () => {
  it('ends idle connections at once, and takes no new one', async () => {
    await serve(hello)
    const idle = open(`${HEAD}\r\n`)
    await once(idle, 'data')
    const ended = once(idle, 'close')
    await listening!.close(60_000)
    await ended
    await expect(once(connect(listening!.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
  })

  it('lets a request under way be answered, and ends its connection then', async () => {
    let answer = (_response: Response): void => undefined
    const begun = new Promise<void>((resolve) => {
      void serve({
        fetch: () => {
          resolve()
          return new Promise<Response>((answered) => (answer = answered))
        },
      }).then(() => (text = heard(open(`${HEAD}\r\n`))))
    })
    let text: Promise<string> | undefined
    await begun
    const closed = listening!.close(60_000)
    answer(new Response('late, and whole'))
    expect(await text).toMatch(/late, and whole$/)
    await closed
  })

  it('cuts what hangs when the time is over', async () => {
    let arrived = (): void => undefined
    const begun = new Promise<void>((resolve) => (arrived = resolve))
    await serve({
      fetch: () => {
        arrived()
        return new Promise<Response>(() => undefined)
      },
    })
    const hanging = heard(open(`${HEAD}\r\n`))
    const uploading = heard(open('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf'))
    const halfway = heard(open(HEAD))
    await begun
    await listening!.close(50)
    expect(await Promise.all([hanging, uploading, halfway])).toEqual(['', '', ''])
  })
})

it("an address that is not this machine's is refused with what to do, and the reason once", async () => {
  const elsewhere = { host: '192.0.2.1', port: 7711 }
  await expect(listen(hello, elsewhere)).rejects.toMatchObject({
    code: 'http.listen',
    message: '192.0.2.1:7711: address not available',
    hint: 'give --listen an address of this machine',
  })
})
