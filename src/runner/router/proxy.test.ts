import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { JobListener, JobNetwork } from '../network.ts'
import { readAll } from './arrange.ts'
import { openJobProxy } from './proxy.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

/** Each listener answers its port and what came. */
function listener(port: number): JobListener {
  const onConnection: Extract<JobListener, { kind: 'tcp' }>['onConnection'] = (socket) => {
    socket.write(`${port}:`)
    socket.pipe(socket)
  }
  return { kind: 'tcp', host: '127.0.0.1', port, onConnection }
}

async function ask(text: string): Promise<string> {
  const network: JobNetwork = {
    listeners: [listener(443), listener(80)],
    names: [],
    authorities: '',
    close: async () => undefined,
  }
  const proxy = await openJobProxy(network)
  undo.push(() => proxy.close())
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }).on(
    'error',
    () => undefined,
  )
  socket.end(text)
  return readAll(socket)
}

describe('openJobProxy', () => {
  it('leads CONNECT to the port, with what came behind its head', async () => {
    const answer = await ask('CONNECT gitlab.com:443 HTTP/1.1\r\nHost: gitlab.com:443\r\n\r\nhello')
    expect(answer).toBe('HTTP/1.1 200 Connection established\r\n\r\n443:hello')
  })

  it('takes a CONNECT without a Host field, as Python 3.11 sends it', async () => {
    expect(await ask('CONNECT gitlab.com:443 HTTP/1.0\r\n\r\nhello')).toMatch(/\r\n\r\n443:hello$/)
  })

  it('leads other requests to port 80 as they are', async () => {
    const request = 'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'
    expect(await ask(request)).toBe(`80:${request}`)
  })

  it.each(['gitlab.com:22', 'gitlab.com', 'gitlab.com:0', '[::1]:443:9'])(
    'refuses CONNECT %s',
    async (target) => {
      expect(await ask(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403/)
    },
  )

  it.each(['', 'no http\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'])('ends what is no request: %j', async (text) => {
    expect(await ask(text)).toBe('')
  })
})
