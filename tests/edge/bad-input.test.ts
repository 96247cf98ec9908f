import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let token: string
let idToken: string

interface Attempt {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

interface Answer {
  readonly status: number
  readonly body: string
}

const json = { 'content-type': 'application/json' }
const deep = '['.repeat(5000) + ']'.repeat(5000)
const big = Buffer.alloc(3 << 20, 0x20)
const entries = '/api/v1/log/entries'
const packages = '/api/v4/projects/1/packages'

/** Each route of the port gets what is too large, of the wrong type, without or with a wrong token, and names that lead out. */
const attempts: Readonly<Record<string, readonly Attempt[]>> = {
  fulcio: [
    { method: 'POST', path: '/api/v1/signingCert' },
    {
      method: 'POST',
      path: '/api/v1/signingCert',
      headers: { ...json, authorization: 'Bearer x.y.z' },
      body: '{}',
    },
    {
      method: 'POST',
      path: '/api/v1/signingCert',
      headers: { ...json, authorization: 'Bearer TOKEN' },
      body: '{"publicKey":{"content":"AA=="},"signedEmailAddress":"AA=="}',
    },
    {
      method: 'POST',
      path: '/api/v1/signingCert',
      headers: { ...json, authorization: 'Bearer TOKEN' },
      body: big,
    },
    {
      method: 'POST',
      path: '/api/v1/signingCert',
      headers: { ...json, authorization: 'Bearer TOKEN' },
      body: deep,
    },
    { method: 'POST', path: '/api/v1/signingCert', headers: { 'content-type': 'text/plain' }, body: '{}' },
  ],
  rekor: [
    { method: 'POST', path: entries, headers: json, body: '{}' },
    { method: 'POST', path: entries, headers: json, body: deep },
    { method: 'POST', path: entries, headers: json, body: big },
    { method: 'POST', path: entries, headers: json, body: '{"a":1,"a":2}' },
    { method: 'POST', path: entries, headers: json, body: randomBytes(100) },
    { method: 'POST', path: entries, body: 'x' },
    { path: `${entries}?logIndex=-1` },
    { path: `${entries}?logIndex=99999999999999999999` },
    { path: `${entries}?logIndex=1e3` },
    { path: entries },
    { path: `${entries}/zz` },
    { path: `${entries}/${'0'.repeat(64)}` },
    { path: `${entries}/..%2f..%2fetc%2fpasswd` },
    {
      method: 'POST',
      path: `${entries}/retrieve`,
      headers: json,
      body: '{"logIndexes":[0,1,2,3,4,5,6,7,8,9,10]}',
    },
    { method: 'POST', path: `${entries}/retrieve`, headers: json, body: '{"logIndexes":[-1]}' },
    { method: 'POST', path: `${entries}/retrieve`, headers: json, body: '{"entries":[{}]}' },
    { method: 'POST', path: `${entries}/retrieve`, headers: json, body: '[]' },
  ],
  pypi: [
    { path: `${packages}/pypi/simple` },
    { path: '/api/v4/projects/999/packages/pypi/simple/x/', headers: { authorization: 'Basic ADA' } },
    {
      path: '/api/v4/projects/..%2f..%2fetc/packages/pypi/simple/x/',
      headers: { authorization: 'Basic ADA' },
    },
    { path: `${packages}/pypi/simple/..%2f..%2fx/`, headers: { authorization: 'Basic ADA' } },
    { path: `${packages}/pypi/simple/%ff/`, headers: { authorization: 'Basic ADA' } },
    { path: `${packages}/pypi/files/${'0'.repeat(64)}/x.whl`, headers: { authorization: 'Basic ADA' } },
    { path: `${packages}/pypi/files/..%2f/..%2fwheelseal.db`, headers: { authorization: 'Basic ADA' } },
    { method: 'POST', path: `${packages}/pypi`, headers: { authorization: 'Basic ADA' }, body: 'x' },
    {
      method: 'POST',
      path: `${packages}/pypi`,
      headers: { authorization: 'Basic ADA', 'content-type': 'multipart/form-data; boundary=b' },
      body: '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ncut',
    },
    {
      method: 'POST',
      path: `${packages}/pypi`,
      headers: { authorization: 'Basic d3Jvbmc6d3Jvbmc=' },
      body: big,
    },
  ],
  generic: [
    { path: `${packages}/generic/a/1/b` },
    { method: 'PUT', path: `${packages}/generic/a/1/b`, body: 'x' },
    {
      method: 'PUT',
      path: `${packages}/generic/a/1/b`,
      headers: { 'PRIVATE-TOKEN': 'glpat-wrong' },
      body: big,
    },
    { method: 'PUT', path: `${packages}/generic/a/1/b`, headers: { 'JOB-TOKEN': 'TOKEN' }, body: 'x' },
    {
      method: 'PUT',
      path: `${packages}/generic/a/1/..%2f..%2fb`,
      headers: { 'PRIVATE-TOKEN': 'PAT' },
      body: 'x',
    },
    { method: 'PUT', path: `${packages}/generic/a/..%5c/b`, headers: { 'PRIVATE-TOKEN': 'PAT' }, body: 'x' },
    { method: 'PUT', path: `${packages}/generic/a/1/b%00c`, headers: { 'PRIVATE-TOKEN': 'PAT' }, body: 'x' },
    {
      method: 'PUT',
      path: `${packages}/generic/a/1/${'b'.repeat(4096)}`,
      headers: { 'PRIVATE-TOKEN': 'PAT' },
      body: 'x',
    },
    { path: `${packages}/generic/a/1/none`, headers: { 'PRIVATE-TOKEN': 'PAT' } },
  ],
  jobs: [
    { method: 'POST', path: '/api/v4/jobs/request', headers: json, body: '{"token":"glrt-wrong"}' },
    { method: 'POST', path: '/api/v4/jobs/request', headers: json, body: deep },
    { method: 'POST', path: '/api/v4/jobs/request', body: big },
    {
      method: 'PATCH',
      path: '/api/v4/jobs/1/trace',
      headers: { 'JOB-TOKEN': 'x', 'content-range': '0-1' },
      body: 'ab',
    },
    { method: 'PUT', path: '/api/v4/jobs/999', headers: json, body: '{"token":"x","state":"success"}' },
    { method: 'POST', path: '/api/v4/jobs/1/artifacts', headers: { 'JOB-TOKEN': 'x' }, body: 'x' },
    { path: '/api/v4/jobs/1/artifacts' },
  ],
  elsewhere: [
    { path: '/admin/trust' },
    { method: 'PUT', path: '/api/v4/jobs/1e9', headers: json, body: '{}' },
    { method: 'POST', path: '/admin/tokens', headers: json, body: '{}' },
    { path: '/%' },
    { path: '/../../etc/passwd' },
  ],
}

describe('bad input', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(join(folder.path, 'data'))
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('user', 'create', 'ada', '--admin')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    idToken = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it.each(Object.keys(attempts))(
    "to %s is refused as the sender's mistake, with a reason",
    async (service) => {
      for (const attempt of attempts[service]!) {
        const { status, body } = await send(attempt)
        const shown = `${attempt.method ?? 'GET'} ${attempt.path.slice(0, 80)} → ${status} ${body.slice(0, 200)}`
        expect(status, shown).toBeGreaterThanOrEqual(400)
        expect(status, shown).toBeLessThan(500)
        expect(reasonOf(service, { status, body }), shown).toMatch(/\S/)
        // What the router says where there is no route: such an attempt would try nothing.
        if (service !== 'elsewhere') expect(body, shown).not.toContain('nothing at this path')
        expect(body, shown).not.toMatch(/\bat .*\.ts:|node_modules|SQLITE|ENOENT/)
      }
    },
  )

  it('of another host name is answered 421', async () => {
    const { status, body } = await send({ path: '/readyz', headers: { host: 'evil.example' } })
    expect([status, body]).toEqual([421, expect.stringContaining('start the server with --host NAME')])
  })

  it('leaves the server as it was: ready, and with nothing stored', async () => {
    expect((await send({ path: '/readyz' })).status).toBe(200)
    expect((await send({ path: '/api/v1/log' })).body).toContain('"treeSize":1')
    const { status, body } = await send({
      path: `${packages}/pypi/simple`,
      headers: { authorization: 'Basic ADA' },
    })
    expect(status).toBe(200)
    expect(body).not.toContain('<a ')
  })
})

/** Rekor's API has a 404 without a body. */
function reasonOf(service: string, { status, body }: Answer): string {
  if (service === 'rekor' && status === 404 && body === '') return 'no such entry'
  // The place of a project's page, for people.
  if (body.startsWith('<!doctype html>')) return /<h1>([^<]*)<\/h1>/.exec(body)?.[1] ?? ''
  return (JSON.parse(body) as { message?: string }).message ?? ''
}

/** node:http and not fetch, which would tidy up paths and headers. */
function send({ method = 'GET', path, headers = {}, body }: Attempt): Promise<Answer> {
  const filled = Object.entries(headers).map(([name, value]) => [name, fill(value)] as const)
  const { hostname, port } = new URL(server.url)
  const length = { 'content-length': String(body === undefined ? 0 : Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const call = request(
      { hostname, port, method, path, headers: { ...length, ...Object.fromEntries(filled) } },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
        )
      },
    )
    // A refusal before the whole body was sent may cut the connection after the answer.
    call.on('error', reject)
    call.end(body)
  })
}

function fill(text: string): string {
  return text
    .replace('Bearer TOKEN', `Bearer ${idToken}`)
    .replace('Basic ADA', `Basic ${Buffer.from(`ada:${token}`).toString('base64')}`)
    .replace(/^PAT$/, token)
}
