import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, type Answering, type Listening, type ListenTimes } from './server.ts'

let listening: Listening | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await listening?.close(0)
  listening = undefined
})

const hello: Answering = { fetch: () => new Response('hello') }
const FAST = { headersMs: 150, requestMs: 300, checkMs: 30 }

async function serve(answering: Answering, times?: ListenTimes): Promise<void> {
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
