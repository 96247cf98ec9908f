import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import { silentLog } from '../host/index.ts'
import type { DeclaredRoute } from '../http/index.ts'
import { portRoutes, withoutPatterns } from './served-routes.contract.ts'
import { startServer, type RunningServer } from './server.ts'

/** Whether a private project or group exists is nobody's business who may not see it: not by any route, in any part of its answer. */

let root: string
let server: RunningServer
let hiddenId: number
const credentials: Record<string, Readonly<Record<string, string>>> = {}
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-existence-'))
  const [data, anchor] = [join(root, 'data'), join(root, 'anchor')]
  server = await startServer({ data, listen: '127.0.0.1:0', anchor, log: silentLog })
  const { access } = server.services
  const hidden = await access.createProject({ path: 'acme/hidden' })
  hiddenId = hidden.id
  const { id: ownId } = await access.createProject({ path: 'other/own' })
  const { id: userId } = await access.createUser({ login: 'ada' })
  await access.setMember({ path: 'other', login: 'ada', role: 'owner' })
  const secretOf = async (request: Parameters<typeof access.createToken>[0]): Promise<string> =>
    (await access.createToken(request)).token.reveal()
  const bound = await secretOf({ login: 'ada', within: 'other', scopes: ['api'] })
  const deploy = await secretOf({ kind: 'deploy', within: 'other', scopes: ['write_package_registry'] })
  const grant = { jobId: 7, projectId: ownId, userId, expiresAtMs: Date.now() + 600_000 }
  const job = (await access.issueJobToken(grant)).reveal()
  Object.assign(credentials, {
    nobody: {},
    'a stranger': { 'private-token': await secretOf({ login: 'ada', scopes: ['api'] }) },
    'a stranger who reads': { 'private-token': await secretOf({ login: 'ada', scopes: ['read_api'] }) },
    'a token of another group': { 'private-token': bound },
    'a deploy token of another group': { 'deploy-token': deploy },
    'a job of another project': { 'job-token': job },
    'a job of another project, by Basic': {
      authorization: `Basic ${Buffer.from(`gitlab-ci-token:${job}`).toString('base64')}`,
    },
  })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

const ABSENT_ID = 7654
const WHO = [
  'nobody',
  'a wrong token',
  'a stranger',
  'a stranger who reads',
  'a token of another group',
  'a deploy token of another group',
  'a job of another project',
  'a job of another project, by Basic',
]

interface Seen {
  readonly status: number
  readonly reason: string
  readonly headers: object
  readonly body: string
}

/** Everything of the answer but the time and the request's own id, which are of one length. */
async function see(
  route: DeclaredRoute,
  id: string,
  headers: Readonly<Record<string, string>>,
): Promise<Seen> {
  const path = withoutPatterns(route.path).replace(':id', id).replaceAll(/:\w+/g, '1')
  const body = route.method === 'GET' ? {} : { body: '{}' }
  const json = { 'content-type': 'application/json' }
  const answer = await fetch(`${server.url}${path}`, {
    method: route.method,
    headers: { ...headers, ...(route.method === 'GET' ? {} : json) },
    redirect: 'manual',
    ...body,
  })
  const { date, 'x-request-id': requestId = '', ...rest } = Object.fromEntries(answer.headers)
  expect(date).toBeDefined()
  const text = (await answer.text()).replaceAll(requestId, 'id')
  return { status: answer.status, reason: answer.statusText, headers: rest, body: text }
}

const ofPlaces = portRoutes().filter(({ path }) => /\/(?:projects|groups)\/:id/.test(path))

it('there are routes of projects and of groups', () => {
  expect(ofPlaces.length).toBeGreaterThan(8)
  expect(ofPlaces.filter(({ path }) => path.includes('/groups/')).length).toBeGreaterThan(0)
})

describe.each(ofPlaces.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s',
  (_name, route) => {
    it.each(WHO)('tells %s nothing of what is there', async (who) => {
      // One of its own for each route: after many tries it would be told to wait.
      const wrong = { 'private-token': `glpat-${sha256Hex(route.method + route.path)}` }
      const headers = who === 'a wrong token' ? wrong : (credentials[who] ?? {})
      const isGroup = route.path.includes('/groups/')
      const [path, absent] = isGroup ? ['acme', 'none'] : ['acme%2Fhidden', 'acme%2Fabsent']
      const byId = await see(route, String(isGroup ? 1 : hiddenId), headers)
      expect([401, 403, 404]).toContain(byId.status)
      expect(byId.body).not.toContain('acme')
      // From one address only so many wrong tokens are taken in a minute.
      const others = who === 'a wrong token' ? [path] : [String(ABSENT_ID), path, absent, 'none%2Fnone']
      for (const id of others) expect(await see(route, id, headers), id).toEqual(byId)
    })
  },
)

it('a list has what one may see, and counts nothing else', async () => {
  const listed = async (who: string) => {
    const answer = await fetch(`${server.url}/api/v4/projects`, { headers: credentials[who] ?? {} })
    const rows = (await answer.json()) as { path_with_namespace: string }[]
    return [answer.headers.get('x-total'), rows.map((row) => row.path_with_namespace)]
  }
  expect(await listed('nobody')).toEqual(['0', []])
  for (const who of ['a stranger', 'a stranger who reads', 'a token of another group'])
    expect(await listed(who), who).toEqual(['1', ['other/own']])
})

it('nobody learns of a project by trying to make it', async () => {
  const create = async (body: object) => {
    const headers = { ...credentials['a stranger'], 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(`${server.url}/api/v4/projects`, init)
    const { requestId, ...rest } = (await answer.json()) as { requestId: string }
    expect(requestId).toBeDefined()
    return [answer.status, rest]
  }
  const refused = await create({ name: 'hidden', namespace_id: 1 })
  expect(refused).toMatchObject([404, { code: 'access.unknown-group' }])
  expect(await create({ name: 'absent', namespace_id: 1 })).toEqual(refused)
  expect(await create({ name: 'absent', namespace_id: ABSENT_ID })).toEqual(refused)
})
