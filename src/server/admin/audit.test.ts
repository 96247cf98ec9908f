import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionOf } from '../../formats/python/archive/arrange.ts'
import { createAudit, type AuditRow, type AuditStore } from '../../access/index.ts'
import type { Gate } from '../../gate/index.ts'
import { silentLog } from '../../host/index.ts'
import type { App } from '../../http/index.ts'
import { adminApp } from '../routes.ts'
import { GATE } from './audited-gate.contract.ts'
import { startServer, type RunningServer } from '../server.ts'

let root: string
let server: RunningServer
let app: App
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-audit-'))
  server = await startServer({
    data: join(root, 'data'),
    listen: '127.0.0.1:0',
    anchor: join(root, 'anchor'),
    log: silentLog,
  })
  const gates = { ...server.services.gates, gates: [{ gate: GATE as Gate, readers: 'anybody' as const }] }
  app = adminApp({ ...server.services, gates }, silentLog)
  const project = await server.services.access.createProject({ path: 'acme/taken' })
  const { pypi } = server.services.registry
  const content = await pypi.stage(ReadableStream.from([distributionOf('acme-tools-1.0.tar.gz')]))
  const upload = {
    ...RELEASE,
    fileName: 'acme-tools-1.0.tar.gz',
    sha256Digest: '',
    requiresPython: '',
    content,
  }
  await pypi.publish(project, upload)
  await server.services.access.createUser({ login: 'ada' })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

interface Change {
  readonly path?: string
  readonly action: string
  readonly body: object
  /** What of the body is recorded; the whole where it is left out. */
  readonly details?: object
  /** A body of the right shape that is refused, and why; left out where there is none. */
  readonly refused?: { readonly body: object; readonly code: string }
}

const RELEASE = { name: 'acme-tools', version: '1.0' }
const release = { project: 'acme/taken', ...RELEASE }
const refusedRelease = { body: { ...release, version: '9', reason: '' }, code: 'registry.unknown-version' }

const forwarding = '/admin/projects/acme%2Ftaken/forwarding'
const index = 'https://index.example/simple'
const PIPELINE = { issuer: 'https://gitlab.example.com', project_path: 'group/tools' }
const APPROVAL = { repository: 'acme/demo', by: 'ada', why: 'moved' }
/** Every route that changes something, and what it leaves in the trail. */
const CHANGES: Readonly<Record<string, Change>> = {
  'POST /admin/projects': {
    action: 'project.create',
    body: { path: 'acme/tools', visibility: 'private' },
    refused: { body: { path: 'acme/taken', visibility: 'private' }, code: 'access.path-taken' },
  },
  'PUT /admin/projects/:path/forwarding': {
    path: forwarding,
    action: 'project.forward',
    body: { indexUrl: index, names: ['wheel'] },
    details: { project: 'acme/taken', to: index },
    refused: {
      body: { indexUrl: 'https://ada:hunter2@index.example/simple?key=hunter2', names: [] },
      code: 'registry.forwarding',
    },
  },
  'POST /admin/users': {
    action: 'user.create',
    body: { login: 'bob', isAdministrator: true },
    details: { user: 'bob', administrator: 'yes' },
    refused: { body: { login: 'ADA', isAdministrator: false }, code: 'access.user-taken' },
  },
  'PUT /admin/users/:user/state': {
    path: '/admin/users/bob/state',
    action: 'user.block',
    body: { state: 'blocked' },
    details: { user: 'bob' },
  },
  'PUT /admin/members/:path/:user': {
    path: '/admin/members/acme%2Ftaken/ada',
    action: 'member.add',
    body: { role: 'developer' },
    details: { path: 'acme/taken', user: 'ada', role: 'developer' },
    refused: { body: { role: 'root' }, code: 'access.role' },
  },
  'DELETE /admin/members/:path/:user': {
    path: '/admin/members/acme%2Ftaken/ada',
    action: 'member.remove',
    body: {},
    details: { path: 'acme/taken', user: 'ada' },
    refused: { body: {}, code: 'access.unknown-member' },
  },
  'PUT /admin/projects/:path/job-allowlist/:from': {
    path: '/admin/projects/acme%2Ftaken/job-allowlist/acme',
    action: 'project.allow-jobs',
    body: {},
    details: { project: 'acme/taken', from: 'acme' },
  },
  'DELETE /admin/projects/:path/job-allowlist/:from': {
    path: '/admin/projects/acme%2Ftaken/job-allowlist/acme',
    action: 'project.disallow-jobs',
    body: {},
    details: { project: 'acme/taken', from: 'acme' },
    refused: { body: {}, code: 'access.unknown-path' },
  },
  'POST /admin/projects/:path/publishers': {
    path: '/admin/projects/acme%2Ftaken/publishers',
    action: 'publisher.add',
    body: { ...PIPELINE, ref: 'refs/tags/v*' },
    details: {
      project: 'acme/taken',
      issuer: PIPELINE.issuer,
      pipeline: 'group/tools//.gitlab-ci.yml',
      ref: 'refs/tags/v*',
    },
    refused: { body: { ...PIPELINE, ref: 'main' }, code: 'access.publisher-rule' },
  },
  'DELETE /admin/projects/:path/publishers/:publisher{[0-9]{1,15}}': {
    path: '/admin/projects/acme%2Ftaken/publishers/1',
    action: 'publisher.remove',
    body: {},
    details: { project: 'acme/taken', publisher: '1' },
    refused: { body: {}, code: 'access.unknown-publisher' },
  },
  'PUT /admin/projects/:path/duplicates': {
    path: '/admin/projects/acme%2Ftaken/duplicates',
    action: 'project.generic-duplicates',
    body: { generic: 'allowed' },
    details: { project: 'acme/taken', duplicates: 'allowed' },
  },
  'PUT /admin/projects/:path/rule': {
    path: '/admin/projects/acme%2Ftaken/rule',
    action: 'project.rule',
    body: { kind: 'project-identity' },
    details: { project: 'acme/taken', rule: 'project-identity' },
    refused: { body: { kind: 'policy', policy: 'no policy' }, code: 'verify.policy-file' },
  },
  'POST /admin/tokens': {
    action: 'token.create',
    body: { user: 'ada', scopes: ['api', 'read_api'] },
    details: { user: 'ada', scopes: 'api read_api' },
    refused: { body: { user: 'ada', scopes: ['root'] }, code: 'access.scope' },
  },
  'DELETE /admin/tokens/:id{[0-9]{1,15}}': {
    path: '/admin/tokens/1',
    action: 'token.revoke',
    body: {},
    details: { token: '1' },
  },
  'POST /admin/id-tokens': {
    action: 'id-token.mint',
    body: { project: 'acme/taken', ref: 'main', audience: 'sigstore' },
  },
  'POST /admin/check-tokens': {
    action: 'check-token.mint',
    body: {},
  },
  'POST /admin/runners': {
    action: 'runner.create',
    body: { description: 'a machine' },
  },
  'POST /admin/packages/yank': {
    action: 'package.yank',
    body: { ...release, reason: 'broken' },
    refused: refusedRelease,
  },
  'POST /admin/packages/quarantine': {
    action: 'package.unquarantine',
    body: { ...release, reason: null },
    details: release,
    refused: { ...refusedRelease, body: { ...refusedRelease.body, reason: null } },
  },
  'POST /admin/packages/status': {
    action: 'package.status',
    body: { project: 'acme/taken', name: 'acme-tools', status: 'deprecated', reason: 'old' },
    refused: {
      body: { project: 'acme/taken', name: 'other', status: 'active', reason: '' },
      code: 'registry.unknown-package',
    },
  },
  'POST /admin/packages/settings': {
    action: 'package.settings',
    body: { project: 'acme/taken', identicalUploads: 'refuse' },
  },
  'POST /admin/packages/delete': {
    action: 'package.delete',
    body: release,
    refused: { ...refusedRelease, body: { ...release, version: '9' } },
  },
  'POST /admin/issuer/rotate': { action: 'issuer.rotate', body: { how: 'publish' } },
  'POST /admin/gates/:gate/pins/:name': {
    path: '/admin/gates/prod/pins/demo',
    action: 'gate.approve',
    body: APPROVAL,
    details: { gate: 'prod', name: 'demo', ...APPROVAL },
    refused: { body: { ...APPROVAL, repository: 'mallory/demo' }, code: 'gate.approve' },
  },
  'DELETE /admin/gates/:gate/pins/:name': {
    path: '/admin/gates/prod/pins/demo',
    action: 'gate.forget',
    body: { by: 'ada', why: 'gone' },
    details: { gate: 'prod', name: 'demo', by: 'ada', why: 'gone' },
    refused: { body: { by: 'nobody', why: 'gone' }, code: 'gate.unknown' },
  },
  'POST /admin/gates/:gate/refresh/:name': {
    path: '/admin/gates/prod/refresh/demo',
    action: 'gate.refresh',
    body: {},
    details: { gate: 'prod', name: 'demo' },
  },
}

/** What leaves no row, and why. */
const SILENT: Readonly<Record<string, string>> = {
  'POST /admin/pipelines': 'a pipeline is kept, with its user and its commit',
  'POST /admin/pipelines/:id{[0-9]{1,15}}/cancel': 'the pipeline that is kept says that it was canceled',
  'POST /admin/logs/check': 'it changes nothing',
  'POST /admin/gates/:gate/trials': 'it changes nothing',
}

async function send(route: string, body: object): Promise<Response> {
  const [method = '', pattern = ''] = route.split(' ')
  const init = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  return app.request(`http://admin${CHANGES[route]?.path ?? pattern}`, init)
}

async function rows(): Promise<readonly AuditRow[]> {
  return server.services.audit.list({ afterId: 0, limit: 1000 })
}

describe('the audit trail', () => {
  it('knows every route that changes something', () => {
    const writing = app.routes.filter(({ method }) => !['GET', 'ALL'].includes(method))
    const known = [...Object.keys(CHANGES), ...Object.keys(SILENT)]
    expect(new Set(writing.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(known))
  })

  it.each(Object.entries(CHANGES))('has one row for %s, without its secret', async (route, change) => {
    const before = await rows()
    const answer = await send(route, change.body)
    expect(answer.ok).toBe(true)
    const { token = 'no secret' } = (await answer.json()) as { token?: string }
    const added = (await rows()).slice(before.length)
    const { action, body, details = body } = change
    expect(added).toEqual([expect.objectContaining({ action, details, outcome: { kind: 'done' } })])
    expect(JSON.stringify(added)).not.toContain(token)
  })

  const refusals = Object.entries(CHANGES).flatMap(([route, { action, refused }]) =>
    refused === undefined ? [] : [[route, { action, ...refused }] as const],
  )
  it.each(refusals)('calls what %s refused refused, and says why', async (route, { action, body, code }) => {
    const before = await rows()
    const answer = await send(route, body)
    expect(await answer.json()).toMatchObject({ code })
    const added = (await rows()).slice(before.length)
    expect(added).toEqual([expect.objectContaining({ action, outcome: { kind: 'refused', code } })])
    expect(JSON.stringify(added)).not.toContain('hunter2')
  })
})

describe('an action', () => {
  const asked = { action: 'a.do', details: {} }
  const clock = { nowMs: () => 5, sleep: async () => undefined }

  it('is not begun where the trail cannot have its row', async () => {
    let isDone = false
    const store = { ...server.services.audit, add: () => Promise.reject(new Error('full')) }
    const audit = createAudit({ store: store as unknown as AuditStore, clock })
    await expect(
      audit.audited(asked, async () => {
        isDone = true
      }),
    ).rejects.toThrow('full')
    expect(isDone).toBe(false)
  })

  it('that breaks on the way is called failed, and its own error is the one that is thrown', async () => {
    const before = await rows()
    const broken = () => Promise.reject(new Error('broken on the way'))
    await expect(server.services.audit.audited(asked, broken)).rejects.toThrow('broken on the way')
    expect((await rows()).slice(before.length)).toEqual([
      expect.objectContaining({ outcome: { kind: 'failed', code: 'http.internal' } }),
    ])
  })
})
