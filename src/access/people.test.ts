import { beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../base/index.ts'
import { systemEntropy } from '../host/index.ts'
import { accessMigrations, createAccessStore } from '../storage/sql/access.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createAccess, type Access, type AccessStore, type Project } from './index.ts'

let nowMs: number
let store: AccessStore
let access: Access
let project: Project
beforeEach(async () => {
  nowMs = 1_000_000
  const clock: Clock = { nowMs: () => nowMs, sleep: async () => undefined }
  store = createAccessStore(await openDatabase(':memory:', accessMigrations))
  const tryLimits = { perToken: 2, perAddress: 3, remembered: 10 }
  access = createAccess({ store, clock, entropy: systemEntropy, tryLimits })
  project = await access.createProject({ path: 'g/p' })
  await access.createUser({ login: 'ada' })
})

const asPersonal = (token: string) => access.authenticate({ kind: 'personal', token })

async function tokenOf(request: Partial<Parameters<Access['createToken']>[0]>): Promise<string> {
  return (await access.createToken({ scopes: ['api'], ...request })).token.reveal()
}

describe('a user', () => {
  it('is nobody special unless made so', async () => {
    expect(await access.createUser({ login: 'bob' })).toMatchObject({ isAdministrator: false })
    expect(await access.createUser({ login: 'root', isAdministrator: true })).toMatchObject({
      isAdministrator: true,
    })
    expect(await access.user('ROOT')).toMatchObject({ kind: 'person', user: { login: 'root' } })
  })

  it('is refused with a name that is taken or wrong, and not found under one that nobody has', async () => {
    await expect(access.createUser({ login: 'ADA' })).rejects.toMatchObject({ code: 'access.user-taken' })
    await expect(access.createUser({ login: 'a b' })).rejects.toMatchObject({ code: 'access.login' })
    await expect(access.user('bob')).rejects.toMatchObject({ code: 'access.unknown-user' })
    await expect(tokenOf({ login: 'bob' })).rejects.toMatchObject({ code: 'access.unknown-user' })
  })

  it('who is blocked is nobody, nor are the jobs of that user, until unblocked', async () => {
    const token = await tokenOf({ login: 'ada' })
    const { id: userId } = await access.user('ada')
    const grant = { jobId: 1, projectId: project.id, userId, expiresAtMs: nowMs + 1000 }
    const job = { kind: 'job', token: (await access.issueJobToken(grant)).reveal() } as const
    await access.setBlocked('ADA', 'blocked')
    expect([await asPersonal(token), await access.authenticate(job)]).toEqual([undefined, undefined])
    await expect(tokenOf({ login: 'ada' })).rejects.toMatchObject({ code: 'access.blocked' })
    await access.setBlocked('ada', 'active')
    expect(await asPersonal(token)).toMatchObject({ user: { login: 'ada' } })
    expect(await access.authenticate(job)).toMatchObject({ jobId: 1 })
  })
})

describe('a member', () => {
  it('gets a role and loses it again, in a project or a group', async () => {
    for (const path of ['g/p', 'g']) {
      expect(await access.setMember({ path, login: 'ada', role: 'developer' })).toBe('developer')
      expect(await access.roleAt('g/p', 'ada')).toBe('developer')
      expect(await access.listMembers(path, { afterId: 0, limit: 5 })).toMatchObject([{ login: 'ada' }])
      await access.removeMember({ path, login: 'ada' })
      expect(await access.roleAt('g/p', 'ada')).toBeNull()
    }
  })

  it.each([
    ['a role that is none', { path: 'g/p', login: 'ada', role: 'root' }, 'access.role'],
    ['nobody', { path: 'g/p', login: 'bob', role: 'guest' }, 'access.unknown-user'],
    ['a path that nothing has', { path: 'g/q', login: 'ada', role: 'guest' }, 'access.unknown-path'],
  ])('is not %s', async (_what, member, code) => {
    await expect(access.setMember(member)).rejects.toMatchObject({ code })
  })

  it('cannot be taken from where the role is not', async () => {
    await access.setMember({ path: 'g', login: 'ada', role: 'guest' })
    await expect(access.removeMember({ path: 'g/p', login: 'ada' })).rejects.toMatchObject({
      code: 'access.unknown-member',
    })
  })
})

describe('a token', () => {
  it('is revoked at once and for good', async () => {
    const { id, token } = await access.createToken({ login: 'ada', scopes: ['api'] })
    expect(await asPersonal(token.reveal())).toBeDefined()
    expect(await access.revokeToken(id)).toMatchObject({ revokedAtMs: nowMs })
    expect(await asPersonal(token.reveal())).toBeUndefined()
    await expect(access.revokeToken(999)).rejects.toMatchObject({ code: 'access.unknown-token' })
  })

  it('of a project acts as a bot with a role there, and is nobody elsewhere', async () => {
    const open = await access.createProject({ path: 'g/open', visibility: 'internal' })
    const principal = await asPersonal(await tokenOf({ within: 'g/p', role: 'maintainer' }))
    expect(principal).toMatchObject({ within: 'g/p', user: { login: /^project_1_bot_[0-9a-f]{16}$/ } })
    expect(await access.may(principal!, 'admin_packages', project)).toBe(true)
    expect(await access.may(principal!, 'read_packages', open)).toBe(false)
  })

  it('of a group is a developer of everything below it, unless said otherwise', async () => {
    const principal = await asPersonal(await tokenOf({ within: 'g' }))
    expect(await access.may(principal!, 'create_package', project)).toBe(true)
    expect(await access.may(principal!, 'admin_packages', project)).toBe(false)
  })

  it('of a user that is bound to a project has no more than the user has there', async () => {
    const principal = await asPersonal(await tokenOf({ login: 'ada', within: 'g/p' }))
    expect(await access.may(principal!, 'read_project', project)).toBe(false)
    await access.setMember({ path: 'g', login: 'ada', role: 'reporter' })
    expect(await access.may(principal!, 'read_packages', project)).toBe(true)
    expect(await access.may(principal!, 'create_package', project)).toBe(false)
  })

  it('for deploying has its own prefix, carrier and user name', async () => {
    const made = await access.createToken({
      kind: 'deploy',
      within: 'g/p',
      scopes: ['read_package_registry'],
    })
    const token = made.token.reveal()
    expect(token).toMatch(/^gldt-[A-Za-z0-9_-]{32}$/)
    expect(made.user.login).toMatch(/^gitlab\+deploy-token-[0-9a-f]{16}$/)
    expect(await access.authenticate({ kind: 'deploy', token })).toMatchObject({ within: 'g/p' })
    const named = (username: string) => access.authenticate({ kind: 'deploy', token, username })
    expect([await named(made.user.login), await named('ada')]).toEqual([expect.anything(), undefined])
    expect(await asPersonal(token)).toBeUndefined()
    expect(
      await access.authenticate({ kind: 'deploy', token: await tokenOf({ login: 'ada' }) }),
    ).toBeUndefined()
  })

  it.each([
    ['nobody and nothing', {}, 'access.token-owner'],
    [
      'a user, for deploying',
      { login: 'ada', kind: 'deploy', scopes: ['read_package_registry'] },
      'access.token-owner',
    ],
    ['a path that nothing has', { within: 'g/none' }, 'access.unknown-path'],
    ['a bot with a role that is none', { within: 'g', role: 'root' }, 'access.role'],
    [
      'a user, with a scope of deploy tokens',
      { login: 'ada', scopes: ['read_package_registry'] },
      'access.scope',
    ],
    [
      'a project, for deploying, with a scope of personal ones',
      { within: 'g', kind: 'deploy' },
      'access.scope',
    ],
    ['a user, with an empty name', { login: 'ada', name: '' }, 'access.token-name'],
    ['a user, with a name of two lines', { login: 'ada', name: 'a\nb' }, 'access.token-name'],
    ['a user, until no number', { login: 'ada', expiresAtMs: Number.NaN }, 'access.expiry'],
  ] as const)('of %s is refused', async (_what, request, code) => {
    await expect(tokenOf(request)).rejects.toMatchObject({ code })
    expect(await access.listTokens({ afterId: 0, limit: 5 })).toEqual([])
    expect(await access.listUsers({ afterId: 0, limit: 5 })).toHaveLength(1)
  })

  it('has its last use written down every ten minutes, and not for each request', async () => {
    const token = await tokenOf({ login: 'ada', name: 'laptop' })
    const used = async (): Promise<number | null | undefined> => {
      await asPersonal(token)
      await new Promise((resolve) => setImmediate(resolve))
      return (await access.listTokens({ afterId: 0, limit: 1 }))[0]?.lastUsedAtMs
    }
    expect(await used()).toBe(1_000_000)
    nowMs += 599_999
    expect(await used()).toBe(1_000_000)
    nowMs += 1
    expect(await used()).toBe(1_600_000)
  })
})

describe('wrong tries', () => {
  const wrong = { kind: 'personal', token: 'glpat-wrong' } as const

  it('are refused after some from one address, and nowhere else', async () => {
    for (const _ of [1, 2]) expect(await access.authenticate(wrong, '192.0.2.1')).toBeUndefined()
    await expect(access.authenticate(wrong, '192.0.2.1')).rejects.toMatchObject({
      code: 'access.too-many-tries',
      retryAfterSeconds: 60,
    })
    expect(await access.authenticate(wrong, '192.0.2.2')).toBeUndefined()
  })

  it('count for the carrier and the user name by which they came', async () => {
    const { token, user } = await access.createToken({
      kind: 'deploy',
      within: 'g',
      scopes: ['read_package_registry'],
    })
    const deploy = { kind: 'deploy', token: token.reveal() } as const
    for (const _ of [1, 2]) await access.authenticate({ ...deploy, username: 'ada' }, 'here')
    expect(await access.authenticate({ ...deploy, username: user.login }, 'here')).toBeDefined()
    await access.authenticate({ ...deploy, kind: 'personal' }, 'here')
    expect(await access.authenticate({ ...deploy, username: user.login }, 'here')).toBeDefined()
  })

  it('with what cannot be a token count, too', async () => {
    const long = { kind: 'personal', token: 'x'.repeat(9000) } as const
    for (const _ of [1, 2]) await access.authenticate(long, 'here')
    await expect(access.authenticate(long, 'here')).rejects.toMatchObject({ code: 'access.too-many-tries' })
  })

  it('of a token that was revoked are counted from then on', async () => {
    const { id, token } = await access.createToken({ login: 'ada', scopes: ['api'] })
    const credential = { kind: 'personal', token: token.reveal() } as const
    for (const _ of [1, 2, 3]) expect(await access.authenticate(credential, 'here')).toBeDefined()
    await access.revokeToken(id)
    for (const _ of [1, 2]) expect(await access.authenticate(credential, 'here')).toBeUndefined()
    await expect(access.authenticate(credential, 'here')).rejects.toThrow('too many')
  })
})

describe('the list of whose jobs a project lets in', () => {
  it('has projects and groups that are there, and at most 200', async () => {
    await access.createProject({ path: 'h/q' })
    await access.allowJobs(project, 'h/q')
    await access.allowJobs(project, 'h')
    expect(await access.listAllowedJobs(project)).toEqual(['h', 'h/q'])
    await expect(access.allowJobs(project, 'none')).rejects.toMatchObject({ code: 'access.unknown-path' })
    await access.disallowJobs(project, 'h')
    await expect(access.disallowJobs(project, 'h')).rejects.toMatchObject({ code: 'access.unknown-path' })
    for (let index = 0; index < 199; index++) {
      const { path } = await access.createProject({ path: `many/p${index}` })
      await access.allowJobs(project, path)
    }
    await expect(access.allowJobs(project, 'h')).rejects.toMatchObject({ code: 'access.allowlist' })
  })
})

it('a job sees the groups of its own project, those with something for all users, and no others', async () => {
  await access.createProject({ path: 'h/private' })
  await access.createProject({ path: 'i/internal', visibility: 'internal' })
  const { user } = await access.user('ada')
  const job = { kind: 'job', jobId: 1, projectId: project.id, user } as const
  const seen = ['g', 'h', 'i'].map(async (path) => access.maySeeGroup(job, (await access.findGroup(path))!))
  expect(await Promise.all(seen)).toEqual([true, false, true])
})
