import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { sha256Hex, utf8, type Blob } from '../base/index.ts'
import { silentLog } from '../host/index.ts'
import { createApp } from './app.ts'
import { proxyList } from './client-address.ts'
import { fileResponse } from './file-response.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

const SHA256 = sha256Hex('0123456789')
const BLOB: Blob = {
  size: 10,
  stream: async function* () {
    yield utf8('0123456789')
  },
}

function ask(peer: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const files = new Hono<Bindings>()
  routesOn(files).get('/file', anyone, (context) =>
    fileResponse(context, { fileName: 'a.whl', sha256: SHA256 }, BLOB),
  )
  const proxies = proxyList(['10.0.0.0/8'])!
  const stored = { location: '/stored/', proxies }
  const app = createApp({ hosts: ['localhost'], log: silentLog, routes: [files], stored })
  const env = { incoming: { socket: { remoteAddress: peer } } } as unknown as HttpBindings
  return Promise.resolve(app.request('/file', { headers: { host: 'localhost', ...headers } }, env))
}

describe('a stored file', () => {
  it('is sent by the proxy that asks for it: it gets its place and no byte', async () => {
    const answer = await ask('10.1.2.3', { range: 'bytes=2-3' })
    expect([answer.status, await answer.text(), answer.headers.get('content-length')]).toEqual([
      200,
      '',
      null,
    ])
    expect(answer.headers.get('x-accel-redirect')).toBe(
      `/stored/sha256/${SHA256.slice(0, 2)}/${SHA256.slice(2)}`,
    )
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.whl"')
  })

  it('is not sent again to who has it', async () => {
    const answer = await ask('10.1.2.3', { 'if-none-match': `"${SHA256}"` })
    expect([answer.status, answer.headers.get('x-accel-redirect')]).toEqual([304, null])
  })

  it.each(['192.0.2.1', '', '::1'])('is sent by this server to %j, who is no proxy', async (peer) => {
    const headers = { 'x-forwarded-for': '10.1.2.3' }
    const answer = await ask(peer, headers)
    expect([await answer.text(), answer.headers.get('x-accel-redirect')]).toEqual(['0123456789', null])
  })
})
