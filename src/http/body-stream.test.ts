import { once } from 'node:events'
import { connect } from 'node:net'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../host/index.ts'
import type { Bindings } from './route.ts'
import { streamBody } from './body-stream.ts'
import { failures } from './failures.ts'
import { listen, type Listening } from './server.ts'

const MAX_BYTES = 100_000
let taken = 0
const app = new Hono<Bindings>()
app.put('/', async (context) => {
  for await (const part of streamBody(context, MAX_BYTES)) taken += part.length
  return context.text('taken')
})
app.onError(failures(silentLog))

let server: Listening
beforeAll(async () => {
  server = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close(0))

/** The status line of the answer to a body of so many bytes, whose end never comes. */
async function statusLine(head: string, bytes: number, end: string): Promise<string> {
  taken = 0
  const socket = connect(server.port, '127.0.0.1')
  const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
  const body = head.startsWith('Transfer') ? chunk.repeat(bytes / 1000) : 'x'.repeat(bytes)
  socket.write(`PUT / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${body}${end}`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.toString().split('\r\n')[0] ?? ''
}

describe('a streamed body', () => {
  it('of the cap is taken, with its length announced or not', async () => {
    expect(await statusLine('Transfer-Encoding: chunked', MAX_BYTES, '0\r\n\r\n')).toMatch(/ 200 /)
    expect(await statusLine(`Content-Length: ${MAX_BYTES}`, MAX_BYTES, '')).toMatch(/ 200 /)
  })

  it('that announces no length is refused as soon as it is over the cap, and no more of it is taken', async () => {
    expect(await statusLine('Transfer-Encoding: chunked', 20 * MAX_BYTES, '')).toMatch(
      / 413 the body is larger/,
    )
    expect(taken).toBeLessThanOrEqual(MAX_BYTES)
  })

  it('that announces too much is refused before any of it is there', async () => {
    expect(await statusLine(`Content-Length: ${MAX_BYTES + 1}`, 0, '')).toMatch(/ 413 /)
    expect(taken).toBe(0)
  })

  it('leaves the connection usable when nobody reads the rest of it', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const answers: string[] = []
    const closed = once(socket, 'close')
    socket.on('data', (bytes: Buffer) => answers.push(...(bytes.toString().match(/HTTP\/1\.1 \d+/g) ?? [])))
    const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
    socket.write(
      `PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(1000)}0\r\n\r\n`,
    )
    await expect.poll(() => answers).toEqual(['HTTP/1.1 413'])
    const last = 'Content-Length: 1\r\nConnection: close\r\n\r\nx'
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\n${last}`)
    await closed
    expect(answers).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
  })
})
