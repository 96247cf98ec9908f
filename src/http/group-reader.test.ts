import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Project } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import { registryFailures } from './authenticate.ts'
import { groupReader } from './group-reader.ts'
import { basic, startPackagesServer, type PackagesServer } from './packages-server.contract.ts'
import { routesOn, type Bindings } from './route.ts'

let server: PackagesServer
let app: Hono<Bindings>
let other: Project
beforeEach(async () => {
  server = await startPackagesServer()
  const { access } = server
  other = await access.createProject({ path: 'group-evil/public', visibility: 'public' })
  await access.createProject({ path: 'hidden/private' })
  app = new Hono<Bindings>()
  app.onError(registryFailures(silentLog))
  routesOn(app).get('/groups/:id', groupReader(access), async (context, group) => {
    const projects = await Array.fromAsync(group.projects())
    const { private: one, internal, public: open } = server.projects
    const found = await Promise.all([one, internal, open, other].map(({ id }) => group.project(id)))
    return context.json([
      group.path,
      projects.map(({ path }) => path),
      found.map((each) => each?.path ?? null),
    ])
  })
  return () => server.close()
})

type Headers = Readonly<Record<string, string>>

async function read(group: string, headers: Headers = {}): Promise<unknown> {
  const answer = await app.request(`/groups/${group}`, { headers })
  return answer.status === 200 ? answer.json() : answer.status
}

async function tokenOf(
  login: string,
  ...memberships: (readonly [path: string, role: string])[]
): Promise<Headers> {
  await server.access.createUser({ login })
  for (const [path, role] of memberships) await server.access.setMember({ path, login, role })
  const { token } = await server.access.createToken({ login, scopes: ['read_api'] })
  return { 'private-token': token.reveal() }
}

const [PRIVATE, INTERNAL, PUBLIC] = ['group/private', 'group/internal', 'group/sub/public']

describe('a group', () => {
  it('has for everybody its public projects, those of subgroups too, and none of a group of like name', async () => {
    expect(await read('group')).toEqual(['group', [PUBLIC], [null, null, PUBLIC, null]])
    expect(await read('group', { 'private-token': 'glpat-wrong' })).toEqual(await read('group'))
    expect(await read('group%2Fsub')).toEqual(['group/sub', [PUBLIC], [null, null, PUBLIC, null]])
  })

  it('has for a user the internal ones too, and for a member what the role lets read', async () => {
    const seen = async (headers: Headers): Promise<unknown> =>
      ((await read('group', headers)) as unknown[])[1]
    expect(await seen(await tokenOf('bob'))).toEqual([INTERNAL, PUBLIC])
    expect(await seen(await tokenOf('guest', ['group', 'guest']))).toEqual([INTERNAL, PUBLIC])
    const all = [PRIVATE, INTERNAL, PUBLIC]
    expect(await seen(await tokenOf('reporter', ['group', 'reporter']))).toEqual(all)
    expect(await seen(await tokenOf('member', ['group/private', 'reporter']))).toEqual(all)
    expect(await seen({ 'private-token': await server.token('api') })).toEqual(all)
  })

  it('has for a job those of its own project and what is open to all', async () => {
    const job = basic('gitlab-ci-token', await server.jobToken(server.projects.private))
    expect(await read('group', { authorization: job })).toEqual([
      'group',
      [PRIVATE, INTERNAL, PUBLIC],
      [PRIVATE, INTERNAL, PUBLIC, null],
    ])
    expect(await read('group', { authorization: basic('gitlab-ci-token', 'glcbt-wrong') })).toBe(401)
  })

  it.each(['hidden', 'absent', '999', 'group%2Fprivate', '%00', 'x'.repeat(2000)])(
    'that who asks may not see is as one that is not there: %.20s',
    async (group) => {
      expect(await read(group)).toBe(401)
      expect(await read(group, await tokenOf('bob'))).toBe(404)
    },
  )

  it('that is private asks for a credential, and is there for its members', async () => {
    const answer = await app.request('/groups/hidden')
    expect(answer.headers.get('www-authenticate')).toContain('Basic')
    expect(await read('hidden', await tokenOf('carol', ['hidden', 'reporter']))).toEqual([
      'hidden',
      ['hidden/private'],
      [null, null, null, null],
    ])
  })
})
