import { describe, expect, it } from 'vitest'
import { ANONYMOUS, isAdministrator, may, roleOf, type Action, type Principal } from './may.ts'
import type { Scope, Visibility } from './names.ts'
import type { Role } from './roles.ts'
import type { Project } from './store.ts'

const HERE = 20
const user = { id: 1, login: 'ada', email: 'ada@localhost', isAdministrator: false }
const administrator = { ...user, isAdministrator: true }

const personal = (scopes: readonly Scope[], who = user): Principal => ({
  kind: 'user',
  user: who,
  scopes,
  tokenId: 1,
})
const job = (projectId: number, who = user): Principal => ({ kind: 'job', jobId: 301, projectId, user: who })

function project(visibility: Visibility): Project {
  return {
    id: HERE,
    path: 'g/p',
    name: 'p',
    namespaceId: 1,
    namespacePath: 'g',
    visibility,
    defaultBranch: 'main',
  }
}

type Rights = Readonly<Record<Action, readonly Visibility[]>>
const ACTIONS = [
  'read_project',
  'admin_project',
  'read_packages',
  'create_package',
  'destroy_package',
  'admin_packages',
] as const
const ALL: readonly Visibility[] = ['public', 'internal', 'private']
const NOTHING = rightsTo({})
const ANYBODY = rightsTo({ read_project: ['public'], read_packages: ['public'] })
const OPEN: readonly Visibility[] = ['public', 'internal']
const SIGNED_IN = rightsTo({ read_project: OPEN, read_packages: OPEN })
const GUEST = rightsTo({ read_project: ALL, read_packages: OPEN })
const READING = rightsTo({ read_project: ALL, read_packages: ALL })
const PUBLISHING = rightsTo({ read_project: ALL, read_packages: ALL, create_package: ALL })
const EVERYTHING = rightsTo({
  read_project: ALL,
  admin_project: ALL,
  read_packages: ALL,
  create_package: ALL,
  destroy_package: ALL,
  admin_packages: ALL,
})

function rightsTo(some: Partial<Rights>): Rights {
  const nothing = Object.fromEntries(ACTIONS.map((action) => [action, []])) as unknown as Rights
  return { ...nothing, ...some }
}

/** Of user 1, in the projects of these tests. */
const roles = (...held: readonly Role[]) => ({
  findRoles: async (userId: number, path: string) => (userId === user.id && path === 'g/p' ? held : []),
})

async function rightsOf(principal: Principal, ...held: readonly Role[]): Promise<Rights> {
  const where = async (action: Action): Promise<readonly Visibility[]> => {
    const asked = ALL.map(async (visibility) =>
      (await may(roles(...held), { principal, action, project: project(visibility) })) ? [visibility] : [],
    )
    return (await Promise.all(asked)).flat()
  }
  const pairs = ACTIONS.map(async (action) => [action, await where(action)] as const)
  return Object.fromEntries(await Promise.all(pairs)) as Rights
}

/** In which projects each may do what without being a member; every other pair of these is refused. */
const STRANGERS: readonly (readonly [string, Principal, Rights])[] = [
  ['anonymous', ANONYMOUS, ANYBODY],
  ['user, api', personal(['api']), SIGNED_IN],
  ['user, read_api', personal(['read_api']), SIGNED_IN],
  ['user without a scope', personal([]), NOTHING],
  ['administrator, api', personal(['api'], administrator), EVERYTHING],
  ['administrator, read_api', personal(['read_api'], administrator), READING],
  ['administrator, both', personal(['api', 'read_api'], administrator), EVERYTHING],
  ['administrator without a scope', personal([], administrator), NOTHING],
  ['job here of a user', job(HERE), SIGNED_IN],
  ['job here of an administrator', job(HERE, administrator), PUBLISHING],
  ['job elsewhere of a user', job(21), SIGNED_IN],
  ['job elsewhere of an administrator', job(21, administrator), SIGNED_IN],
]

it.each(STRANGERS)('%s may do what the table says, and no more', async (_name, principal, rights) => {
  expect(await rightsOf(principal)).toEqual(rights)
})

/** What a member may do with the scope api, with read_api, and what a job may do that the member started. */
const MEMBERS: readonly (readonly [Role, { api: Rights; reads: Rights; ofJob: Rights }])[] = [
  ['guest', { api: GUEST, reads: GUEST, ofJob: GUEST }],
  ['planner', { api: GUEST, reads: GUEST, ofJob: GUEST }],
  ['reporter', { api: READING, reads: READING, ofJob: READING }],
  ['developer', { api: PUBLISHING, reads: READING, ofJob: PUBLISHING }],
  ['maintainer', { api: EVERYTHING, reads: READING, ofJob: PUBLISHING }],
  ['owner', { api: EVERYTHING, reads: READING, ofJob: PUBLISHING }],
]

describe.each(MEMBERS)('a member with the role %s', (role, { api: rights, reads, ofJob }) => {
  it('may do what the table says, and no more', async () => {
    expect(await rightsOf(personal(['api']), role)).toEqual(rights)
  })

  it('may do less with a token that only reads, and nothing through a job of another project', async () => {
    expect(await rightsOf(personal(['read_api']), role)).toEqual(reads)
    expect(await rightsOf(job(21), role)).toEqual(SIGNED_IN)
  })

  it('gives a job of the project what a job may do', async () => {
    expect(await rightsOf(job(HERE), role)).toEqual(ofJob)
  })

  it('has that role, and the highest of several counts', async () => {
    expect(await roleOf(roles(role), user, project('private'))).toBe(role)
    expect(await rightsOf(personal(['api']), 'guest', role, 'guest')).toEqual(rights)
    expect(await roleOf(roles('guest', role, 'guest'), user, project('private'))).toBe(role)
  })
})

it('who is no member has no role, and an administrator counts as an owner', async () => {
  expect(await roleOf(roles(), user, project('private'))).toBeNull()
  expect(await roleOf(roles(), administrator, project('private'))).toBe('owner')
})

it('a job administers nothing, whoever started it', () => {
  const all = [personal([], administrator), personal(['api']), job(HERE, administrator), ANONYMOUS]
  expect(all.map((principal) => isAdministrator(principal))).toEqual([true, false, false, false])
})
