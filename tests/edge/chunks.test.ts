import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { portRoutes, socketRoutes } from '../../src/server/served-routes.contract.ts'
import { startServer, type RunningServer } from '../../src/server/index.ts'
import { silentLog } from '../../src/host/index.ts'
import { temporaryFolder } from '../support/server.ts'

interface Route {
  readonly method: string
  readonly path: string
}

const BODIES = ['POST', 'PUT', 'PATCH']

/** Every route that may have a body, with something in place of its parameters. */
function withBodies(routes: readonly Route[]): readonly Route[] {
  const all = routes.filter(({ method }) => BODIES.includes(method))
  const asked = all.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+(?:\{[^/]*\})?/g, '1')}`)
  return [...new Set(asked)].map((text) => {
    const [method = '', path = ''] = text.split(' ')
    return { method, path }
  })
}

const FORM = 'multipart/form-data; boundary=b'
const part = (name: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"; filename="x-1.tar.gz"\r\n\r\n`

/** What a route reads as far as it can: an entry, a form with a file, bytes. */
const CONTENTS: Readonly<Record<string, string>> = {
  'application/json': `{"token":"x","spec":"${'y'.repeat(30_000)}"}`,
  'application/timestamp-query': 'z'.repeat(3000),
  'application/octet-stream': 'q'.repeat(30_000),
  [FORM]: `${part('content')}${'f'.repeat(30_000)}\r\n${part('file')}f\r\n--b--\r\n`,
}

/** The same bytes as HTTP lets a client cut them. */
const CHUNKINGS: Readonly<Record<string, (body: string) => string>> = {
  'a byte each': (body) => chunked(body, () => 1),
  'of changing length': (body) => chunked(body, (index) => 1 + ((index * 7919) % 97)),
  'with extensions': (body) => chunked(body, () => 500, ';a="b"'),
  'with trailers': (body) => `${chunked(body, () => 3).slice(0, -2)}X-Trailer: ${'t'.repeat(1000)}\r\n\r\n`,
}

function chunked(body: string, lengthOf: (index: number) => number, extension = ''): string {
  const chunks: string[] = []
  for (let at = 0; at < body.length;) {
    const text = body.slice(at, at + lengthOf(chunks.length))
    chunks.push(`${text.length.toString(16)}${extension}\r\n${text}\r\n`)
    at += text.length
  }
  return `${chunks.join('')}0\r\n\r\n`
}

let folder: { path: string; remove: () => Promise<void> }
let server: RunningServer
let token: string
beforeAll(async () => {
  folder = await temporaryFolder()
  const data = join(folder.path, 'data')
  server = await startServer({
    data,
    listen: '127.0.0.1:0',
    log: silentLog,
    anchor: join(folder.path, 'anchor'),
  })
  const { access } = server.services
  await access.createProject({ path: 'acme/tools', visibility: 'public' })
  await access.createUser({ login: 'ada', isAdministrator: true })
  token = (await access.createToken({ login: 'ada', scopes: ['api'] })).token.reveal()
})
afterAll(async () => {
  await server.close()
  await folder.remove()
})

/** The status of the answer, whose connection the client ends; undefined where there was none. */
async function statusOf({ method, path }: Route, head: string, body: string): Promise<string | undefined> {
  const { host, hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  // Wrong tries are counted for each token: a route has one of its own.
  const who = `PRIVATE-TOKEN: ${token}\r\nJOB-TOKEN: x${path}\r\nConnection: close`
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${who}\r\n${head}\r\n\r\n${body}`, 'latin1')
  let text = ''
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  await once(socket, 'close')
  return /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
}

const routes = withBodies(portRoutes())

it('there are routes with bodies, on the port and on the socket', () => {
  expect(routes.length).toBeGreaterThan(10)
  expect(withBodies(socketRoutes()).length).toBeGreaterThan(5)
})

describe.each(routes)('$method $path', (route) => {
  it.each(Object.entries(CONTENTS))('answers %s the same, whatever its chunks are', async (type, body) => {
    const head = `Content-Type: ${type}`
    const whole = await statusOf(route, `${head}\r\nContent-Length: ${body.length}`, body)
    expect(whole).toMatch(/^[24]/)
    for (const [name, cut] of Object.entries(CHUNKINGS))
      expect(await statusOf(route, `${head}\r\nTransfer-Encoding: chunked`, cut(body)), name).toBe(whole)
  })

  it('outlives 150,000 chunks of a byte, and one that has no size', async () => {
    const head = 'Content-Type: application/json\r\nTransfer-Encoding: chunked'
    expect(await statusOf(route, head, `${'1\r\n \r\n'.repeat(150_000)}0\r\n\r\n`)).toMatch(/^4/)
    expect(await statusOf(route, head, '4\r\nhalf\r\nnot a size\r\n')).toMatch(/^4/)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})
