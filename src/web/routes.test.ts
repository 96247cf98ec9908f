import { beforeEach, describe, expect, it } from 'vitest'
import { FILES_ON_A_PAGE, NAMES_ON_A_PAGE } from './project-view.ts'
import { openWebBench, type WebBench } from './arrange.ts'

const PUBLIC = '/acme/sub/public'

let bench: WebBench
beforeEach(async () => {
  bench = await openWebBench()
  return () => bench.close()
})

const text = async (path: string, headers = {}): Promise<string> => (await bench.get(path, headers)).text()

describe('what may not be read', () => {
  /** All of an answer but the id of the request, and the path that was asked for. */
  const see = async (path: string, headers = {}): Promise<object> => {
    const answer = await bench.get(path, headers)
    const { 'x-request-id': requestId, ...rest } = Object.fromEntries(answer.headers)
    expect(requestId).toBeDefined()
    return { status: answer.status, rest, body: (await answer.text()).replaceAll(path.slice(1), 'PATH') }
  }

  it.each(['nobody', 'a stranger', 'a guest', 'a token for metrics', 'a token of another group'])(
    'looks to %s as what does not exist',
    async (who) => {
      await bench.access.createUser({ login: 'eve' })
      await bench.access.createProject({ path: 'other/own' })
      const tokenOf: Readonly<Record<string, () => Promise<string>>> = {
        'a stranger': () => bench.token('eve'),
        'a guest': () => bench.token('guest'),
        'a token for metrics': () => bench.token('ada', 'read_metrics'),
        'a token of another group': async () =>
          (await bench.access.createToken({ login: 'ada', scopes: ['api'], within: 'other' })).token.reveal(),
      }
      const make = tokenOf[who]
      const headers = make === undefined ? {} : await bench.cookie(await make())
      const absent = await see('/acme/sub/absent', headers)
      expect(absent).toMatchObject({ status: 404, rest: { 'cache-control': 'no-store' } })
      expect(await see('/acme/sub/private', headers)).toEqual(absent)
      expect(await see('/acme/sub/private?package=tools&before=1', headers)).toMatchObject({ status: 404 })
    },
  )

  it('is internal to who is not logged in, and read by who is', async () => {
    expect(await see('/acme/sub/internal')).toEqual(await see('/acme/sub/absent'))
    await bench.access.createUser({ login: 'eve' })
    const headers = await bench.cookie(await bench.token('eve'))
    expect((await bench.get('/acme/sub/internal', headers)).status).toBe(200)
  })

  it('asks for a token, and comes back', async () => {
    const page = await text('/acme/sub/private')
    expect(page).toContain('<label for="token">')
    expect(page).toContain('action="../../-/login"')
    expect(page).toContain('name="back" value="acme/sub/private"')
  })

  it('is a refusal in the log', async () => {
    await bench.get('/acme/sub/private')
    expect(bench.logged.at(-1)).toMatchObject({
      event: 'request.refused',
      project: 'acme/sub/private',
      code: 'access.unknown-project',
    })
  })

  it('is a session, and no credential of the API', async () => {
    const token = await bench.token('ada', 'api')
    expect((await bench.get('/acme/sub/private', { 'private-token': token })).status).toBe(404)
  })
})

describe('the address of a page', () => {
  it.each([
    '/acme/sub/Public',
    '/acme/sub/public/',
    '/acme//sub/public',
    '/acme%2Fsub%2Fpublic',
    '/acme/sub%2Fpublic',
    '/acme/sub/publi%63',
    '/acme/sub',
  ])('is that of the project, not %s', async (path) => {
    expect([200, (await bench.get(path)).status]).toEqual([200, 404])
  })

  it.each(['/api/v4/nothing', '/api/v1/log', '/admin/projects', '/-/nothing', '/acme', '/tile/x', '/v2/x'])(
    'is not %s, at which nothing is',
    async (path) => {
      const answer = await bench.get(path)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json'])
    },
  )
})

describe('a page', () => {
  it('has headers that run nothing, and let nobody frame it', async () => {
    for (const path of [PUBLIC, '/acme/sub/private', '/']) {
      const { headers } = await bench.get(path)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('same-origin')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('vary')).toBe(path === '/acme/sub/private' ? null : 'Cookie')
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    }
  })

  it.each([PUBLIC, '/', '/-/style.css'])('that everybody sees is not sent twice: %s', async (path) => {
    const first = await bench.get(path)
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    const tag = first.headers.get('etag') ?? ''
    const again = await bench.get(path, { 'if-none-match': tag })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await bench.get(path, { 'if-none-match': '"other"' })).status).toBe(200)
    if (path === PUBLIC) {
      await bench.add()
      expect((await bench.get(path, { 'if-none-match': tag })).status).toBe(200)
    }
  })

  it('of a session is kept by nobody', async () => {
    const headers = await bench.cookie(await bench.token('ada'))
    for (const path of [PUBLIC, '/acme/sub/private', '/']) {
      const answer = await bench.get(path, headers)
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(answer.headers.get('etag')).toBeNull()
    }
  })

  it('of the server says where things are, and has the form', async () => {
    const page = await text('/')
    expect(page).toContain('href="-/style.css"')
    expect(page).toContain('action="-/login"')
    expect(page).toContain('http://seal.example:7711/api/v4')
    expect(await text('/', await bench.cookie(await bench.token('ada')))).not.toContain('-/login')
  })
})

describe('of much that is stored', () => {
  const filesOf = (page: string): readonly string[] =>
    [...page.matchAll(/role="rowheader"><a [^>]*>([^<]*)/g)].map(([, name = '']) => name)
  const linkOf = (page: string, words: string): string =>
    new RegExp(`href="([^"]*)">${words}`).exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const follow = (page: string, words: string): Promise<string> =>
    text(new globalThis.URL(linkOf(page, words), `http://x${PUBLIC}`).href.slice('http://x'.length))

  it('a page has a part, newest first, and a link to the next', async () => {
    for (let index = 1; index <= FILES_ON_A_PAGE + 3; index += 1)
      await bench.add({ version: `${index}`, versionKey: `${index}`, fileName: `tools-${index}.tar.gz` })
    const page = await text(PUBLIC)
    expect(filesOf(page)).toHaveLength(FILES_ON_A_PAGE)
    expect(filesOf(page)[0]).toBe(`tools-${FILES_ON_A_PAGE + 3}.tar.gz`)
    expect(bench.described).toBe(FILES_ON_A_PAGE)
    const rest = await follow(page, 'Older files')
    expect(filesOf(rest)).toEqual(['tools-3.tar.gz', 'tools-2.tar.gz', 'tools-1.tar.gz'])
    expect(rest).not.toContain('Older files')
  })

  it('the list of packages is cut, too', async () => {
    const nameOf = (index: number): string => `p${String(index).padStart(3, '0')}`
    for (let index = 0; index <= NAMES_ON_A_PAGE; index += 1)
      await bench.add({
        name: nameOf(index),
        nameKey: nameOf(index),
        fileName: `${nameOf(index)}-1.0.tar.gz`,
      })
    const page = await text(PUBLIC)
    expect(page.match(/<li>/g)).toHaveLength(NAMES_ON_A_PAGE)
    const rest = await follow(page, 'More packages')
    expect(rest.match(/<li>/g)).toHaveLength(1)
    expect(rest).toContain(`package=${nameOf(NAMES_ON_A_PAGE)}`)
    expect(rest).not.toContain('More packages')
  })

  it('a page shows the newest package, or the one that is asked for in any spelling', async () => {
    await bench.add()
    await bench.add({ name: 'Other', nameKey: 'other', fileName: 'other-2.0.tar.gz' })
    expect(await text(PUBLIC)).toContain('<h2>Other</h2>')
    expect(await text(`${PUBLIC}?package=TOOLS`)).toContain('<h2>Tools</h2>')
    const missing = await bench.get(`${PUBLIC}?package=no<b>ne`)
    expect(missing.status).toBe(404)
    expect(await missing.text()).toContain('The project has no package no&lt;b&gt;ne.')
  })

  it('what was deleted is not shown', async () => {
    const { file } = await bench.add()
    await bench.store.changeFile(file.id, { deletedAtMs: 1 }, { atMs: 1 })
    expect(await text(`${PUBLIC}?package=tools`)).toContain('<p>No files.</p>')
  })

  it.each(['0', '-1', '1e3', 'x', '9'.repeat(16)])(
    'a page begins at the newest for before=%s',
    async (before) => {
      await bench.add()
      expect(filesOf(await text(`${PUBLIC}?package=tools&before=${before}`))).toHaveLength(1)
    },
  )
})
