import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Access } from '../access/index.ts'
import { startPeopleServer, type PeopleServer } from './people-server.contract.ts'

let people: PeopleServer
let access: Access
beforeAll(async () => {
  people = await startPeopleServer()
  access = people.access
})
afterAll(() => people.close())

const tokenOf: PeopleServer['tokenOf'] = (request) => people.tokenOf(request)
const ask: PeopleServer['ask'] = (...asked) => people.ask(...asked)
const statusOf: PeopleServer['statusOf'] = (...asked) => people.statusOf(...asked)

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
    const { rows } = await people.audit()
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
