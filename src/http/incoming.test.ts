import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CoalescingMessage } from './incoming.ts'

/** How a body is read; answers its text and the number of parts. */
type Reading = (incoming: IncomingMessage) => Promise<{ readonly text: string; readonly parts: number }>

const flowing: Reading = async (incoming) => {
  let [text, parts] = ['', 0]
  incoming.on('data', (part: Buffer) => {
    text += part.toString('latin1')
    parts += 1
  })
  await once(incoming, 'end')
  return { text, parts }
}

const iterating: Reading = async (incoming) => {
  let [text, parts] = ['', 0]
  for await (const part of incoming) {
    text += (part as Buffer).toString('latin1')
    parts += 1
  }
  return { text, parts }
}

/** What has arrived by then stands in a queue. */
const late: Reading = async (incoming) => {
  await new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
  return iterating(incoming)
}

let reading: Reading = flowing
const server = createServer({ IncomingMessage: CoalescingMessage }, (incoming, outgoing) => {
  void reading(incoming).then((seen) => outgoing.end(JSON.stringify(seen)))
})
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => void server.close())

async function read(head: string, body: string): ReturnType<Reading> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n\r\n${body}`, 'latin1')
  let answer = ''
  for await (const part of socket) answer += String(part)
  return JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? answer) as Awaited<ReturnType<Reading>>
}

const chunked = (chunks: readonly string[]): string =>
  `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`

describe.each<[string, Reading]>([
  ['as it flows', flowing],
  ['by an iterator', iterating],
  ['late', late],
])('a body that is read %s', (_how, one) => {
  it('of very small chunks comes in parts of a useful size', async () => {
    reading = one
    const { text, parts } = await read('Transfer-Encoding: chunked', chunked(Array(50_000).fill('x')))
    expect(text).toBe('x'.repeat(50_000))
    expect(parts).toBeLessThan(1000)
  })

  it('is the same whatever its chunks are', async () => {
    reading = one
    const size = fc.integer({ min: 1, max: 9000 })
    const chunks = fc.array(fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 9 }) }, size))
    await fc.assert(
      fc.asyncProperty(chunks, async (sizes) => {
        const sent = sizes.map((length, index) => String.fromCharCode(97 + (index % 26)).repeat(length))
        expect((await read('Transfer-Encoding: chunked', chunked(sent))).text).toBe(sent.join(''))
      }),
      { numRuns: 40 },
    )
  })

  it('with its length is as it was', async () => {
    reading = one
    expect((await read('Content-Length: 9000', 'y'.repeat(9000))).text).toBe('y'.repeat(9000))
    expect((await read('Content-Length: 0', '')).text).toBe('')
  })
})
