import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Scope } from '../access/index.ts'
import { sha256Hex } from '../base/index.ts'
import { pipelineRequest } from '../pipelines/arrange.contract.ts'
import { startJobServer, type JobServer } from './jobs-server.contract.ts'

let server: JobServer
beforeEach(async () => {
  server = await startJobServer(fetch)
})
afterEach(() => server.close())

const SYSTEM = 's_0123456789ab'

async function tokenOf(isAdministrator: boolean, ...scopes: readonly Scope[]): Promise<string> {
  const login = `u${scopes.join('').replaceAll('_', '')}${isAdministrator ? 'a' : 'n'}`
  await server.access.createUser({ login, isAdministrator })
  return (await server.access.createToken({ login, scopes })).token.reveal()
}

async function create(body: object, token?: string): Promise<Response> {
  const sent = token ?? (await tokenOf(true, 'create_runner'))
  return server.json('POST', '/user/runners', body, { 'private-token': sent })
}

describe('a runner', () => {
  it('is created by an administrator, verified by its machine, and asks for jobs', async () => {
    const made = await create({ runner_type: 'instance_type', description: 'x', tag_list: ['a', 'b'] })
    expect(made.status).toBe(201)
    const { id, token, ...rest } = (await made.json()) as { id: number; token: string }
    expect(token).toMatch(/^glrt-[\w-]{32}$/)
    expect(rest).toEqual({ token_expires_at: null })
    const verified = await server.json('POST', '/runners/verify', { token, system_id: SYSTEM })
    expect([verified.status, await verified.json()]).toEqual([200, { id, token, token_expires_at: null }])
    expect(verified.headers.get('content-type')).toMatch(/^application\/json/)
    expect((await server.json('POST', '/jobs/request', { token })).status).toBe(204)
  })

  it.each<[string, object, Partial<{ tags: string[]; runUntagged: boolean }>]>([
    ['a list of tags', { tag_list: ['b', ' a ', 'b', ''] }, { tags: ['a', 'b'], runUntagged: false }],
    ['a text of tags', { tag_list: 'b, a,' }, { tags: ['a', 'b'] }],
    ['no tags', {}, { tags: [], runUntagged: true }],
    ['tags and jobs without', { tag_list: 'a', run_untagged: true }, { tags: ['a'], runUntagged: true }],
    ['a word for it', { tag_list: 'a', run_untagged: 'true' }, { runUntagged: true }],
  ])('has %s as it was asked for', async (_, body, expected) => {
    const made = await create({ runner_type: 'instance_type', ...body })
    const { token } = (await made.json()) as { token: string }
    expect(await server.arranged.store.findRunner(sha256Hex(token))).toMatchObject(expected)
  })

  it('is created by a form, as curl sends it', async () => {
    const headers = {
      'private-token': await tokenOf(true, 'api'),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const body = 'runner_type=instance_type&tag_list=a&run_untagged=1'
    expect((await server.call('POST', '/user/runners', { headers, body })).status).toBe(201)
  })

  it.each<[string, object, number, string]>([
    ['a project without a number', { runner_type: 'project_type' }, 400, 'pipelines.runner-type'],
    ['no known project', { runner_type: 'project_type', project_id: 99 }, 404, 'access.unknown-project'],
    ['an odd project', { runner_type: 'project_type', project_id: '1e1' }, 400, 'http.body-shape'],
    ['a group', { runner_type: 'group_type' }, 400, 'pipelines.runner-type'],
    ['nobody knows whom', { runner_type: 'x' }, 400, 'http.body-shape'],
    ['nothing', {}, 400, 'http.body-shape'],
    ['no job at all', { runner_type: 'instance_type', run_untagged: false }, 400, 'pipelines.runner-tags'],
    ['tags with commas', { runner_type: 'instance_type', tag_list: ['a,b'] }, 400, 'pipelines.runner-tags'],
    [
      'many tags',
      { runner_type: 'instance_type', tag_list: Array.from({ length: 51 }, (_, at) => `t${at}`) },
      400,
      'pipelines.runner-tags',
    ],
  ])('is not created for %s', async (_, body, ...[status, code]) => {
    const answer = await create(body)
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code })])
  })

  it.each<[string, () => Promise<string>, number]>([
    ['a user who is no administrator', () => tokenOf(false, 'api'), 403],
    ['an administrator whose token only reads', () => tokenOf(true, 'read_api'), 403],
    ['nobody', async () => '', 401],
    ['a wrong token', async () => 'glpat-wrong', 401],
  ])('is not created by %s', async (_, token, status) => {
    expect((await create({ runner_type: 'instance_type' }, await token())).status).toBe(status)
  })

  it('is created by a maintainer for the project, takes its jobs only, and goes with its token', async () => {
    const { access, arranged } = server
    const job = pipelineRequest()
    const own = await access.createProject({ path: 'own/one' })
    const other = await access.createProject({ path: 'own/two' })
    const token = await tokenOf(false, 'create_runner')
    await access.setMember({ login: 'ucreaterunnern', path: own.path, role: 'maintainer' })
    const ask = (project_id: number) => create({ runner_type: 'project_type', project_id }, token)
    expect((await ask(other.id)).status).toBe(404)
    await access.setMember({ login: 'ucreaterunnern', path: other.path, role: 'developer' })
    expect((await ask(other.id)).status).toBe(403)
    const runner = ((await (await ask(own.id)).json()) as { token: string }).token
    const next = async () => (await server.json('POST', '/jobs/request', { token: runner })).status
    await arranged.pipelines.create({ ...job, project: { ...job.project, id: other.id } })
    expect(await next()).toBe(204)
    await arranged.pipelines.create({ ...job, project: { ...job.project, id: own.id } })
    expect([await next(), await next()]).toEqual([201, 204])
    expect((await server.json('DELETE', '/runners', { token: runner })).status).toBe(204)
    expect(await next()).toBe(403)
  })

  it('is one of at most a hundred of a project', async () => {
    const { id } = await server.access.createProject({ path: 'own/one' })
    const token = await tokenOf(true, 'api')
    const ask = () => create({ runner_type: 'project_type', project_id: id }, token)
    for (let at = 0; at < 99; at += 1) await ask()
    expect((await ask()).status).toBe(201)
    expect(await (await ask()).json()).toMatchObject({ code: 'pipelines.runner-count' })
  })

  it('is not registered with a registration token', async () => {
    const answer = await server.json('POST', '/runners', { token: 'GR1348941' })
    expect([answer.status, await answer.json()]).toEqual([
      410,
      expect.objectContaining({ code: 'pipelines.registration-token' }),
    ])
  })
})

describe('the token of a runner', () => {
  it('is replaced, and the old one is nobody’s from then on', async () => {
    const token = server.arranged.runnerToken
    const answer = await server.json('POST', '/runners/reset_authentication_token', { token })
    const { token: next } = (await answer.json()) as { token: string }
    expect(answer.status).toBe(201)
    expect(next).toMatch(/^glrt-/)
    expect(next).not.toBe(token)
    const asked = [token, next].map(
      async (one) => (await server.json('POST', '/jobs/request', { token: one })).status,
    )
    expect(await Promise.all(asked)).toEqual([403, 204])
  })

  it.each([
    ['json', { 'content-type': 'application/json' }, (token: string) => JSON.stringify({ token })],
    [
      'a form',
      { 'content-type': 'application/x-www-form-urlencoded' },
      (token: string) => new URLSearchParams({ token }).toString(),
    ],
    ['the header', {}, () => ''],
  ])('takes the runner away, sent as %s', async (_, headers, body) => {
    const token = server.arranged.runnerToken
    const job = await server.running()
    const sent = body(token)
    const init =
      sent === '' ? { headers: { 'runner-token': token } } : { headers: { ...headers }, body: sent }
    expect((await server.call('DELETE', '/runners', init)).status).toBe(204)
    expect((await server.json('POST', '/runners/verify', { token })).status).toBe(403)
    expect((await server.json('POST', '/jobs/request', { token })).status).toBe(403)
    // What it runs goes on to its end.
    const end = { state: 'success', token: job.token }
    expect((await server.json('PUT', `/jobs/${job.id}`, end)).status).toBe(200)
  })
})

describe('the machines of a runner', () => {
  const ask = (systemId: string, info = {}) =>
    server.json('POST', '/jobs/request', { token: server.arranged.runnerToken, system_id: systemId, info })

  it('are written down with what they say of themselves, once in ten minutes', async () => {
    await ask(SYSTEM, { version: '19.4.0', platform: 'linux', architecture: 'amd64' })
    const [first] = await server.rows.managers(1)
    expect(first).toMatchObject({ systemId: SYSTEM, version: '19.4.0', platform: 'linux' })
    server.moveClock(60_000)
    await ask(SYSTEM, { version: '19.5.0' })
    expect(await server.rows.managers(1)).toEqual([first])
    server.moveClock(10 * 60_000)
    await ask(SYSTEM, { version: '19.5.0' })
    expect(await server.rows.managers(1)).toMatchObject([{ version: '19.5.0', platform: '' }])
  })

  it('are not kept under a name that is no system id, nor more than a hundred', async () => {
    for (const odd of ['', 's_', 'x_1', 's_../..', `s_${'a'.repeat(100)}`])
      expect((await ask(odd)).status, odd).toBe(204)
    expect(await server.rows.managers(1)).toEqual([])
    for (let at = 0; at < 101; at += 1) await ask(`s_m${at}`)
    expect(await server.rows.managers(1)).toHaveLength(100)
  })

  it('are taken away one by one', async () => {
    await ask('s_one')
    await ask('r_two')
    const token = server.arranged.runnerToken
    const remove = async (body: object) => (await server.json('DELETE', '/runners/managers', body)).status
    expect(await remove({ token, system_id: 's_one' })).toBe(204)
    expect((await server.rows.managers(1)).map(({ systemId }) => systemId)).toEqual(['r_two'])
    expect(await remove({ token, system_id: 's_one' })).toBe(404)
    expect(await remove({ token })).toBe(400)
    await ask('s_one')
    expect(await server.rows.managers(1)).toHaveLength(2)
  })
})
