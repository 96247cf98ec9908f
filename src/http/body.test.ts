import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../host/index.ts'
import { readBody } from './body.ts'
import { failures } from './failures.ts'
import { listen, type Listening } from './server.ts'

const MAX_BYTES = 10
const failed: unknown[] = []
const app = new Hono()
app.post('/', async (context) => context.body(Uint8Array.from(await readBody(context, MAX_BYTES))))
app.post('/large', async (context) => context.text(`${(await readBody(context, 1_000_000)).length}`))
app.onError((error, context) => {
  failed.push(error)
  return failures(silentLog)(error, context)
})

let server: Listening
beforeAll(async () => {
  server = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close(0))

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n'
const chunked = (...chunks: readonly string[]): string =>
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}`

/** The status codes of what came back once there are `count` of them. */
async function statuses(sent: string, count: number): Promise<string[]> {
  const socket = connect(server.port, '127.0.0.1')
  socket.write(sent)
  let received = ''
  const found = (): string[] => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => code ?? '')
  while (found().length < count) received += String((await once(socket, 'data'))[0])
  socket.destroy()
  return found()
}

describe('the body of a request to the server', () => {
  it('is read from however many parts it comes in', async () => {
    const post = (body: string | null) => fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body })
    expect(await (await post('0123456789')).text()).toBe('0123456789')
    expect(await (await post(null)).text()).toBe('')
    expect(await statuses(`${chunked('01234', '56789')}0\r\n\r\n`, 1)).toEqual(['200'])
  })

  it('is refused when it is announced as too large, before any of it is there', async () => {
    expect(await statuses(`${HEAD}Content-Length: 11\r\n\r\n`, 1)).toEqual(['413'])
  })

  it('is refused in words that reach a client that closes after the answer, as cosign does', async () => {
    const body = Buffer.alloc(32 << 20, 'x')
    const headers = { connection: 'close', 'content-length': String(body.length) }
    const sent = request({ port: server.port, host: '127.0.0.1', method: 'POST', headers, agent: false })
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>
    // Reads nothing before all is sent: a connection that was reset by then has no answer any more.
    await new Promise((resolve) => sent.end(body, () => resolve(undefined)))
    const [answer] = await answered
    const [text] = (await once(answer, 'data')) as [Buffer]
    expect([answer.statusCode, text.toString()]).toEqual([
      413,
      expect.stringContaining('the body has 33554432 bytes; the limit is 10'),
    ])
  })

  it('is refused as soon as it has become too large', async () => {
    expect(await statuses(chunked('0123456789', 'a'), 1)).toEqual(['413'])
  })

  it('is read from more chunks than a call has room for arguments', async () => {
    const head = `${HEAD.replace('/', '/large')}Transfer-Encoding: chunked\r\n\r\n`
    const sent = `${head}${'1\r\nx\r\n'.repeat(200_000)}0\r\n\r\n`
    expect(await statuses(sent, 1)).toEqual(['200'])
  })

  it('holds memory only up to a sum; then whoever holds most is told to send it again', async () => {
    failed.length = 0
    const slow = Array.from({ length: 140 }, () => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(`${HEAD.replace('/', '/large')}Content-Length: 1000000\r\n\r\n${'x'.repeat(999_000)}`)
      return socket
    })
    const refused = await Promise.any(slow.map((socket) => once(socket, 'data')))
    expect(String(refused[0])).toMatch(/^HTTP\/1\.1 408 .*\r\n[^]*"http\.body-slow"/)
    expect(await statuses(`${HEAD}Content-Length: 1\r\n\r\nb`, 1)).toEqual(['200'])
    for (const socket of slow) socket.destroy()
    await expect.poll(() => failed.length).toBe(slow.length)
  })

  it('leaves the connection usable when it was too large', async () => {
    const whole = `${chunked('0123456789a')}0\r\n\r\n`
    const next = `${HEAD}Content-Length: 1\r\n\r\nb`
    expect(await statuses(whole + next, 2)).toEqual(['413', '200'])
  })

  it('ends the request when the connection ends before it does', async () => {
    failed.length = 0
    const socket = connect(server.port, '127.0.0.1')
    socket.resume().end(`${HEAD}Content-Length: 5\r\n\r\nabc`)
    await once(socket, 'close')
    await expect.poll(() => failed).toMatchObject([{ code: 'http.body-shape', status: 400 }])
  })
})
