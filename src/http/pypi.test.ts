import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import { metadataOf } from '../formats/python/archive/arrange.ts'
import {
  basic,
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

function post(body: RequestInit['body'], headers = {}): Promise<Response> {
  const url = `http://127.0.0.1:${server.port}${base}`
  return fetch(url, { method: 'POST', body: body ?? null, headers: { authorization, ...headers } })
}

/** How often this process has come round to other work. */
function countTurns(): { now(): number; stop(): void } {
  let turn = 0
  let isStopped = false
  const next = (): void => {
    turn += 1
    if (!isStopped) setImmediate(next)
  }
  next()
  return {
    now: () => turn,
    stop: () => {
      isStopped = true
    },
  }
}

describe('the simple index', () => {
  it('of a package is what GitLab writes, and the version of the index, with or without a slash, whatever the spelling of the name', async () => {
    await post(twineForm('content', { requires_python: '>=3.9,<4' }))
    await post(twineForm('sdist', {}, SDIST))
    const wheel = sha256Hex(twineBytes('content', WHEEL, '>=3.9,<4'))
    const sdist = sha256Hex(twineBytes('sdist', SDIST))
    const metadata = sha256Hex(metadataOf('my_pkg', '1.0.0', { requiresPython: '>=3.9,<4' }))
    const page = (files: string): string => `<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.4">
    <title>Links for my-pkg</title>
  </head>
  <body>
    <h1>Links for my-pkg</h1>
    <a href="${files}/${wheel}/${WHEEL}#sha256=${wheel}" data-requires-python="&gt;=3.9,&lt;4" data-core-metadata="sha256=${metadata}">${WHEEL}</a>
    <a href="${files}/${sdist}/${SDIST}#sha256=${sdist}" data-requires-python="&gt;=3.9">${SDIST}</a>
  </body>
</html>
`
    for (const name of ['my-pkg', 'my-pkg/', 'My_Pkg/', 'my.pkg']) {
      const answer = await get(`/simple/${name}`)
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        200,
        'text/html; charset=utf-8',
        page(name.endsWith('/') ? '../../files' : '../files'),
      ])
    }
  })

  it('has links that lead to the files by every name of the host, with or without a slash', async () => {
    await post(twineForm('content'))
    for (const path of ['/simple/my-pkg', '/simple/my-pkg/']) {
      const [, href = ''] = /href="([^"#]+)/.exec(await (await get(path)).text()) ?? []
      expect(new URL(href, `http://other.example${base}${path}`).href).toBe(
        `http://other.example${base}/files/${sha256Hex(twineBytes('content'))}/${WHEEL}`,
      )
    }
  })

  it.each(['/simple', '/simple/'])(
    'of a project as large as it may be is written in turns: %s',
    async (path) => {
      const names = Array.from({ length: 5_000 }, (_, at) => `p${String(at).padStart(5, '0')}`)
      const turns = countTurns()
      const seen = new Set<number>()
      const large = await startPackagesServer((store) => ({
        ...store,
        listNames: async (_key, { after, limit }) => {
          seen.add(turns.now())
          const from = after === '' ? 0 : names.indexOf(after) + 1
          return names.slice(from, from + limit)
        },
      }))
      const token = await large.token('api')
      const url = `http://127.0.0.1:${large.port}/api/v4/projects/${large.projects.private.id}/packages/pypi${path}`
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
      expect((await answer.text()).match(/<a /g)).toHaveLength(names.length)
      turns.stop()
      // Eleven pages of the store, each read after everybody else had a turn.
      expect(seen.size).toBe(11)
      await large.close()
    },
  )

  it('of a project names each package once', async () => {
    await post(twineForm('content'))
    await post(twineForm('sdist', {}, SDIST))
    for (const path of ['/simple', '/simple/']) {
      const text = await (await get(path)).text()
      expect(text.match(/<a .*<\/a>/g)).toEqual([
        `<a href="${path === '/simple' ? 'simple/' : ''}my-pkg/" data-requires-python="">my-pkg</a>`,
      ])
    }
  })

  it.each([
    'my-pkg',
    'setuptools',
    '..%2f..%2fetc%2fpasswd',
    'a%5Cb',
    'a%00b',
    '%ff',
    'x'.repeat(4096),
    '%3Cscript%3E',
    '-',
  ])('has no package %j', async (name) => {
    const answer = await get(`/simple/${name}/`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'registry.unknown-package' })
  })

  it('sends on the names that are forwarded, and never one that the project has', async () => {
    const { registry, projects } = server
    const names = ['setuptools', 'my-pkg']
    await registry.pypi.setForwarding(projects.private, { indexUrl: 'https://index.example/simple', names })
    const answer = await get('/simple/SetupTools/')
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      'https://index.example/simple/setuptools/',
    ])
    expect((await get('/simple/requests/')).status).toBe(404)
    expect((await get('/simple/my-pkg/')).status).toBe(302)
    await post(twineForm('content'))
    expect((await get('/simple/my-pkg/')).status).toBe(200)
    expect((await get('/simple/setuptools/', { authorization: '' })).status).toBe(401)
  })
})

describe('a download', () => {
  const bytes = twineBytes('0123456789')
  const digest = sha256Hex(bytes)
  const path = `/files/${digest}/${WHEEL}`
  beforeEach(() => post(twineForm('0123456789')))

  it('is the bytes, as an attachment that no browser shows', async () => {
    const answer = await get(path)
    expect([answer.status, new Uint8Array(await answer.arrayBuffer())]).toEqual([200, bytes])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(bytes.length),
      'content-disposition': `attachment; filename="${WHEEL}"`,
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    })
  })

  it('has a head', async () => {
    const answer = await get(path, {}, 'HEAD')
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      200,
      String(bytes.length),
      '',
    ])
  })

  it.each([
    `/files/${sha256Hex('other')}/${WHEEL}`,
    `/files/${digest}/${SDIST}`,
    `/files/${digest}/my_pkg-1.0-py3-none-any.whl`,
    `/files/${digest.toUpperCase()}/${WHEEL}`,
    `/files/..%2f..%2f/${WHEEL}`,
    `/files/${digest}/..%2f..%2fetc%2fpasswd`,
    `/files/${digest}/%00`,
    `/files/${digest}/%ff`,
    `/files/${digest}/a%5Cb`,
    `/files/${digest}/${'x'.repeat(4096)}`,
    `/files/${digest}`,
  ])('of %s finds nothing', async (wrong) => {
    expect((await get(wrong)).status).toBe(404)
  })

  it.each(['../../../etc/passwd', '%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', 'files/%2e%2e%2f%2e%2e'])(
    'of the path %s, sent as it is, finds nothing',
    async (wrong) => {
      const head = `GET ${base}/${wrong} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: ${authorization}\r\n\r\n`
      expect(await server.raw(head)).toMatch(/^HTTP\/1\.1 404 this server has nothing at this path; check/)
    },
  )
})
