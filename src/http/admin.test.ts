import { expect, it } from 'vitest'
import type { Access, Project, User } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import type { PipelineRequest } from '../pipelines/index.ts'
import { adminRoutes, type AdminParts } from './admin.ts'

const user: User = { id: 3, login: 'ada', email: 'ada@example.test', isAdministrator: false }
const project = { id: 20, path: 'acme/tools' } as Project
const body = {
  project: 'acme/tools',
  user: 'ADA',
  commit: { repositoryUrl: '', sha: '', ref: 'main', title: '', author: '', timestamp: '' },
  config: { path: '.gitlab-ci.yml', text: '' },
  variables: [],
}

it.each(['developer', null] as const)('a pipeline has its user with the role of now, %j', async (role) => {
  const asked: PipelineRequest[] = []
  const access: Partial<Access> = {
    user: async () => ({ id: 3, user, kind: 'person', blockedAtMs: null, createdAtMs: 0 }),
    findProject: async () => project,
    roleOf: async (who, where) => (who === user && where === project ? role : 'owner'),
  }
  const pipelines = { create: async (request: PipelineRequest) => asked.push(request) }
  const app = adminRoutes({ access, pipelines, log: silentLog } as unknown as AdminParts)
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  expect((await app.request('/admin/pipelines', init)).status).toBe(201)
  const expected = { id: 3, login: 'ada', email: 'ada@example.test', accessLevel: role }
  expect(asked).toEqual([expect.objectContaining({ user: expected, project })])
})

it('a blocked user starts no pipeline', async () => {
  const access: Partial<Access> = {
    user: async () => ({ id: 3, user, kind: 'person', blockedAtMs: 5, createdAtMs: 0 }),
  }
  const app = adminRoutes({ access, log: silentLog } as unknown as AdminParts)
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await app.request('/admin/pipelines', init)
  expect([answer.status, await answer.json()]).toEqual([
    403,
    expect.objectContaining({ code: 'access.blocked' }),
  ])
})
