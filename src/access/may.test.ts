import { describe, expect, it } from 'vitest'
import {
  ANONYMOUS,
  isAdministrator,
  may,
  mayReadMetrics,
  maySee,
  roleOf,
  type Action,
  type Principal,
  type Roles,
} from './may.ts'
import type { Scope, Visibility } from './names.ts'
import type { Role } from './roles.ts'
import type { Project } from './store.ts'

const HERE = 20
/** A project whose jobs the one of these tests lets in. */
const LET_IN = 22
const user = { id: 1, login: 'ada', email: 'ada@localhost', isAdministrator: false }
const administrator = { ...user, isAdministrator: true }

const personal = (scopes: readonly Scope[], who = user): Principal => ({
  kind: 'user',
  user: who,
  scopes,
  tokenId: 1,
})
const within = (path: string): Principal => ({
  kind: 'user',
  user: administrator,
  scopes: ['api'],
  tokenId: 1,
  within: path,
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
  'read_code',
  'download_code',
  'push_code',
  'push_protected_code',
  'create_pipeline',
  'read_packages',
  'create_package',
  'destroy_package',
  'admin_packages',
] as const
const ALL: readonly Visibility[] = ['public', 'internal', 'private']
const NOTHING = rightsTo({})
const ANYBODY = rightsTo({
  read_project: ['public'],
  read_code: ['public'],
  download_code: ['public'],
  read_packages: ['public'],
})
const OPEN: readonly Visibility[] = ['public', 'internal']
const OPEN_PROJECTS = { read_project: OPEN, read_code: OPEN, read_packages: OPEN }
const ALL_PROJECTS = { read_project: ALL, read_code: ALL, read_packages: ALL }
const SIGNED_IN = rightsTo({ ...OPEN_PROJECTS, download_code: OPEN })
const SIGNED_IN_READER = rightsTo(OPEN_PROJECTS)
const GUEST = rightsTo({ ...OPEN_PROJECTS, download_code: OPEN, read_project: ALL })
const GUEST_READER = rightsTo({ ...OPEN_PROJECTS, read_project: ALL })
const READER = rightsTo(ALL_PROJECTS)
const READING = rightsTo({ ...ALL_PROJECTS, download_code: ALL })
const PACKAGES_ONLY = rightsTo({ read_project: ALL, read_packages: ALL })
const PUBLISHING_ONLY = rightsTo({ read_project: ALL, read_packages: ALL, create_package: ALL })
/** What a job of a developer may do: it does not push. */
const OF_JOB = rightsTo({ ...ALL_PROJECTS, download_code: ALL, create_package: ALL })
const DEVELOPING = rightsTo({
  ...ALL_PROJECTS,
  download_code: ALL,
  push_code: ALL,
  create_pipeline: ALL,
  create_package: ALL,
})
const CLONING = rightsTo({ read_code: ALL, download_code: ALL })
const PUSHING = rightsTo({ read_code: ALL, download_code: ALL, push_code: ALL, push_protected_code: ALL })
const EVERYTHING = Object.fromEntries(ACTIONS.map((action) => [action, ALL])) as unknown as Rights

function rightsTo(some: Partial<Rights>): Rights {
  const nothing = Object.fromEntries(ACTIONS.map((action) => [action, []])) as unknown as Rights
  return { ...nothing, ...some }
}

/** Of user 1, in the projects of these tests. */
const roles = (...held: readonly Role[]): Roles => ({
  allowsJobsOf: async (projectId, fromProjectId) => projectId === HERE && fromProjectId === LET_IN,
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
  ['user, read_api', personal(['read_api']), SIGNED_IN_READER],
  ['user without a scope', personal([]), NOTHING],
  ['administrator, api', personal(['api'], administrator), EVERYTHING],
  ['administrator, read_api', personal(['read_api'], administrator), READER],
  ['administrator, both', personal(['api', 'read_api'], administrator), EVERYTHING],
  ['administrator without a scope', personal([], administrator), NOTHING],
  ['administrator, read_metrics', personal(['read_metrics'], administrator), NOTHING],
  ['administrator, read_package_registry', personal(['read_package_registry'], administrator), PACKAGES_ONLY],
  [
    'administrator, write_package_registry',
    personal(['write_package_registry'], administrator),
    PUBLISHING_ONLY,
  ],
  ['administrator, read_repository', personal(['read_repository'], administrator), CLONING],
  ['administrator, write_repository', personal(['write_repository'], administrator), PUSHING],
  ['administrator, bound to the project', within('g/p'), EVERYTHING],
  ['administrator, bound to its group', within('g'), EVERYTHING],
  ['administrator, bound to a group of a name that begins like it', within('g/'), ANYBODY],
  ['administrator, bound to another project', within('g/p2'), ANYBODY],
  ['administrator, bound to what is below the project', within('g/p/q'), ANYBODY],
  ['job elsewhere, let in, of a user', job(LET_IN), SIGNED_IN],
  ['job elsewhere, let in, of an administrator', job(LET_IN, administrator), OF_JOB],
  ['job here of a user', job(HERE), SIGNED_IN],
  ['job here of an administrator', job(HERE, administrator), OF_JOB],
  ['job elsewhere of a user', job(21), SIGNED_IN],
  ['job elsewhere of an administrator', job(21, administrator), SIGNED_IN],
]

it.each(STRANGERS)('%s may do what the table says, and no more', async (_name, principal, rights) => {
  expect(await rightsOf(principal)).toEqual(rights)
})

/** What a member may do with the scope api, with read_api, and what a job may do that the member started. */
const MEMBERS: readonly (readonly [Role, { api: Rights; reads: Rights; ofJob: Rights }])[] = [
  ['guest', { api: GUEST, reads: GUEST_READER, ofJob: GUEST }],
  ['planner', { api: GUEST, reads: GUEST_READER, ofJob: GUEST }],
  ['reporter', { api: READING, reads: READER, ofJob: READING }],
  ['developer', { api: DEVELOPING, reads: READER, ofJob: OF_JOB }],
  ['maintainer', { api: EVERYTHING, reads: READER, ofJob: OF_JOB }],
  ['owner', { api: EVERYTHING, reads: READER, ofJob: OF_JOB }],
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
    expect(await rightsOf(job(LET_IN), role)).toEqual(ofJob)
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
  const all = [
    personal([], administrator),
    personal(['api']),
    job(HERE, administrator),
    within('g'),
    ANONYMOUS,
  ]
  expect(all.map((principal) => isAdministrator(principal))).toEqual([true, false, false, false, false])
})

it.each([
  ['administrator, api', personal(['api'], administrator), true],
  ['administrator, read_api', personal(['read_api'], administrator), true],
  ['administrator without a scope', personal([], administrator), false],
  ['administrator, bound', within('g'), false],
  ['user, api', personal(['api']), false],
  ['user, read_metrics', personal(['read_metrics']), true],
  ['job of an administrator', job(HERE, administrator), false],
  ['anonymous', ANONYMOUS, false],
] as const)('whether the metrics are for %s', (_name, principal, expected) => {
  expect(mayReadMetrics(principal)).toBe(expected)
})

it('a project is known to a member whose token may do nothing there, and to no stranger', async () => {
  const hidden = project('private')
  expect(await maySee(roles('guest'), personal([]), hidden)).toBe(true)
  expect(await maySee(roles(), personal(['api']), hidden)).toBe(false)
  expect(await maySee(roles(), ANONYMOUS, project('public'))).toBe(true)
  expect(await maySee(roles(), ANONYMOUS, project('internal'))).toBe(false)
})
