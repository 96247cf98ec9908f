import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import { wheelOfSize } from '../formats/python/archive/arrange.ts'
import {
  basic,
  MAX_FILE_BYTES,
  SDIST,
  startPackagesServer,
  twineBytes,
  twineForm,
  WHEEL,
  type PackagesServer,
} from './packages-server.contract.ts'

let server: PackagesServer
let authorization: string
let base: string
beforeEach(async () => {
  server = await startPackagesServer()
  authorization = basic('gitlab-ci-token', await server.jobToken(server.projects.private))
  base = `/api/v4/projects/${server.projects.private.id}/packages/pypi`
  return () => server.close()
})

function get(path: string, headers = {}, method = 'GET'): Promise<Response> {
  const url = `http://127.0.0.1:${server.port}${base}${path}`
  return fetch(url, { method, redirect: 'manual', headers: { authorization, ...headers } })
}

function post(body: RequestInit['body'], headers = {}, slash = ''): Promise<Response> {
  const url = `http://127.0.0.1:${server.port}${base}${slash}`
  return fetch(url, { method: 'POST', body: body ?? null, headers: { authorization, ...headers } })
}

const wheelOf = (bytes: number): Uint8Array<ArrayBuffer> => Uint8Array.from(wheelOfSize(bytes))

const isEmpty = async (): Promise<void> => {
  expect(await server.storedFiles()).toEqual([])
  expect((await get('/simple/my-pkg/')).status).toBe(404)
}

describe('an upload', () => {
  it('is answered as GitLab answers it, and listed', async () => {
    const answer = await post(twineForm('content', { sha256_digest: sha256Hex(twineBytes('content')) }))
    expect([answer.status, await answer.json()]).toEqual([201, { message: '201 Created' }])
    expect(await server.storedFiles()).toContain(sha256Hex(twineBytes('content')).slice(2))
    expect(server.logged()).toContain('package.published')
  })

  it('is taken at the address with a slash at its end, which users of GitLab send too', async () => {
    expect((await post(twineForm('content'), {}, '/')).status).toBe(201)
    expect((await get('/simple/my-pkg/')).status).toBe(200)
  })

  it('succeeds again with the same bytes, and is refused with others in words that twine knows', async () => {
    expect((await post(twineForm('content'))).status).toBe(201)
    expect((await post(twineForm('content'))).status).toBe(201)
    const refused = await post(twineForm('other'))
    expect(refused.status).toBe(400)
    const { message, code } = (await refused.json()) as Record<string, string>
    expect(message).toMatch(
      /^400 Bad request - Validation failed: File name has already been taken.*File already exists/,
    )
    expect(code).toBe('registry.file-taken')
  })

  it('may have a signature as a second file, and fields in another order', async () => {
    const form = twineForm('content')
    form.append('gpg_signature', new Blob(['sig']), `${WHEEL}.asc`)
    form.append('description', 'x'.repeat(200_000))
    expect((await post(form)).status).toBe(201)
    expect(await server.storedFiles()).toHaveLength(2)
  })

  it.each<[string, () => FormData]>([
    ['no name', () => twineForm('content', { name: undefined })],
    ['no version', () => twineForm('content', { version: undefined })],
    ['a wrong digest', () => twineForm('content', { sha256_digest: sha256Hex('other') })],
    ['a malformed digest', () => twineForm('content', { sha256_digest: 'abc' })],
    ['a traversal as its name', () => twineForm('content', { name: '../../etc' })],
    ['a name with a NUL', () => twineForm('content', { name: 'my\u0000pkg' })],
    ['a version that is none', () => twineForm('content', { version: '1.0/..' })],
    ['a name of 4 KB', () => twineForm('content', { name: 'x'.repeat(4096) })],
    ['a name longer than a field may be', () => twineForm('content', { name: 'x'.repeat(100_000) })],
    ['a file of another package', () => twineForm('content', {}, 'other-1.0.0.tar.gz')],
    ['a file of another version', () => twineForm('content', {}, 'my_pkg-1.0.1.tar.gz')],
    ['a file that is no distribution', () => twineForm('content', {}, 'my_pkg.exe')],
    ['a path as its file name', () => twineForm('content', {}, `../../${WHEEL}`)],
    ['a path of Windows as its file name', () => twineForm('content', {}, `..\\${WHEEL}`)],
    ['an encoded path as its file name', () => twineForm('content', {}, `..%2f${WHEEL}`)],
    ['a NUL in its file name', () => twineForm('content', {}, `${WHEEL}\u0000`)],
    ['a file name of 4 KB', () => twineForm('content', {}, `my_pkg-${'1'.repeat(4096)}.tar.gz`)],
    ['the name twice', () => appended(twineForm('content'), 'name', 'my-pkg')],
    ['two files', () => appendedFile(twineForm('content'))],
    [
      'four files',
      () =>
        Array.from({ length: 3 }).reduce<FormData>((form) => appendedFile(form, 'x'), twineForm('content')),
    ],
    ['no file', () => withoutFile(twineForm('content'))],
    ['more fields than a form may have', () => manyFields(twineForm('content'))],
  ])('with %s is refused and leaves nothing', async (_what, form) => {
    const answer = await post(form())
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('400') as string })
    await isEmpty()
  })

  it('over the cap is refused and leaves nothing, and one of the cap is taken', async () => {
    const answer = await post(twineForm(wheelOf(MAX_FILE_BYTES + 1)))
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      413,
      'registry.too-large',
    ])
    await isEmpty()
    expect((await post(twineForm(wheelOf(MAX_FILE_BYTES)))).status).toBe(201)
  })

  it.each([
    ['application/json', '{}', 415],
    ['application/x-www-form-urlencoded', 'name=x', 415],
    ['multipart/form-data', 'x', 415],
    ['multipart/form-data; boundary=', 'x', 400],
    ['multipart/form-data; boundary=b', '', 400],
    ['multipart/form-data; boundary=b', 'no boundary at all', 400],
    ['multipart/form-data; boundary=b', '--b\r\n', 400],
    ['multipart/form-data; boundary=b', '--b--\r\n', 400],
    [
      'multipart/form-data; boundary=b',
      `--b\r\ncontent-disposition: form-data; name="content"; filename="${WHEEL}"\r\n\r\ncut`,
      400,
    ],
    [
      'multipart/form-data; boundary=b',
      `--b\r\ncontent-disposition: form-data; name="content"\r\ncontent-type: application/octet-stream\r\n\r\nx\r\n--b--\r\n`,
      400,
    ],
    ['multipart/form-data; boundary=b', `--b\r\n${'x: y\r\n'.repeat(10_000)}\r\n\r\nx\r\n--b--\r\n`, 400],
  ])('as %s with the body %j is refused', async (type, body, status) => {
    expect((await post(body, { 'content-type': type })).status).toBe(status)
    await isEmpty()
  })

  it('that is refused says why in words for uv, which shows title and detail of a problem', async () => {
    await post(twineForm('content'))
    const answer = await post(twineForm('other'))
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({
      title: 'Bad request',
      status: 400,
      detail: expect.stringMatching(/File already exists: .*; release a new version/),
      message: expect.stringMatching(/^400 Bad request - /),
      code: 'registry.file-taken',
    })
  })

  it('that announces more than any form may have is refused before it is read', async () => {
    const head = `POST ${base} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: ${authorization}\r\n`
    const rest = 'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 999999999\r\n\r\n'
    expect(await server.raw(head + rest)).toMatch(
      /^HTTP\/1\.1 413 the body has 999999999 bytes; the limit is \d+;/,
    )
  })

  it('whose connection is cut leaves nothing, at any point', async () => {
    const form = new Response(twineForm(wheelOf(50_000)))
    const type = form.headers.get('content-type')
    const body = Buffer.from(await form.arrayBuffer())
    const head = `POST ${base} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: ${authorization}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`
    for (const length of [0, 10, 700, 2000, 40_000, body.length - 10, body.length - 1])
      await server.raw(Buffer.concat([Buffer.from(head), body.subarray(0, length)]), { cut: true })
    await expect.poll(() => server.storedFiles()).toEqual([])
    await isEmpty()
  })

  it('by one of two who race with other bytes is taken, and the other is refused', async () => {
    const answers = await Promise.all(['one', 'two'].map((content) => post(twineForm(content))))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400])
  })
})

function appended(form: FormData, name: string, value: string): FormData {
  form.append(name, value)
  return form
}

function appendedFile(form: FormData, name = 'content'): FormData {
  form.append(name, new Blob(['other']), SDIST)
  return form
}

function withoutFile(form: FormData): FormData {
  form.delete('content')
  return form
}

function manyFields(form: FormData): FormData {
  for (let index = 0; index < 2001; index += 1) form.append('classifiers', 'x')
  return form
}

it('that the store fails to keep is a 500 without detail, and is not acknowledged', async () => {
  const broken = await startPackagesServer((store) => ({
    ...store,
    addUnique: () => Promise.reject(new Error('disk I/O error in /secret/path')),
  }))
  const headers = { 'private-token': await broken.token('api') }
  const url = `http://127.0.0.1:${broken.port}/api/v4/projects/${broken.projects.private.id}/packages/pypi`
  const answer = await fetch(url, { method: 'POST', headers, body: twineForm('content') })
  expect([answer.status, (await answer.text()).includes('secret')]).toEqual([500, false])
  expect((await fetch(`${url}/simple/my-pkg/`, { headers })).status).toBe(404)
  await expect(broken.close()).rejects.toThrow('internal error')
})
