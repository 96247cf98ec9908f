import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import {
  MAX_FILE_BYTES,
  startPackagesServer,
  WHEEL,
  type PackagesServer,
} from './packages-server.contract.ts'

let server: PackagesServer
let token: string
let base: string
beforeEach(async () => {
  server = await startPackagesServer()
  token = await server.jobToken(server.projects.private)
  base = `/api/v4/projects/${server.projects.private.id}/packages/generic`
  return () => server.close()
})

const FILE = `my-project/1.0.0/${WHEEL}.sig`

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> }

function send(method: string, path: string, { headers, ...init }: Init = {}): Promise<Response> {
  const url = `http://127.0.0.1:${server.port}${base}/${path}`
  return fetch(url, { method, redirect: 'manual', ...init, headers: { 'job-token': token, ...headers } })
}
const put = (content: string, path = FILE): Promise<Response> => send('PUT', path, { body: content })

describe('a generic file', () => {
  it('is put and got back with its digest', async () => {
    const answer = await put('signature')
    expect([answer.status, await answer.json()]).toEqual([201, { message: '201 Created' }])
    const file = await send('GET', FILE)
    expect([file.status, await file.text()]).toEqual([200, 'signature'])
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'x-checksum-sha256': sha256Hex('signature'),
      etag: `"${sha256Hex('signature')}"`,
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${WHEEL}.sig"`,
      'x-content-type-options': 'nosniff',
    })
  })

  it.each(['!', '%21'])('belongs to a version of an epoch, written %j', async (mark) => {
    const file = (how: string): string => `my-project/1${how}2.0/pkg-1${how}2.0-py3-none-any.whl.sig`
    expect((await put('signature', file(mark))).status).toBe(201)
    for (const how of ['!', '%21']) expect(await (await send('GET', file(how))).text()).toBe('signature')
  })

  it('has a head and ranges', async () => {
    await put('signature')
    const head = await send('HEAD', FILE)
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '9', ''])
    const part = await send('GET', FILE, { headers: { range: 'bytes=0-3' } })
    expect([part.status, await part.text()]).toEqual([206, 'sign'])
  })

  it('is described as GitLab describes it when the row is asked for', async () => {
    const answer = await send('PUT', `${FILE}?select=package_file&status=default`, { body: 'signature' })
    const row = (await answer.json()) as Record<string, unknown>
    const time = '2026-01-02T03:03:19.678Z'
    expect([answer.status, row]).toEqual([
      201,
      {
        id: row['id'],
        package_id: row['package_id'],
        created_at: time,
        updated_at: time,
        size: 9,
        file_store: 1,
        file_md5: null,
        file_sha1: null,
        file_sha256: sha256Hex('signature'),
        file_name: `${WHEEL}.sig`,
        status: 'default',
      },
    ])
    expect((await send('PUT', `${FILE}?select=all`, { body: 'x' })).status).toBe(400)
  })

  it('beside a distribution is kept beside the first, and the newest is served', async () => {
    for (const content of ['one', 'two', 'two']) expect((await put(content)).status).toBe(201)
    expect(await (await send('GET', FILE)).text()).toBe('two')
    expect(await server.storedFiles()).toHaveLength(2)
  })

  it('is not replaced, and its own bytes succeed again', async () => {
    const place = 'p/1/notes.txt'
    for (const status of [201, 201]) expect((await put('one', place)).status).toBe(status)
    const refused = await put('two', place)
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({
        message: expect.stringMatching(/^400 Bad request - Duplicate package is not allowed/) as string,
        code: 'registry.generic-taken',
      }),
    ])
    expect(await (await send('GET', place)).text()).toBe('one')
  })

  it('may stand in folders, whose slashes may be written either way', async () => {
    const answer = await send('PUT', 'p/1/docs/v1%2Fapi.json?select=package_file', { body: '{}' })
    expect(await answer.json()).toMatchObject({ file_name: 'docs%2Fv1%2Fapi.json' })
    for (const place of ['p/1/docs/v1/api.json', 'p/1/docs%2Fv1%2fapi.json']) {
      const file = await send('GET', place)
      expect(file.headers.get('content-disposition')).toBe('attachment; filename="api.json"')
      expect(await file.text()).toBe('{}')
    }
    expect((await send('GET', 'p/1/api.json')).status).toBe(404)
  })

  it('is refused when the digest in the header is another one', async () => {
    const said = (text: string) => ({ body: 'one', headers: { 'X-Checksum-SHA256': sha256Hex(text) } })
    const refused = await send('PUT', 'p/1/f', said('two'))
    expect(await refused.json()).toMatchObject({ code: 'registry.digest-mismatch' })
    expect((await send('PUT', 'p/1/f', said('one'))).status).toBe(201)
  })

  it('that is hidden is served all the same, and no other status is known', async () => {
    expect((await send('PUT', 'p/1/f?status=hidden', { body: 'x' })).status).toBe(201)
    expect(await (await send('GET', 'p/1/f')).text()).toBe('x')
    expect((await send('PUT', 'p/1/g?status=error', { body: 'x' })).status).toBe(400)
    expect((await send('GET', 'p/1/g')).status).toBe(404)
  })

  it('is asked for again only when it changed', async () => {
    await put('signature')
    const known = { 'if-none-match': `W/"x", "${sha256Hex('signature')}"` }
    expect((await send('GET', FILE, { headers: known })).status).toBe(304)
    await put('another')
    expect((await send('GET', FILE, { headers: known })).status).toBe(200)
  })

  it('may be empty, and of the cap, and not over it', async () => {
    expect((await put('')).status).toBe(201)
    expect((await put('x'.repeat(MAX_FILE_BYTES), 'p/1/cap')).status).toBe(201)
    const before = await server.storedFiles()
    expect((await put('x'.repeat(MAX_FILE_BYTES + 1), 'p/1/over')).status).toBe(413)
    const chunked = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(MAX_FILE_BYTES / 4)),
    })
    const init = { body: chunked, duplex: 'half' } as Init
    expect((await send('PUT', 'p/1/over', init)).status).toBe(413)
    expect((await send('GET', 'p/1/over')).status).toBe(404)
    expect(await server.storedFiles()).toEqual(before)
  })

  it.each([
    '..%2f..%2fetc/1.0.0/passwd',
    'p/1.0.0/..%2f..%2fetc%2fpasswd',
    'p/..%2f1/f',
    'p/1..0/f',
    'p/1.0.0/a%5Cb',
    'p/1.0.0/a%00',
    'p/1.0.0/a%0A',
    'p/1.0.0/%ff',
    'p/1.0.0/%252e%252e',
    'p/1.0.0/~f',
    'p/1.0.0/a%20b',
    'p/1.0.0/a//b',
    'p/1.0.0/a/',
    'p/1.0.0/a%2F..%2Fb',
    'p/1.0.0/a%2F%2e%2Fb',
    'p/1.0.0/%2Fetc%2Fpasswd',
    'p/1.0.0/a%252Fb',
    'p/1.0.0/a/~b',
    'p/1.0.0/%C3%A9',
    `p/1.0.0/${'x'.repeat(4096)}`,
    `p/${'1'.repeat(4096)}/f`,
    `${'p'.repeat(4096)}/1/f`,
  ])('at %s is refused and nothing is stored', async (path) => {
    expect((await put('x', path)).status).toBe(400)
    expect((await send('GET', path)).status).toBe(400)
    expect(await server.storedFiles()).toEqual([])
  })

  it.each(['p/1.0.0', 'p/1.0.0/', 'p//f', '../../../etc/passwd', 'p/%2e%2e/%2e%2e/f'])(
    'at the path %s, sent as it is, has no route',
    async (path) => {
      const head = `PUT ${base}/${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nJOB-TOKEN: ${token}\r\nContent-Length: 1\r\n\r\nx`
      expect(await server.raw(head)).toMatch(/^HTTP\/1\.1 404 this server has nothing at this path; check/)
      expect(await server.storedFiles()).toEqual([])
    },
  )

  it('whose connection is cut leaves nothing', async () => {
    const head = `PUT ${base}/${FILE} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nJOB-TOKEN: ${token}\r\n`
    await server.raw(`${head}Content-Length: 50000\r\n\r\n${'x'.repeat(49_999)}`, { cut: true })
    await server.raw(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, { cut: true })
    await expect.poll(() => server.storedFiles()).toEqual([])
    expect((await send('GET', FILE)).status).toBe(404)
  })

  it('that nobody put is not found, and says so', async () => {
    const answer = await send('GET', FILE)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'registry.unknown-file' })
  })
})
