import { describe, expect, it } from 'vitest'
import { ANONYMOUS, may, type Action, type Principal } from './may.ts'
import type { Scope, Visibility } from './names.ts'
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

type Row = readonly [string, Principal, Readonly<Record<Action, readonly Visibility[]>>]
const ALL: readonly Visibility[] = ['public', 'internal', 'private']

/** In which projects each may do what; every other pair of these is refused. */
const MATRIX: readonly Row[] = [
  ['anonymous', ANONYMOUS, { read_packages: ['public'], create_package: [] }],
  ['user, api', personal(['api']), { read_packages: ['public', 'internal'], create_package: [] }],
  ['user, read_api', personal(['read_api']), { read_packages: ['public', 'internal'], create_package: [] }],
  ['user without a scope', personal([]), { read_packages: [], create_package: [] }],
  ['administrator, api', personal(['api'], administrator), { read_packages: ALL, create_package: ALL }],
  [
    'administrator, read_api',
    personal(['read_api'], administrator),
    { read_packages: ALL, create_package: [] },
  ],
  [
    'administrator, both',
    personal(['api', 'read_api'], administrator),
    { read_packages: ALL, create_package: ALL },
  ],
  ['job here of a user', job(HERE), { read_packages: ['public', 'internal'], create_package: [] }],
  ['job here of an administrator', job(HERE, administrator), { read_packages: ALL, create_package: ALL }],
  ['job elsewhere of a user', job(21), { read_packages: ['public', 'internal'], create_package: [] }],
  [
    'job elsewhere of an administrator',
    job(21, administrator),
    { read_packages: ['public', 'internal'], create_package: [] },
  ],
]

describe.each(MATRIX)('%s', (_name, principal, allowed) => {
  it.each(Object.keys(allowed) as Action[])('may %s exactly where the table says', (action) => {
    const where = ALL.filter((visibility) => may(principal, action, project(visibility)))
    expect(where).toEqual(allowed[action])
  })
})
