import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Access } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import { adminApp } from './routes.ts'
import { startServer, type RunningServer } from './server.ts'

let root: string
let server: RunningServer
let access: Access
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-people-'))
  const [data, anchor] = [join(root, 'data'), join(root, 'anchor')]
  server = await startServer({ data, listen: '127.0.0.1:0', anchor, log: silentLog })
  access = server.services.access
  await access.createUser({ login: 'root', isAdministrator: true })
  await access.createUser({ login: 'ada', email: 'ada@example.test' })
  await access.createProject({ path: 'acme/one', visibility: 'public' })
  await access.createProject({ path: 'acme/sub/two', visibility: 'internal' })
  await access.createProject({ path: 'acme/sub/three' })
  await access.setMember({ path: 'acme/sub', login: 'ada', role: 'maintainer' })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

async function tokenOf(request: Partial<Parameters<Access['createToken']>[0]>): Promise<string> {
  return (await access.createToken({ login: 'ada', scopes: ['api'], ...request })).token.reveal()
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

async function ask(path: string, token?: string, init: RequestInit = {}): Promise<Answer> {
  const credential: Record<string, string> = token === undefined ? {} : { 'private-token': token }
  const headers = { ...credential, ...(init.headers as Record<string, string>) }
  const answer = await fetch(`${server.url}/api/v4${path}`, { ...init, headers })
  const text = await answer.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: answer.status, headers: answer.headers, body }
}

const statusOf = async (...asked: Parameters<typeof ask>): Promise<number> => (await ask(...asked)).status

describe('who asks what the server is', () => {
  it('is told with a token that reads, and not without one', async () => {
    const reads = await tokenOf({ scopes: ['read_api'] })
    expect((await ask('/version', reads)).body).toEqual({ version: '18.9.0', revision: 'wheelseal' })
    expect((await ask('/metadata', reads)).body).toMatchObject({ version: '18.9.0', enterprise: false })
    expect([await statusOf('/version'), await statusOf('/version', 'glpat-wrong')]).toEqual([401, 401])
    expect(await statusOf('/version', await tokenOf({ scopes: ['read_metrics'] }))).toBe(403)
  })
})

describe('a token', () => {
  it('tells its user, and of an administrator that it is one', async () => {
    expect((await ask('/user', await tokenOf({ scopes: ['read_api'] }))).body).toMatchObject({
      username: 'ada',
      email: 'ada@example.test',
      state: 'active',
      bot: false,
    })
    expect((await ask('/user', await tokenOf({}))).body).not.toHaveProperty('is_admin')
    const { body } = await ask('/user', await tokenOf({ login: 'root' }))
    expect(body).toMatchObject({ username: 'root', is_admin: true })
  })

  it('of a project tells its bot', async () => {
    const { token } = await access.createToken({ within: 'acme/one', scopes: ['api'] })
    expect((await ask('/user', token.reveal())).body).toMatchObject({ bot: true })
  })

  it('for deploying is nobody here', async () => {
    const scopes = ['read_package_registry']
    const { token } = await access.createToken({ kind: 'deploy', within: 'acme/one', scopes })
    const headers = { 'deploy-token': token.reveal() }
    for (const path of ['/user', '/version', '/personal_access_tokens/self'])
      expect(await statusOf(path, undefined, { headers }), path).toBe(401)
  })

  it('shows itself without its secret, and ends when it asks for that', async () => {
    const expiresAtMs = Date.parse('2099-01-31T00:00:00Z')
    const token = await tokenOf({ scopes: ['read_metrics'], name: 'laptop', expiresAtMs })
    const { body } = await ask('/personal_access_tokens/self', token)
    expect(body).toMatchObject({
      name: 'laptop',
      active: true,
      revoked: false,
      scopes: ['read_metrics'],
      expires_at: '2099-01-31',
    })
    expect(JSON.stringify(body)).not.toContain(token)
    const ended = await ask('/personal_access_tokens/self', token, { method: 'DELETE' })
    expect([ended.status, ended.body]).toEqual([204, undefined])
    expect(await statusOf('/personal_access_tokens/self', token)).toBe(401)
    const { rows } = await rowsOf()
    expect(rows.at(-1)).toMatchObject({ action: 'token.revoke', details: { by: 'ada' }, outcome: 'done' })
  })

  it('that is wrong is told when to try again, once it was tried too often, and no other is', async () => {
    const headers = { 'private-token': 'glpat-again-and-again' }
    const tries = Array.from({ length: 60 }, () => statusOf('/version', undefined, { headers }))
    expect(new Set(await Promise.all(tries))).toEqual(new Set([401]))
    const last = await ask('/version', undefined, { headers })
    expect([last.status, last.body]).toMatchObject([429, { code: 'access.too-many-tries' }])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(1)
    expect(await statusOf('/version', await tokenOf({}))).toBe(200)
  })
})

async function rowsOf(): Promise<{ rows: { action: string }[] }> {
  const answer = await adminApp(server.services, silentLog).request('http://admin/admin/audit')
  return (await answer.json()) as { rows: { action: string }[] }
}

const { publicKey: somebodysKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** Why the authority gives no certificate to who cannot prove to have the key. */
async function refusedFor(token: string): Promise<string> {
  const content = somebodysKey.export({ type: 'spki', format: 'pem' })
  const key = { publicKey: { algorithm: 'ECDSA', content }, proofOfPossession: 'AA==' }
  const body = JSON.stringify({ credentials: { oidcIdentityToken: token }, publicKeyRequest: key })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${server.url}/api/v2/signingCert`, { method: 'POST', headers, body })
  return /\(([\w.-]+)\)/.exec(await answer.text())?.[1] ?? ''
}

describe('a job', () => {
  it('tells itself and its pipeline, by both of its carriers, until it has ended', async () => {
    const commit = { repositoryUrl: 'https://git.example/x.git', sha: 'a'.repeat(40), ref: 'main' }
    const project = await access.findProject('acme/one')
    const { user } = await access.user('ada')
    const { pipelines } = server.services
    const runner = await pipelines.createRunner({ description: 'x' })
    await pipelines.create({
      project: project!,
      user: { ...user, accessLevel: null },
      source: 'push',
      commit: { ...commit, refType: 'branch' },
      config: {
        path: '.gitlab-ci.yml',
        text: 'build: { script: echo, id_tokens: { ID: { aud: sigstore } } }',
      },
      variables: [],
    })
    const payload = await pipelines.requestJob({ runnerToken: runner.token.reveal(), info: {} })
    const token = payload!.token
    const basic = `Basic ${Buffer.from(`gitlab-ci-token:${token}`).toString('base64')}`
    for (const headers of [{ 'job-token': token }, { authorization: basic }] as Record<string, string>[])
      expect((await ask('/job', undefined, { headers })).body).toMatchObject({
        id: payload!.id,
        name: 'build',
        status: 'running',
        ref: 'main',
        user: { username: 'ada' },
        pipeline: { project_id: project!.id, source: 'push', sha: 'a'.repeat(40) },
      })
    expect(await statusOf('/job', token)).toBe(401)
    const headers = { 'job-token': token }
    expect(await statusOf(`/projects/${project!.id}`, undefined, { headers })).toBe(200)
    const variables = payload!.variables as readonly { readonly key: string; readonly value: string }[]
    const idToken = variables.find(({ key }) => key === 'ID')?.value ?? ''
    expect(await refusedFor(idToken)).not.toMatch(/^identity/)
    await access.setBlocked('ada', 'blocked')
    expect(await statusOf('/job', undefined, { headers })).toBe(401)
    expect(await refusedFor(idToken)).toBe('identity.token-time')
    await access.setBlocked('ada', 'active')
    await pipelines.updateJob({ jobId: payload!.id, token }, { state: 'success' })
    expect(await statusOf('/job', undefined, { headers })).toBe(401)
    expect(await statusOf('/job')).toBe(401)
    expect(await statusOf('/job', await tokenOf({}))).toBe(401)
  })
})

describe('projects', () => {
  const listed = async (query: string, token?: string): Promise<unknown> => {
    const { body } = await ask(`/projects${query}`, token)
    return (body as { path_with_namespace: string }[]).map((row) => row.path_with_namespace)
  }

  it('are listed as far as one may see them, the newest first', async () => {
    expect(await listed('')).toEqual(['acme/one'])
    const all = ['acme/sub/three', 'acme/sub/two', 'acme/one']
    expect(await listed('', await tokenOf({ scopes: ['read_api'] }))).toEqual(all)
    expect(await listed('', await tokenOf({ login: 'root' }))).toEqual(all)
    expect(await listed('', await tokenOf({ scopes: ['read_metrics'] }))).toEqual([])
    expect(await listed('', await tokenOf({ within: 'acme/sub' }))).toEqual(all.slice(0, 2))
    await access.createUser({ login: 'eve' })
    expect(await listed('', await tokenOf({ login: 'eve' }))).toEqual(all.slice(1))
    expect(await listed('', await tokenOf({ login: 'root', within: 'acme/one' }))).toEqual(['acme/one'])
  })

  it('are filtered by visibility and by membership', async () => {
    const token = await tokenOf({})
    expect(await listed('?visibility=private', token)).toEqual(['acme/sub/three'])
    expect(await listed('?membership=true', token)).toEqual(['acme/sub/three', 'acme/sub/two'])
    expect(await listed('?membership=true&visibility=internal', token)).toEqual(['acme/sub/two'])
    expect(await listed('?membership=true')).toEqual([])
    expect(await statusOf('/projects?visibility=secret')).toBe(400)
  })

  it("come in pages, with GitLab's headers", async () => {
    const { headers, body } = await ask('/projects?per_page=2&page=2&membership=false', await tokenOf({}))
    expect(body).toHaveLength(1)
    const names = ['x-total', 'x-total-pages', 'x-page', 'x-per-page', 'x-next-page', 'x-prev-page']
    expect(names.map((name) => headers.get(name))).toEqual(['3', '2', '2', '2', '', '1'])
    expect(headers.get('link')).toContain('membership=false&page=1&per_page=2')
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('are shown by id and by path, with the role of who asks', async () => {
    const token = await tokenOf({})
    const { body } = await ask('/projects/acme%2Fsub%2Fthree', token)
    expect(body).toMatchObject({
      name: 'three',
      path_with_namespace: 'acme/sub/three',
      visibility: 'private',
      default_branch: 'main',
      namespace: { full_path: 'acme/sub', path: 'sub', kind: 'group' },
      permissions: { project_access: { access_level: 40 } },
    })
    expect((await ask(`/projects/${(body as { id: number }).id}`, token)).body).toEqual(body)
    expect((await ask('/projects/acme%2Fone', token)).body).toMatchObject({
      permissions: { project_access: null },
    })
  })

  it('that are not public are hidden, and a wrong token is refused also for what is public', async () => {
    const seen = ['acme%2Fone', 'acme%2Fsub%2Ftwo', 'acme%2Fsub%2Fthree'].map((id) => `/projects/${id}`)
    expect(await Promise.all(seen.map((path) => statusOf(path)))).toEqual([200, 404, 404])
    expect(await Promise.all(seen.map((path) => statusOf(path, 'glpat-x')))).toEqual([401, 401, 401])
    expect(await statusOf('/projects', 'glpat-x')).toBe(401)
  })
})

describe('groups', () => {
  it('are shown with the one above them, to who may see something in them', async () => {
    const { body } = await ask('/groups/acme')
    expect(body).toMatchObject({ full_path: 'acme', parent_id: null })
    const sub = await ask('/groups/acme%2Fsub', await tokenOf({}))
    expect(sub.body).toMatchObject({ full_path: 'acme/sub', parent_id: (body as { id: number }).id })
    expect(await statusOf('/groups/acme%2Fsub')).toBe(404)
    expect(await statusOf('/groups/acme%2Fone')).toBe(404)
  })

  it('with something internal are for every user, and not for a token that is bound beside or above it', async () => {
    await access.createProject({ path: 'open/in/it', visibility: 'internal' })
    await access.createProject({ path: 'open/side/private' })
    await access.createUser({ login: 'fay' })
    const shown = async (within?: string): Promise<number> =>
      statusOf('/groups/open%2Fin', await tokenOf({ login: 'fay', ...(within && { within }) }))
    expect([await shown(), await shown('open/side'), await shown('open')]).toEqual([200, 404, 404])
  })
})

describe('a project is made', () => {
  const post = (body: object | string, token: string) =>
    ask('/projects', token, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: {
        'content-type': typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json',
      },
    })
  const groupId = async (path: string): Promise<number> => (await access.findGroup(path))?.id ?? 0

  it('in a group by a maintainer, who owns it', async () => {
    const made = await post(
      { name: 'new', namespace_id: await groupId('acme/sub'), visibility: 'internal', unknown: 1 },
      await tokenOf({}),
    )
    expect([made.status, made.body]).toMatchObject([
      201,
      { path_with_namespace: 'acme/sub/new', visibility: 'internal' },
    ])
    expect(await access.roleAt('acme/sub/new', 'ada')).toBe('owner')
    const { rows } = await rowsOf()
    const details = { path: 'acme/sub/new', visibility: 'internal', by: 'ada' }
    expect(rows).toContainEqual(expect.objectContaining({ action: 'project.create', details }))
  })

  it('from a form, in the own group, which begins with it', async () => {
    await access.createUser({ login: 'bob' })
    const token = await tokenOf({ login: 'bob' })
    expect(await post('path=first&visibility=private&default_branch=trunk', token)).toMatchObject({
      status: 201,
      body: { path_with_namespace: 'bob/first', default_branch: 'trunk' },
    })
    expect(await access.roleAt('bob', 'bob')).toBe('owner')
    expect((await post('name=second', token)).status).toBe(201)
    expect(await post('name=second', token)).toMatchObject({ status: 409 })
  })

  it.each([
    ['no name', {}, 'http.body-shape'],
    ['a name that is a path', { name: 'a/../b' }, 'access.path'],
    ['a visibility that is none', { name: 'x', visibility: 'secret' }, 'access.visibility'],
    ['a branch that begins with a dash', { name: 'x', default_branch: '-x' }, 'http.body-shape'],
  ])('not with %s', async (_what, body, code) => {
    expect(await post(body, await tokenOf({}))).toMatchObject({ status: 400, body: { code } })
  })

  it('not by who may only read, is no maintainer, or has a token that is bound elsewhere', async () => {
    const [acme, sub] = [await groupId('acme'), await groupId('acme/sub')]
    const inGroup = async (namespaceId: number | undefined, token: string): Promise<number> =>
      (await post({ name: 'refused', ...(namespaceId && { namespace_id: namespaceId }) }, token)).status
    expect(await inGroup(sub, await tokenOf({ scopes: ['read_api'] }))).toBe(403)
    expect(await inGroup(acme, await tokenOf({}))).toBe(403)
    await access.createUser({ login: 'dev' })
    await access.setMember({ path: 'acme/sub', login: 'dev', role: 'developer' })
    expect(await inGroup(sub, await tokenOf({ login: 'dev' }))).toBe(403)
    expect(await inGroup(sub, await tokenOf({ within: 'acme/one' }))).toBe(404)
    expect(await inGroup(undefined, await tokenOf({ within: 'acme/sub' }))).toBe(404)
    expect(await inGroup(acme, await tokenOf({ login: 'root', within: 'acme/sub' }))).toBe(403)
    expect(await inGroup(sub, 'glpat-wrong')).toBe(401)
  })

  it('not in the group of another user, nor in one with the own name that is not the own', async () => {
    await access.createProject({ path: 'cid/theirs' })
    await access.createUser({ login: 'cid' })
    expect(await post({ name: 'mine' }, await tokenOf({ login: 'cid' }))).toMatchObject({ status: 404 })
    expect(await access.roleAt('cid', 'cid')).toBeNull()
  })
})
