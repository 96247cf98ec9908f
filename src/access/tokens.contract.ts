import { beforeEach, expect, it } from 'vitest'
import { HASH, makeUser, newProject } from './made.contract.ts'
import type { AccessStore, NewToken } from './store.ts'

const TOKEN = {
  kind: 'personal',
  name: 'laptop',
  hash: HASH,
  scopes: ['api', 'read_api'],
  within: null,
  expiresAtMs: 5000,
  createdAtMs: 1000,
} as const

export function describeTokens(store: () => AccessStore): void {
  const make = async (token: Partial<NewToken> = {}): Promise<number> => {
    const { id: userId } = (await store().findUser('ada'))?.user ?? (await makeUser(store()))
    return (await store().createToken({ ...TOKEN, userId, ...token })).id
  }

  it('finds a token by its hash, with its user', async () => {
    const id = await make()
    const { user } = (await store().findUser('ada')) ?? {}
    const { hash, ...kept } = TOKEN
    const rest = { isUserBlocked: false, revokedAtMs: null, lastUsedAtMs: null }
    expect(await store().findToken(hash)).toEqual({ id, user, ...kept, ...rest })
    expect(await store().findToken('b'.repeat(64))).toBeUndefined()
    const bound = {
      kind: 'deploy',
      within: 'a/b',
      scopes: ['read_package_registry'],
      expiresAtMs: null,
    } as const
    await make({ ...bound, hash: 'c'.repeat(64) })
    expect(await store().findToken('c'.repeat(64))).toMatchObject(bound)
  })

  it('says of a token that its user is blocked', async () => {
    await make()
    await store().setBlocked((await store().findUser('ada'))?.id ?? 0, 7)
    expect(await store().findToken(HASH)).toMatchObject({ isUserBlocked: true })
  })

  it('revokes one token, once', async () => {
    const id = await make()
    const other = await make({ hash: 'b'.repeat(64) })
    expect(await store().revokeToken(id, 2000)).toMatchObject({ id, revokedAtMs: 2000 })
    expect(await store().revokeToken(id, 3000)).toMatchObject({ id, revokedAtMs: 2000 })
    expect(await store().findToken(HASH)).toMatchObject({ revokedAtMs: 2000 })
    expect(await store().findToken('b'.repeat(64))).toMatchObject({ id: other, revokedAtMs: null })
    expect(await store().revokeToken(999, 2000)).toBeUndefined()
  })

  it('keeps the last use of a token, and no earlier one', async () => {
    const id = await make()
    await make({ hash: 'b'.repeat(64) })
    for (const atMs of [2000, 3000, 2500]) await store().touchToken(id, atMs)
    expect(await store().findToken(HASH)).toMatchObject({ lastUsedAtMs: 3000 })
    expect(await store().findToken('b'.repeat(64))).toMatchObject({ lastUsedAtMs: null })
  })

  it('lists tokens by id, in pages', async () => {
    const ids = [await make(), await make({ hash: 'b'.repeat(64) }), await make({ hash: 'c'.repeat(64) })]
    const page = await store().listTokens({ afterId: 0, limit: 2 })
    expect(page.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    expect(await store().listTokens({ afterId: ids[1] ?? 0, limit: 2 })).toMatchObject([{ id: ids[2] }])
  })
}

export function describeJobTokens(store: () => AccessStore): void {
  it('finds the tokens of a job until they are removed, and leaves those of others', async () => {
    const user = await makeUser(store())
    const project = await store().createProject(newProject('a/b'))
    const grant = { projectId: project?.id ?? 0, userId: user.id, expiresAtMs: 5000 }
    await store().createJobToken({ ...grant, jobId: 301, hash: HASH })
    await store().createJobToken({ ...grant, jobId: 301, hash: 'b'.repeat(64) })
    await store().createJobToken({ ...grant, jobId: 302, hash: 'c'.repeat(64) })
    const expected = { jobId: 301, projectId: project?.id, user, isUserBlocked: false, expiresAtMs: 5000 }
    expect(await store().findJobToken(HASH)).toEqual(expected)
    expect(await store().isJobBlocked(301)).toBe(false)
    await store().setBlocked(user.id, 7)
    expect(await store().findJobToken(HASH)).toEqual({ ...expected, isUserBlocked: true })
    expect([await store().isJobBlocked(301), await store().isJobBlocked(999)]).toEqual([true, false])
    await store().removeJobTokens(301)
    await store().removeJobTokens(301)
    expect(await store().findJobToken(HASH)).toBeUndefined()
    expect(await store().findJobToken('b'.repeat(64))).toBeUndefined()
    expect(await store().findJobToken('c'.repeat(64))).toMatchObject({ jobId: 302 })
    expect(await store().findToken('c'.repeat(64))).toBeUndefined()
  })
}

export function describeAllowances(store: () => AccessStore): void {
  let here: number
  let from: number
  beforeEach(async () => {
    here = (await store().createProject(newProject('a/here')))?.id ?? 0
    from = (await store().createProject(newProject('b/Sub/from')))?.id ?? 0
    await store().createProject(newProject('b/sub2/x'))
  })

  it.each(['b/Sub/from', 'b/sub', 'B'])('lets in with %s, until it is taken off', async (path) => {
    expect(await store().allowsJobsOf(here, from)).toBe(false)
    await store().allowJobs(here, path)
    await store().allowJobs(here, path)
    expect(await store().allowsJobsOf(here, from)).toBe(true)
    expect(await store().allowsJobsOf(from, here)).toBe(false)
    expect(await store().listAllowedJobs(here, 10)).toEqual([path.toLowerCase()])
    expect(await store().disallowJobs(here, path)).toBe(true)
    expect(await store().disallowJobs(here, path)).toBe(false)
    expect(await store().allowsJobsOf(here, from)).toBe(false)
  })

  it('lets nobody in for another group or project, or one that is not there', async () => {
    await store().allowJobs(here, 'b/sub2')
    await store().allowJobs(from, 'b')
    expect(await store().allowsJobsOf(here, from)).toBe(false)
    expect(await store().allowsJobsOf(here, 999)).toBe(false)
    await expect(store().allowJobs(here, 'none')).rejects.toThrow(/foreign key/i)
  })
}
