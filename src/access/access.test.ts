import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../base/index.ts'
import { systemEntropy } from '../host/index.ts'
import { accessMigrations, createAccessStore } from '../storage/sql/access.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createAccess, type Access, type AccessStore } from './index.ts'

let nowMs: number
let store: AccessStore
let access: Access
beforeEach(async () => {
  nowMs = 1_000_000
  const clock: Clock = { nowMs: () => nowMs, sleep: async () => undefined }
  store = createAccessStore(await openDatabase(':memory:', accessMigrations))
  access = createAccess({ store, clock, entropy: systemEntropy })
  await access.createUser({ login: 'ada' })
})

describe('projects', () => {
  it('are private unless made otherwise', async () => {
    expect(await access.createProject({ path: 'g/p' })).toMatchObject({
      visibility: 'private',
      defaultBranch: 'main',
    })
    expect(await access.createProject({ path: 'g/q', visibility: 'public' })).toMatchObject({
      visibility: 'public',
    })
  })

  it('are found by id and by path, and nothing else finds one', async () => {
    const project = await access.createProject({ path: 'g/p' })
    expect(await access.findProject(project.id)).toEqual(project)
    expect(await access.findProject('g/p')).toEqual(project)
    for (const other of [0, -1, 1.5, project.id + 1, String(project.id), 'g', 'g/p/', '../g/p', ''])
      expect(await access.findProject(other)).toBeUndefined()
    expect(await access.listProjects({ limit: 5 })).toEqual([project])
  })

  it('are refused with a path that is wrong or taken', async () => {
    await access.createProject({ path: 'g/p' })
    await expect(access.createProject({ path: 'G/P' })).rejects.toMatchObject({ code: 'access.path-taken' })
    await expect(access.createProject({ path: 'g/p.git' })).rejects.toMatchObject({ code: 'access.path' })
  })
})

describe('personal tokens', () => {
  it('are random, prefixed, and kept as a hash only', async () => {
    const { token, id } = await access.createToken({ login: 'ada', scopes: ['api'] })
    const other = await access.createToken({ login: 'ada', scopes: ['api'] })
    expect(token.reveal()).toMatch(/^glpat-[A-Za-z0-9_-]{32}$/)
    expect(other.token.reveal()).not.toBe(token.reveal())
    expect(inspect({ token })).not.toContain('glpat-')
    const hash = createHash('sha256').update(token.reveal()).digest('hex')
    expect(await store.findToken(hash)).toMatchObject({ id, user: { login: 'ada', isAdministrator: false } })
    expect(await store.findToken(token.reveal())).toBeUndefined()
  })

  it('authenticate their user until they expire', async () => {
    const { token, user, id } = await access.createToken({
      login: 'ada',
      scopes: ['read_api'],
      expiresAtMs: nowMs + 10,
    })
    const credential = { kind: 'personal', token: token.reveal() } as const
    nowMs += 9
    expect(await access.authenticate(credential)).toEqual({
      kind: 'user',
      user,
      scopes: ['read_api'],
      tokenId: id,
    })
    nowMs += 1
    expect(await access.authenticate(credential)).toBeUndefined()
  })

  it('are refused with a wrong user, scope or expiry', async () => {
    const token = { login: 'ada', scopes: ['api'] } as const
    await expect(access.createToken({ ...token, login: 'a b' })).rejects.toMatchObject({
      code: 'access.login',
    })
    await expect(access.createToken({ ...token, scopes: [] })).rejects.toMatchObject({ code: 'access.scope' })
    await expect(access.createToken({ ...token, expiresAtMs: nowMs })).rejects.toMatchObject({
      code: 'access.expiry',
    })
  })
})

describe('job tokens', () => {
  const issue = async (jobId: number): Promise<string> => {
    const project = (await access.findProject('g/p')) ?? (await access.createProject({ path: 'g/p' }))
    const { id: userId } = await access.user('ada')
    const token = await access.issueJobToken({
      jobId,
      projectId: project.id,
      userId,
      expiresAtMs: nowMs + 10,
    })
    return token.reveal()
  }

  it('authenticate their job until it ends or they expire', async () => {
    const [ended, running] = [await issue(301), await issue(302)]
    expect(ended).toMatch(/^glcbt-[A-Za-z0-9_-]{32}$/)
    expect(await access.authenticate({ kind: 'job', token: ended })).toMatchObject({
      kind: 'job',
      jobId: 301,
      projectId: 1,
    })
    await access.revokeJobTokens(301)
    expect(await access.authenticate({ kind: 'job', token: ended })).toBeUndefined()
    expect(await access.authenticate({ kind: 'job', token: running })).toMatchObject({ jobId: 302 })
    nowMs += 10
    expect(await access.authenticate({ kind: 'job', token: running })).toBeUndefined()
  })

  it('and personal tokens do not stand for each other', async () => {
    const jobToken = await issue(301)
    const { token } = await access.createToken({ login: 'ada', scopes: ['api'] })
    expect(await access.authenticate({ kind: 'personal', token: jobToken })).toBeUndefined()
    expect(await access.authenticate({ kind: 'job', token: token.reveal() })).toBeUndefined()
  })
})

it('a role counts from the moment in which it is given, in the project and below the group', async () => {
  const project = await access.createProject({ path: 'g/sub/p' })
  const { user: ada } = await access.user('ada')
  const principal = { kind: 'user', user: ada, scopes: ['api'], tokenId: 1 } as const
  expect(await access.may(principal, 'read_packages', project)).toBe(false)
  expect(await access.roleOf(ada, project)).toBeNull()
  await store.setMember({ userId: ada.id, path: 'g', role: 'reporter' })
  expect(await access.may(principal, 'read_packages', project)).toBe(true)
  expect(await access.may(principal, 'create_package', project)).toBe(false)
  await store.setMember({ userId: ada.id, path: project.path, role: 'developer' })
  expect(await access.may(principal, 'create_package', project)).toBe(true)
  expect(await access.roleOf(ada, project)).toBe('developer')
})

it.each(['', 'glpat-', 'wrong', 'x'.repeat(8193), '\u0000'])('nobody is %j', async (token) => {
  expect(await access.authenticate({ kind: 'personal', token })).toBeUndefined()
  expect(await access.authenticate({ kind: 'job', token })).toBeUndefined()
})
