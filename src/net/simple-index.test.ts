import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestListener } from 'node:http'
import { Secret } from '../base/index.ts'
import { systemFiles } from '../host/index.ts'
import { serve, type Running } from './arrange.ts'
import type { IndexedFile } from '../formats/python/simple-index/index.ts'
import { createHttp, fetchSimplePage, type IndexAnswer } from './index.ts'

const SHA = 'ab'.repeat(32)
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const running: Running[] = []
afterEach(() => {
  for (const one of running.splice(0)) one.close()
})

async function index(listener: RequestListener): Promise<string> {
  const one = await serve(listener)
  running.push(one)
  return `${one.url}/simple`
}

const http = createHttp({ env: {}, files: systemFiles })

async function ask(listener: RequestListener, authorization?: Secret): Promise<IndexAnswer> {
  const indexUrl = await index(listener)
  return fetchSimplePage(http, {
    indexUrl,
    name: 'My_Pkg',
    ...(authorization === undefined ? {} : { authorization }),
  })
}

const answering =
  (type: string, body: string): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': type }).end(body)
  }
const html = (body: string): Promise<IndexAnswer> => ask(answering('text/html; charset=utf-8', body))
const json = (page: unknown): Promise<IndexAnswer> => ask(answering(JSON_TYPE, JSON.stringify(page)))
const filesOf = (answer: IndexAnswer): readonly IndexedFile[] => {
  if (answer.kind !== 'page') throw new Error(answer.kind)
  return answer.page.files
}
const meta = { 'api-version': '1.1' }
const file = {
  filename: 'my_pkg-1.0.tar.gz',
  url: '../../files/x/my_pkg-1.0.tar.gz',
  hashes: { sha256: SHA },
}

describe('a request for the page of a package', () => {
  it('asks for the normalised name with a slash, as pip does, in a form that has no encoding', async () => {
    const asked: unknown[] = []
    await ask((request, response) => {
      const { accept, authorization, 'accept-encoding': encoding } = request.headers
      asked.push(request.url, accept, authorization, encoding)
      response.writeHead(404).end()
    }, new Secret('Basic eA=='))
    expect(asked).toEqual([
      '/simple/my-pkg/',
      expect.stringMatching(/v1\+json, .*text\/html/),
      'Basic eA==',
      'identity',
    ])
  })

  it('says that a package is absent', async () => {
    expect(await ask((_request, response) => response.writeHead(404).end('{}'))).toEqual({ kind: 'absent' })
  })

  it('follows a redirect on the same host with the credentials', async () => {
    const answer = await ask((request, response) => {
      if (request.url === '/simple/my-pkg/') response.writeHead(301, { location: '/there' }).end()
      else answering(JSON_TYPE, JSON.stringify({ meta, files: [file] }))(request, response)
    }, new Secret('Basic eA=='))
    expect(filesOf(answer)).toHaveLength(1)
  })

  it('never asks the other host that it is sent to', async () => {
    const asked: unknown[] = []
    const other = await index((request, response) => {
      asked.push(request.url)
      response.end()
    })
    const answer = await ask((_request, response) =>
      response.writeHead(302, { location: `${other}/my-pkg/` }).end(),
    )
    expect(answer).toEqual({ kind: 'forwarded', origin: new URL(other).origin })
    expect(asked).toEqual([])
  })

  it('ends where redirects do not', async () => {
    await expect(
      ask((_request, response) => response.writeHead(302, { location: '/simple/my-pkg/' }).end()),
    ).rejects.toThrow('redirects again and again')
  })

  it('refuses a redirect without a place, and one to a file', async () => {
    await expect(ask((_request, response) => response.writeHead(302).end())).rejects.toThrow(
      'without a valid location',
    )
    await expect(
      ask((_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    ).rejects.toThrow('redirects to file')
  })

  it('hands on what a refusal says, and not the credentials', async () => {
    const refused = ask(
      (_request, response) => response.writeHead(401).end('{"message":"401 Unauthorized"}'),
      new Secret('Basic eA=='),
    )
    await expect(refused).rejects.toMatchObject({
      code: 'net.refused',
      message: expect.stringMatching(/\/simple\/my-pkg\/ answered 401: 401 Unauthorized$/),
    })
  })

  it('refuses what is no page of an index', async () => {
    await expect(ask(answering('application/json', '{}'))).rejects.toMatchObject({ code: 'net.reply' })
    await expect(
      ask((_request, response) =>
        response.writeHead(200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }).end('{}'),
      ),
    ).rejects.toThrow('in an encoding')
  })
})

describe('a page in JSON', () => {
  it('gives the files with what PEP 700, 592 and 740 add', async () => {
    const full = {
      ...file,
      size: 7,
      'upload-time': '2026-01-01T00:00:00Z',
      'requires-python': '>=3.9',
      yanked: 'broken',
      provenance: '/p/1',
    }
    const [one] = filesOf(await json({ meta, name: 'my-pkg', files: [full] }))
    expect(one).toEqual({
      fileName: file.filename,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/files\/x\/my_pkg-1\.0\.tar\.gz$/),
      sha256: SHA,
      sizeBytes: 7,
      uploadedAtMs: 1_767_225_600_000,
      requiresPython: '>=3.9',
      yanked: 'broken',
      provenance: { kind: 'at', url: expect.stringMatching(/\/p\/1$/) },
      offersMetadata: false,
      metadataSha256: undefined,
    })
  })

  it('tells yanked without a reason from not yanked', async () => {
    const [yes, no] = filesOf(
      await json({
        meta,
        files: [
          { ...file, yanked: true },
          { ...file, yanked: false },
        ],
      }),
    )
    expect([yes?.yanked, no?.yanked]).toEqual(['', undefined])
  })

  it('takes the digest of the URL where the hashes have none, as GitLab writes both', async () => {
    const url = `${file.url}#sha256=${SHA.toUpperCase()}`
    const files = filesOf(
      await json({
        meta,
        files: [
          { ...file, url },
          { ...file, url, hashes: {} },
        ],
      }),
    )
    expect(files.map(({ sha256 }) => sha256)).toEqual([SHA, SHA])
    expect(files[0]?.url).not.toContain('#')
  })

  it.each([
    ['another api', { meta: { 'api-version': '2.0' }, files: [] }],
    ['no list', { meta }],
    ['a file without a name', { meta, files: [{ ...file, filename: undefined }] }],
    ['a name with folders', { meta, files: [{ ...file, filename: '../x' }] }],
    ['a name that is a folder', { meta, files: [{ ...file, filename: '..' }] }],
    ['a name with a control character', { meta, files: [{ ...file, filename: 'a\u001b.whl' }] }],
    ['a URL of this machine', { meta, files: [{ ...file, url: 'file:///etc/passwd' }] }],
    ['a URL with credentials', { meta, files: [{ ...file, url: 'https://a:b@index.example/x' }] }],
    ['a digest that is none', { meta, files: [{ ...file, hashes: { sha256: 'x' } }] }],
    ['two digests', { meta, files: [{ ...file, url: `${file.url}#sha256=${'00'.repeat(32)}` }] }],
    ['a size below nothing', { meta, files: [{ ...file, size: -1 }] }],
    ['yanked in numbers', { meta, files: [{ ...file, yanked: 1 }] }],
  ])('is refused whole with %s', async (_what, page) => {
    await expect(json(page)).rejects.toMatchObject({
      code: 'net.reply',
      message: expect.stringContaining('is malformed: '),
    })
  })
})

describe('a page in HTML', () => {
  it('gives the links as GitLab writes them', async () => {
    const [one] = filesOf(
      await html(`<!DOCTYPE html><html><head><title>Links for <a href="no.whl"></title></head><body>
<a href="https://git.example/api/v4/projects/1/packages/pypi/files/${SHA}/my_pkg-1.0-py3-none-any.whl#sha256=${SHA}"
 data-requires-python="&gt;=3.6">my_pkg</a><br></body></html>`),
    )
    expect(one).toMatchObject({
      fileName: 'my_pkg-1.0-py3-none-any.whl',
      url: expect.stringMatching(/^https:\/\/git\.example\/api.*whl$/),
      sha256: SHA,
      requiresPython: '>=3.6',
      yanked: undefined,
    })
  })

  it('reads relative links, a base, both quotes and none, and the case of tags', async () => {
    const files = filesOf(
      await html(`<BASE HREF='/other/'><A class=x HREF = 'a.whl'>a</A><a href=b.whl data-yanked>b</a>`),
    )
    expect(files.map(({ url }) => new URL(url).pathname)).toEqual(['/other/a.whl', '/other/b.whl'])
    expect(files.map(({ yanked }) => yanked)).toEqual([undefined, ''])
  })

  it('reads no link in a comment, a script or a style, and none that has no href', async () => {
    expect(
      filesOf(
        await html(
          `<!-- <a href="c.whl"> --><script>"<a href='s.whl'>"</script><style><a href="t.whl"></style>
<a name="x"><a href="../"><area href="no.whl"><a href="yes.whl">`,
        ),
      ).map(({ fileName }) => fileName),
    ).toEqual(['yes.whl'])
  })

  it('decodes a name once', async () => {
    expect(filesOf(await html('<a href="a%2B1.whl">'))[0]?.fileName).toBe('a+1.whl')
    await expect(html('<a href="a%2F..%2Fb.whl">')).rejects.toMatchObject({ code: 'net.reply' })
    expect(filesOf(await html('<a href="a%252Fb.whl">'))[0]?.fileName).toBe('a%2Fb.whl')
  })

  it('reads the links of any page of them, whatever the values are', async () => {
    const escape = (text: string): string =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('>', '&gt;')
    const name = fc.stringMatching(/^[A-Za-z0-9_.+!]{1,20}\.whl$/)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string()), { maxLength: 8 }), async (links) => {
        const page = links
          .map(([href, reason]) => `<a href="${href}" data-yanked="${escape(reason)}">x</a>`)
          .join('')
        const files = filesOf(await html(page))
        expect(files.map(({ fileName, yanked }) => [fileName, yanked])).toEqual(links)
      }),
      { numRuns: 40 },
    )
  })

  it('ends at whatever has no end', async () => {
    for (const open of ['<', '<a', '<a href="x.whl', '<!-- ', '<script>', '<a href', '<a href=', '<a =">'])
      expect(filesOf(await html(`<a href="a.whl">${open.repeat(3)}`))).toHaveLength(1)
  })
})

describe('the status of a project (PEP 792) and the provenance of a file (PEP 740)', () => {
  const statusOf = (answer: IndexAnswer): readonly unknown[] => {
    if (answer.kind !== 'page') throw new Error(answer.kind)
    return [answer.page.status, answer.page.statusReason]
  }

  it('are read from JSON', async () => {
    const marked = { meta, files: [file], 'project-status': { status: 'quarantined', reason: 'malware' } }
    expect(statusOf(await json(marked))).toEqual(['quarantined', 'malware'])
    expect(statusOf(await json({ meta, files: [] }))).toEqual([undefined, undefined])
    await expect(json({ meta, files: [], 'project-status': 'quarantined' })).rejects.toMatchObject({
      code: 'net.reply',
    })
  })

  it('are read from HTML, the first mark of each name', async () => {
    const marks = ['quarantined', 'active'].map(
      (status) => `<meta name="pypi:project-status" content="${status}">`,
    )
    const reason = '<meta name="pypi:project-status-reason" content="a &lt; b"><meta name="x" content="y">'
    const link = `<a href="/f/my_pkg-1.0.tar.gz" data-provenance="../p.json">x</a>`
    const answer = await html(`${marks.join('')}${reason}${link}`)
    expect(statusOf(answer)).toEqual(['quarantined', 'a < b'])
    expect(filesOf(answer)[0]?.provenance).toEqual({
      kind: 'at',
      url: expect.stringMatching(/\/simple\/p\.json$/),
    })
  })
})
