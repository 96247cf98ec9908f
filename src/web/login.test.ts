import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FORM, openWebBench, OWN, URL, type WebBench } from './arrange.ts'

const PAGE = '/acme/sub/private'
const SESSION_MS = 8 * 60 * 60_000

let bench: WebBench
let token: string
beforeEach(async () => {
  bench = await openWebBench()
  token = await bench.token('ada')
  return () => bench.close()
})

const statusOf = async (headers: Readonly<Record<string, string>>, path = PAGE): Promise<number> =>
  (await bench.get(path, headers)).status

describe('a login', () => {
  it('opens what the token may read, from a cookie that no script and no other site gets', async () => {
    const answer = await bench.post('/-/login', { token, back: 'acme/sub/private' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '../acme/sub/private'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const cookie = answer.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^wheelseal-session=[\w-]{43}; Max-Age=28800; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain(token)
    const page = await bench.get(PAGE, { cookie: cookie.split(';')[0] ?? '' })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Logged in as ada')
    expect(bench.logged.at(-1)).toMatchObject({ user: 'ada', project: 'acme/sub/private' })
    expect(JSON.stringify(bench.logged)).not.toContain(token)
  })

  it('takes a token with a line break after it', async () => {
    expect(await statusOf(await bench.cookie(`${token}\n`))).toBe(200)
  })

  it('is over TLS alone where the server is', async () => {
    const secure = await openWebBench({ externalUrl: 'https://seal.example' })
    const answer = await secure.post('/-/login', { token: await secure.token('ada') })
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-wheelseal-session=.*; Secure; SameSite=Strict$/)
    await secure.close()
  })

  it.each([
    ['', ''],
    ['https://evil.example/a/b', ''],
    ['//evil.example/b', ''],
    ['/evil.example/b', ''],
    [String.raw`\evil.example/b`, ''],
    ['../../evil', ''],
    ['acme/sub/none', 'acme/sub/none'],
    ['acme/sub/private/-/pipelines', 'acme/sub/private/-/pipelines'],
    ['acme/sub/private/-/jobs/12', 'acme/sub/private/-/jobs/12'],
    ['acme/sub/private/-/jobs/12/-/x', 'acme/sub/private'],
    ['acme/sub/private/-/logout', 'acme/sub/private'],
    ['acme/sub/private/-/../../x/y', 'acme/sub/private'],
    ['//evil.example/-/pipelines', ''],
    ['api/v4', ''],
    ['a/b\r\nSet-Cookie: x', ''],
  ])('leads back from %j to no other place', async (back, to) => {
    const answer = await bench.post('/-/login', { token, back })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `../${to}`])
  })

  it('with a wrong token shows the form again, says why, and counts it', async () => {
    const answer = await bench.post('/-/login', { token: 'glpat-wrong', back: 'acme/sub/private' })
    const page = await answer.text()
    expect(answer.status).toBe(403)
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(page).toContain('the token is wrong, expired or revoked')
    expect(page).toContain('name="back" value="acme/sub/private"')
    expect(page).not.toContain('glpat-wrong')
    expect(bench.logged.at(-1)).toMatchObject({ credential: 'personal', code: 'web.login', level: 'warn' })
  })

  it('is asked to wait after too many of them', async () => {
    for (let tries = 0; tries < 60; tries += 1) await bench.post('/-/login', { token: 'glpat-wrong' })
    const answer = await bench.post('/-/login', { token: 'glpat-wrong' })
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await answer.text()).toContain('<form class="login"')
    expect((await bench.post('/-/login', { token })).status).toBe(303)
  })

  it('is for no job token and no deploy token', async () => {
    const { access, projects } = bench
    const deploy = await access.createToken({
      kind: 'deploy',
      within: 'acme',
      scopes: ['read_package_registry'],
    })
    const [userId, projectId] = [1, projects.private.id]
    const grant = { jobId: 7, projectId, userId, expiresAtMs: bench.nowMs + 60_000 }
    for (const one of [deploy.token, await access.issueJobToken(grant)])
      expect((await bench.post('/-/login', { token: one.reveal() })).status).toBe(403)
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: URL }],
    ['a sibling host', { 'sec-fetch-site': 'same-site', origin: URL }],
    ['what a user typed', { 'sec-fetch-site': 'none' }],
    ['another origin, in an old browser', { origin: 'http://evil.example' }],
    ['the same host over TLS', { origin: 'https://seal.example:7711' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['nobody who says it', {}],
  ])('that comes from %s is refused', async (_where, headers) => {
    const answer = await bench.post('/-/login', { token }, headers)
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null])
    expect(await answer.text()).toContain('does not come from a page of this server')
    expect(bench.logged.at(-1)).toMatchObject({ code: 'web.other-site' })
  })

  it.each([OWN, { origin: URL }])('that comes from the own page is taken: %j', async (headers) => {
    expect((await bench.post('/-/login', { token }, headers)).status).toBe(303)
  })

  it('takes a small form, and nothing else', async () => {
    const json = { ...OWN, 'content-type': 'application/json' }
    expect((await bench.post('/-/login', { token }, json)).status).toBe(415)
    const large = await bench.post('/-/login', { token, x: 'x'.repeat(5000) })
    expect([large.status, large.headers.get('content-type')]).toEqual([413, 'text/html; charset=utf-8'])
    expect((await bench.post('/-/login', {}, { ...FORM, ...OWN })).status).toBe(403)
  })
})

describe('a session', () => {
  it('ends after eight hours', async () => {
    const session = await bench.cookie(token)
    bench.nowMs += SESSION_MS - 1
    expect(await statusOf(session)).toBe(200)
    bench.nowMs += 1
    expect(await statusOf(session)).toBe(404)
  })

  it('ends when its token is revoked, and stays ended', async () => {
    const session = await bench.cookie(token)
    const [{ id } = { id: 0 }] = await bench.access.listTokens({ afterId: 0, limit: 1 })
    await bench.access.revokeToken(id)
    expect(await statusOf(session)).toBe(404)
    expect(await statusOf(session)).toBe(404)
  })

  it('ends when its token expires', async () => {
    const expiresAtMs = bench.nowMs + 60_000
    const short = await bench.access.createToken({ login: 'ada', scopes: ['read_api'], expiresAtMs })
    const session = await bench.cookie(short.token.reveal())
    expect(await statusOf(session)).toBe(200)
    bench.nowMs += 60_000
    expect(await statusOf(session)).toBe(404)
  })

  it('ends when its user is blocked, and sees by the roles of now', async () => {
    const session = await bench.cookie(token)
    await bench.access.removeMember({ path: 'acme', login: 'ada' })
    expect(await statusOf(session)).toBe(404)
    await bench.access.setMember({ path: 'acme', login: 'ada', role: 'reporter' })
    expect(await statusOf(session)).toBe(200)
    await bench.access.setBlocked('ada', 'blocked')
    expect(await statusOf(session)).toBe(404)
    await bench.access.setBlocked('ada', 'active')
    expect(await statusOf(session)).toBe(404)
  })

  it('ends with a logout from the own page, and with no other', async () => {
    const session = await bench.cookie(token)
    const foreign = await bench.post('/-/logout', {}, { ...session, 'sec-fetch-site': 'cross-site' })
    expect(foreign.status).toBe(403)
    expect(await statusOf(session)).toBe(200)
    const answer = await bench.post('/-/logout', { back: 'acme/sub/public' }, { ...session, ...OWN })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '../acme/sub/public'])
    expect(answer.headers.get('set-cookie')).toMatch(/^wheelseal-session=; Max-Age=0; Path=\//)
    expect(await statusOf(session)).toBe(404)
  })

  it('is one of ten of its token, and takes none away from another', async () => {
    const other = await bench.cookie(await bench.token('ada'))
    const first = await bench.cookie(token)
    const more: { cookie: string }[] = []
    for (let count = 0; count < 9; count += 1) more.push(await bench.cookie(token))
    expect(await statusOf(first)).toBe(200)
    await bench.cookie(token)
    expect(await statusOf(first)).toBe(404)
    for (const one of [other, ...more]) expect(await statusOf(one)).toBe(200)
  })

  it('is for pages alone, and is nobody with an id that was made up', async () => {
    const { cookie } = await bench.cookie(token)
    for (const wrong of [`${cookie}x`, cookie.slice(0, -1), 'wheelseal-session=', `x${cookie}`])
      expect(await statusOf({ cookie: wrong })).toBe(404)
  })
})

afterEach(() => {
  expect(JSON.stringify(bench.logged)).not.toMatch(/glpat-|wheelseal-session/)
})
