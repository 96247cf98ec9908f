import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import { ADA, newProject } from './made.contract.ts'
import { describeMembers, describeUsers } from './people.contract.ts'
import type { AccessStore } from './store.ts'
import { describeAllowances, describeJobTokens, describeTokens } from './tokens.contract.ts'

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
    describe('groups', () => {
      describeGroups(() => store)
    })
    describeUsers(() => store)
    describeTokens(() => store)
    describe('members', () => {
      describeMembers(() => store)
    })
    describeJobTokens(() => store)
    describe('the list of whose jobs are let in', () => {
      describeAllowances(() => store)
    })
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

function describeGroups(store: () => AccessStore): void {
  beforeEach(async () => {
    for (const path of ['a/One', 'a/b/two', 'a/b/three', 'a-x/four', 'a0/five', 'b/six'])
      await store().createProject({
        ...newProject(path),
        visibility: path === 'a/b/two' ? 'internal' : 'private',
      })
    await store().createProject({ ...newProject('b/seven'), visibility: 'public' })
  })

  const at = async (path: string, limit = 10): Promise<readonly string[]> => {
    const ids = await store().listProjectIdsAt(path, limit)
    const paths = await Promise.all(ids.map(async (id) => (await store().findProject(id))?.path ?? ''))
    return paths.toSorted()
  }

  it('finds the projects below a group, in whatever case, and those of no group with a name like it', async () => {
    expect(await at('a')).toEqual(['a/One', 'a/b/three', 'a/b/two'])
    expect(await at('A/B')).toEqual(['a/b/three', 'a/b/two'])
    expect(await at('a/one')).toEqual(['a/One'])
    expect(await at('none')).toEqual([])
    expect(await at('a', 2)).toHaveLength(2)
  })

  it('tells whether a group has a project of a visibility', async () => {
    expect(await store().hasProjectBelow('a', 'internal')).toBe(true)
    expect(await store().hasProjectBelow('a', 'public')).toBe(false)
    expect(await store().hasProjectBelow('b', 'public')).toBe(true)
    expect(await store().hasProjectBelow('b/seven', 'public')).toBe(false)
  })

  it('lists ids of all or of one visibility, the newest first', async () => {
    const all = await store().listProjectIds({ limit: 10 })
    expect(all).toHaveLength(7)
    expect(all).toEqual(all.toSorted((one, two) => two - one))
    expect(await store().listProjectIds({ visibility: 'public', limit: 10 })).toEqual([all[0]])
    expect(await store().listProjectIds({ limit: 2 })).toEqual(all.slice(0, 2))
  })

  it('finds a group by its path and by its id, and no project', async () => {
    const group = await store().findGroupByPath('a/b')
    expect(group).toMatchObject({ path: 'a/b' })
    expect(await store().findGroup(group?.id ?? 0)).toEqual(group)
    expect(await store().findGroupByPath('a/One')).toBeUndefined()
    expect(await store().findGroup(999)).toBeUndefined()
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
      ['ada', 'Ada', 'ADA'].map((login) => store().createUser({ ...ADA, login })),
    )
    expect(users.filter((user) => user !== undefined)).toHaveLength(1)
  })
}
