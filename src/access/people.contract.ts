import { beforeEach, expect, it } from 'vitest'
import { ADA, makeUser, newProject } from './made.contract.ts'
import type { AccessStore } from './store.ts'

export function describeUsers(store: () => AccessStore): void {
  it('makes a user once, whatever the case of the login, and finds it in any', async () => {
    const ada = await makeUser(store())
    expect(await store().createUser({ ...ADA, login: 'ADA', isAdministrator: false })).toBeUndefined()
    expect(await store().findUser('Ada')).toEqual({
      id: ada.id,
      user: { id: ada.id, login: 'ada', email: 'ada@localhost', isAdministrator: true },
      kind: 'person',
      blockedAtMs: null,
      createdAtMs: 1000,
    })
    expect(await store().findUser('bob')).toBeUndefined()
  })

  it('lists users by id, in pages', async () => {
    for (const login of ['ada', 'bob', 'cid'])
      await makeUser(store(), { login, isAdministrator: false, kind: 'bot' })
    const page = await store().listUsers({ afterId: 0, limit: 2 })
    expect(page.map(({ user, kind }) => [user.login, user.isAdministrator, kind])).toEqual([
      ['ada', false, 'bot'],
      ['bob', false, 'bot'],
    ])
    expect(await store().listUsers({ afterId: page[1]?.id ?? 0, limit: 2 })).toHaveLength(1)
  })

  it('blocks one user and no other, until unblocked', async () => {
    const ada = await makeUser(store())
    await makeUser(store(), { login: 'bob' })
    await store().setBlocked(ada.id, 7)
    expect(await store().findUser('ada')).toMatchObject({ blockedAtMs: 7 })
    expect(await store().findUser('bob')).toMatchObject({ blockedAtMs: null })
    await store().setBlocked(ada.id, null)
    expect(await store().findUser('ada')).toMatchObject({ blockedAtMs: null })
  })
}

export function describeMembers(store: () => AccessStore): void {
  let ada: number
  let bob: number
  beforeEach(async () => {
    for (const path of ['a/b/c', 'a/bb/c', 'a/x', 'b/x']) await store().createProject(newProject(path))
    const user = { isAdministrator: false }
    ada = (await makeUser(store(), user)).id
    bob = (await makeUser(store(), { ...user, login: 'bob' })).id
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

  it('takes a role from one user in one path', async () => {
    await store().setMember({ userId: ada, path: 'a/b', role: 'owner' })
    await store().setMember({ userId: ada, path: 'a', role: 'guest' })
    await store().setMember({ userId: bob, path: 'a/b', role: 'guest' })
    expect(await store().removeMember({ userId: ada, path: 'A/b' })).toBe(true)
    expect(await store().removeMember({ userId: ada, path: 'a/b' })).toBe(false)
    expect(await store().findRoles(ada, 'a/b')).toEqual(['guest'])
    expect(await store().findRoles(bob, 'a/b')).toEqual(['guest'])
  })

  it('lists the members of a path itself, by id and in pages', async () => {
    await store().setMember({ userId: bob, path: 'a/b', role: 'owner' })
    await store().setMember({ userId: ada, path: 'a/b', role: 'guest' })
    await store().setMember({ userId: ada, path: 'a', role: 'owner' })
    expect(await store().listMembers('a/B', { afterId: 0, limit: 5 })).toEqual([
      { id: ada, login: 'ada', role: 'guest' },
      { id: bob, login: 'bob', role: 'owner' },
    ])
    expect(await store().listMembers('a/b', { afterId: 0, limit: 1 })).toHaveLength(1)
    expect(await store().listMembers('a/b', { afterId: ada, limit: 5 })).toMatchObject([{ id: bob }])
  })

  it('knows where a user is a member, and whether below a group', async () => {
    await store().setMember({ userId: ada, path: 'a/bb/c', role: 'guest' })
    await store().setMember({ userId: ada, path: 'b', role: 'guest' })
    expect(await store().listMemberPaths(ada, 5)).toEqual(['a/bb/c', 'b'])
    expect(await store().listMemberPaths(ada, 1)).toEqual(['a/bb/c'])
    expect(await store().listMemberPaths(bob, 5)).toEqual([])
    const below = ['a', 'a/bb', 'a/b', 'b', 'a/bb/c'].map((path) => store().isMemberBelow(ada, path))
    expect(await Promise.all(below)).toEqual([true, true, false, false, false])
    expect(await store().isMemberBelow(bob, 'a')).toBe(false)
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
