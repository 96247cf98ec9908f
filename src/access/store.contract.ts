import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import { parseProjectPath } from './names.ts'
import type { AccessStore, NewProject } from './store.ts'

function newProject(path: string): NewProject {
  return { ...parseProjectPath(path), visibility: 'private', defaultBranch: 'main', createdAtMs: 1000 }
}

const ADA = { login: 'ada', email: 'ada@localhost', isAdministrator: true, createdAtMs: 1000 }
const HASH = 'a'.repeat(64)

/** What every adapter of AccessStore promises. */
export function describeAccessStore(name: string, open: () => Promise<TwoHandles<AccessStore>>): void {
  describe(`access store: ${name}`, () => {
    let opened: TwoHandles<AccessStore>
    let store: AccessStore
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describeProjects(() => store)
    describeTokens(() => store)
    describe('members', () => {
      describeMembers(() => store)
    })
    describeJobTokens(() => store)
    describeRaces(() => store)
  })
}

function describeProjects(store: () => AccessStore): void {
  it('makes a project with the namespaces above it, and finds it by id and by path', async () => {
    const project = await store().createProject({ ...newProject('a/b/c'), visibility: 'public' })
    expect(project).toMatchObject({
      path: 'a/b/c',
      name: 'c',
      namespacePath: 'a/b',
      visibility: 'public',
      defaultBranch: 'main',
    })
    expect(await store().findProject(project?.id ?? 0)).toEqual(project)
    expect(await store().findProjectByPath('a/b/c')).toEqual(project)
  })

  it('gives projects of one namespace the same namespace and other ids', async () => {
    const one = await store().createProject(newProject('a/one'))
    const two = await store().createProject(newProject('a/two'))
    expect(one?.namespaceId).toBe(two?.namespaceId)
    expect(one?.id).not.toBe(two?.id)
  })

  it.each([
    ['a/b', 'a/b'],
    ['a/b', 'A/B'],
    ['a/b', 'A/c'],
    ['a/b', 'a/b/c'],
    ['a/b', 'a/B/c'],
    ['a/b/c', 'a/b'],
    ['a/b/c', 'a/B'],
  ])('after %s, refuses %s and writes nothing', async (first, second) => {
    await store().createProject(newProject(first))
    expect(await store().createProject(newProject(second))).toBeUndefined()
    expect(await store().listProjects({ afterId: 0, limit: 10 })).toHaveLength(1)
  })

  it('forgets the namespaces of a project that it refused', async () => {
    await store().createProject(newProject('a/b'))
    expect(await store().createProject(newProject('a/b/c/d'))).toBeUndefined()
    expect(await store().createProject(newProject('x/y/z'))).toMatchObject({ namespacePath: 'x/y' })
  })

  it('lets one of two projects have a path for which they race', async () => {
    const both = await Promise.all([1, 2].map(() => store().createProject(newProject('a/b'))))
    expect(both.filter((project) => project !== undefined)).toHaveLength(1)
  })

  it('finds nothing under another case, an unknown id, or a namespace', async () => {
    await store().createProject(newProject('a/b/c'))
    expect(await store().findProjectByPath('A/b/c')).toBeUndefined()
    expect(await store().findProjectByPath('a/b')).toBeUndefined()
    expect(await store().findProject(999)).toBeUndefined()
  })

  it('lists projects by id, in pages', async () => {
    for (const path of ['a/1', 'a/2', 'a/3']) await store().createProject(newProject(path))
    const page = await store().listProjects({ afterId: 0, limit: 2 })
    expect(page.map(({ path }) => path)).toEqual(['a/1', 'a/2'])
    const rest = await store().listProjects({ afterId: page[1]?.id ?? 0, limit: 2 })
    expect(rest.map(({ path }) => path)).toEqual(['a/3'])
  })
}

function describeTokens(store: () => AccessStore): void {
  it('makes a user once, whatever the case of the login, and leaves him as he is', async () => {
    const ada = await store().ensureUser(ADA)
    expect(await store().ensureUser({ ...ADA, login: 'ADA', email: 'x@y', isAdministrator: false })).toEqual(
      ada,
    )
    expect(ada).toMatchObject({ login: 'ada', email: 'ada@localhost', isAdministrator: true })
  })

  it('finds a token by its hash, with its user', async () => {
    const user = await store().ensureUser({ ...ADA, isAdministrator: false })
    const token = { userId: user.id, hash: HASH, createdAtMs: 1000 }
    const { id } = await store().createToken({ ...token, scopes: ['api', 'read_api'], expiresAtMs: 5000 })
    expect(await store().findToken(HASH)).toEqual({
      id,
      user,
      scopes: ['api', 'read_api'],
      expiresAtMs: 5000,
    })
    expect(await store().findToken('b'.repeat(64))).toBeUndefined()
    await store().createToken({ ...token, hash: 'c'.repeat(64), scopes: ['api'], expiresAtMs: null })
    expect(await store().findToken('c'.repeat(64))).toMatchObject({ scopes: ['api'], expiresAtMs: null })
  })
}

function describeMembers(store: () => AccessStore): void {
  let ada: number
  let bob: number
  beforeEach(async () => {
    for (const path of ['a/b/c', 'a/bb/c', 'a/x', 'b/x']) await store().createProject(newProject(path))
    const user = { ...ADA, isAdministrator: false }
    ada = (await store().ensureUser(user)).id
    bob = (await store().ensureUser({ ...user, login: 'bob' })).id
  })

  it('finds no role of who is no member', async () => {
    expect(await store().findRoles(ada, 'a/b/c')).toEqual([])
    expect(await store().findRoles(999, 'a/b/c')).toEqual([])
  })

  it('finds the roles of a user in a path and in every one above it, and no others', async () => {
    await store().setMember({ userId: ada, path: 'a/b/c', role: 'developer' })
    await store().setMember({ userId: ada, path: 'a/b', role: 'guest' })
    await store().setMember({ userId: ada, path: 'a', role: 'owner' })
    await store().setMember({ userId: ada, path: 'b', role: 'planner' })
    await store().setMember({ userId: bob, path: 'a/b/c', role: 'maintainer' })
    expect((await store().findRoles(ada, 'a/b/c')).toSorted()).toEqual(['developer', 'guest', 'owner'])
    expect((await store().findRoles(ada, 'a/b')).toSorted()).toEqual(['guest', 'owner'])
    expect(await store().findRoles(ada, 'a/bb/c')).toEqual(['owner'])
    expect(await store().findRoles(bob, 'a/b/c')).toEqual(['maintainer'])
    expect(await store().findRoles(bob, 'a/bb/c')).toEqual([])
  })

  it('keeps one role of a user in one path, the last one, in whatever case the path is written', async () => {
    await store().setMember({ userId: ada, path: 'a/b', role: 'owner' })
    await store().setMember({ userId: ada, path: 'A/b', role: 'guest' })
    expect(await store().findRoles(ada, 'a/B/c')).toEqual(['guest'])
  })

  it('has no members of a path that nothing has, and none that is no user', async () => {
    await expect(store().setMember({ userId: ada, path: 'a/none', role: 'owner' })).rejects.toThrow(
      /foreign key/i,
    )
    await expect(store().setMember({ userId: 999, path: 'a/b', role: 'owner' })).rejects.toThrow(
      /foreign key/i,
    )
    expect(await store().findRoles(ada, 'a/none')).toEqual([])
  })
}

function describeJobTokens(store: () => AccessStore): void {
  it('finds the tokens of a job until they are removed, and leaves those of others', async () => {
    const user = await store().ensureUser(ADA)
    const project = await store().createProject(newProject('a/b'))
    const grant = { projectId: project?.id ?? 0, userId: user.id, expiresAtMs: 5000 }
    await store().createJobToken({ ...grant, jobId: 301, hash: HASH })
    await store().createJobToken({ ...grant, jobId: 301, hash: 'b'.repeat(64) })
    await store().createJobToken({ ...grant, jobId: 302, hash: 'c'.repeat(64) })
    const expected = { jobId: 301, projectId: project?.id, user, expiresAtMs: 5000 }
    expect(await store().findJobToken(HASH)).toEqual(expected)
    await store().removeJobTokens(301)
    await store().removeJobTokens(301)
    expect(await store().findJobToken(HASH)).toBeUndefined()
    expect(await store().findJobToken('b'.repeat(64))).toBeUndefined()
    expect(await store().findJobToken('c'.repeat(64))).toMatchObject({ jobId: 302 })
    expect(await store().findToken('c'.repeat(64))).toBeUndefined()
  })
}

function describeRaces(store: () => AccessStore): void {
  it('makes a namespace once for two projects that are made in it at once', async () => {
    const paths = ['new/sub/one', 'new/sub/two']
    const [one, two] = await Promise.all(paths.map((path) => store().createProject(newProject(path))))
    expect(one?.namespaceId).toBe(two?.namespaceId)
    expect(await store().listProjects({ afterId: 0, limit: 9 })).toHaveLength(2)
  })

  it('gives a path to the project or to the namespace that race for it', async () => {
    const both = await Promise.all(['a/b', 'a/b/c'].map((path) => store().createProject(newProject(path))))
    expect(both.filter((project) => project !== undefined)).toHaveLength(1)
  })

  it('makes a user once for many who ask at once', async () => {
    const users = await Promise.all(
      ['ada', 'Ada', 'ADA'].map((login) => store().ensureUser({ ...ADA, login })),
    )
    expect(new Set(users.map(({ id, login }) => `${id} ${login}`)).size).toBe(1)
  })
}
