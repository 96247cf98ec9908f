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
const ALL: readonly Visibility[] = ['public', 'internal', 'private']
const NOTHING: Rights = { read_packages: [], create_package: [] }
const ANYBODY: Rights = { read_packages: ['public'], create_package: [] }
const SIGNED_IN: Rights = { read_packages: ['public', 'internal'], create_package: [] }
const READING: Rights = { read_packages: ALL, create_package: [] }
const EVERYTHING: Rights = { read_packages: ALL, create_package: ALL }

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
  return { read_packages: await where('read_packages'), create_package: await where('create_package') }
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
  ['job here of an administrator', job(HERE, administrator), EVERYTHING],
  ['job elsewhere of a user', job(21), SIGNED_IN],
  ['job elsewhere of an administrator', job(21, administrator), SIGNED_IN],
]

it.each(STRANGERS)('%s may do what the table says, and no more', async (_name, principal, rights) => {
  expect(await rightsOf(principal)).toEqual(rights)
})

/** What a member may do with the scope api, and so a job that the member started. */
const MEMBERS: readonly (readonly [Role, Rights])[] = [
  ['guest', SIGNED_IN],
  ['planner', SIGNED_IN],
  ['reporter', READING],
  ['developer', EVERYTHING],
  ['maintainer', EVERYTHING],
  ['owner', EVERYTHING],
]

describe.each(MEMBERS)('a member with the role %s', (role, rights) => {
  it('may do what the table says, and no more', async () => {
    expect(await rightsOf(personal(['api']), role)).toEqual(rights)
    expect(await rightsOf(job(HERE), role)).toEqual(rights)
  })

  it('may do less with a token that only reads, and nothing through a job of another project', async () => {
    const reads = { ...rights, create_package: [] }
    expect(await rightsOf(personal(['read_api']), role)).toEqual(reads)
    expect(await rightsOf(job(21), role)).toEqual(SIGNED_IN)
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
