import { describe, expect, it } from 'vitest'
import { ANONYMOUS, may, type Action, type Principal, type Roles } from './may.ts'
import type { Scope, Visibility } from './names.ts'
import type { Role } from './roles.ts'

/** What people and jobs may do with pipelines. */

const ACTIONS = [
  'read_pipelines',
  'read_artifacts',
  'run_pipelines',
  'erase_jobs',
  'destroy_pipelines',
] as const satisfies readonly Action[]
const user = { id: 1, login: 'ada', email: 'ada@localhost', isAdministrator: false }
const personal = (...scopes: readonly Scope[]): Principal => ({ kind: 'user', user, scopes, tokenId: 1 })
const job = (projectId: number): Principal => ({ kind: 'job', jobId: 301, projectId, user })
const publisher: Principal = { kind: 'publisher', projectIds: [20], jobId: 301 }

async function allowed(principal: Principal, visibility: Visibility, role?: Role): Promise<string[]> {
  const project = {
    id: 20,
    path: 'g/p',
    name: 'p',
    namespaceId: 1,
    namespacePath: 'g',
    defaultBranch: 'main',
  }
  const roles: Roles = { allowsJobsOf: async () => false, findRoles: async () => (role ? [role] : []) }
  const asked = ACTIONS.map(async (action) =>
    (await may(roles, { principal, action, project: { ...project, visibility } })) ? [action] : [],
  )
  return (await Promise.all(asked)).flat()
}

const READING = ['read_pipelines', 'read_artifacts']
const RUNNING = [...READING, 'run_pipelines']

describe('pipelines of a private project', () => {
  it.each<[Role | undefined, string[]]>([
    [undefined, []],
    ['guest', []],
    ['reporter', READING],
    ['developer', RUNNING],
    ['maintainer', [...RUNNING, 'erase_jobs']],
    ['owner', [...RUNNING, 'erase_jobs', 'destroy_pipelines']],
  ])('are open to the role %s as far as this', async (role, actions) => {
    expect(await allowed(personal('api'), 'private', role)).toEqual(actions)
  })

  it('are read, and no more, with a token that only reads', async () => {
    expect(await allowed(personal('read_api'), 'private', 'owner')).toEqual(READING)
    expect(await allowed(personal('read_package_registry'), 'private', 'owner')).toEqual([])
  })

  it('give artifacts, and nothing else, to a job of the project', async () => {
    expect(await allowed(job(20), 'private', 'owner')).toEqual(['read_artifacts'])
    expect(await allowed(job(21), 'private', 'owner')).toEqual([])
    expect(await allowed(publisher, 'private')).toEqual([])
  })
})

it('pipelines of a public project are open to everyone, those of an internal one to users', async () => {
  expect(await allowed(ANONYMOUS, 'public')).toEqual(READING)
  expect(await allowed(ANONYMOUS, 'internal')).toEqual([])
  expect(await allowed(personal('api'), 'internal')).toEqual(READING)
})
