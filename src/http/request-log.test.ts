import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LogFields, LogLevel } from '../base/index.ts'
import {
  basic,
  startPackagesServer,
  twineForm,
  WHEEL,
  type PackagesServer,
} from './packages-server.contract.ts'

let server: PackagesServer
let pypi: string
let secrets: {
  readonly user: string
  readonly readOnly: string
  readonly job: string
  readonly ended: string
}
beforeAll(async () => {
  server = await startPackagesServer()
  pypi = `/api/v4/projects/${server.projects.private.id}/packages/pypi`
  const ended = await server.jobToken(server.projects.private, 300)
  await server.access.revokeJobTokens(300)
  secrets = {
    user: await server.token('api'),
    readOnly: await server.token('read_api'),
    job: await server.jobToken(server.projects.private, 301),
    ended,
  }
})
afterAll(() => server.close())

type Line = LogFields & { readonly event: string; readonly level: LogLevel }

/** Sends a request, and gives its answer and its one line in the log. */
async function send(
  path: string,
  { method = 'GET', headers = {}, body }: Pick<RequestInit, 'method' | 'body'> & { headers?: object } = {},
): Promise<{ readonly answer: Response; readonly text: string; readonly line: Line }> {
  server.requests.splice(0)
  const url = `http://127.0.0.1:${server.port}${path}`
  const init = { method, headers: { ...headers }, redirect: 'manual', body: body ?? null } as const
  const answer = await fetch(url, init)
  const text = await answer.text()
  expect(server.requests).toHaveLength(1)
  return { answer, text, line: server.requests[0] as Line }
}

const upload = (token: string, content = 'content') =>
  send(pypi, { method: 'POST', headers: { authorization: basic('ada', token) }, body: twineForm(content) })

it('each request leaves one line, whose id the client is told', async () => {
  const { answer, line } = await upload(secrets.user)
  const requestId = answer.headers.get('x-request-id')
  expect(requestId).toMatch(/^[0-9a-f]{16}$/)
  expect(line).toEqual({
    event: 'request',
    level: 'info',
    requestId,
    client: '127.0.0.1',
    method: 'POST',
    path: pypi,
    status: 201,
    ms: expect.any(Number),
    project: 'group/private',
    user: 'ada',
    token: expect.any(Number),
  })
})

it.each([
  ['without a credential', {}, { status: 401, code: 'access.unauthenticated' }],
  [
    'with a wrong token',
    { authorization: basic('ada', 'glpat-wrong') },
    { status: 401, code: 'access.unauthenticated', credential: 'personal' },
  ],
])('an upload %s is one line of the level warn', async (_how, headers, expected) => {
  const { line, text } = await send(pypi, { method: 'POST', headers, body: twineForm('content') })
  expect(line).toMatchObject({
    event: 'request.refused',
    level: 'warn',
    client: '127.0.0.1',
    project: 'group/private',
    reason: expect.any(String),
    ...expected,
  })
  expect(JSON.parse(text)).toMatchObject({ requestId: line['requestId'], code: expected.code })
})

it('a token that may only read is named by its id, and so is a job whose token has ended', async () => {
  const { line } = await upload(secrets.readOnly)
  expect(line).toMatchObject({
    event: 'request.refused',
    status: 403,
    code: 'access.forbidden',
    project: 'group/private',
    user: 'ada',
    token: expect.any(Number),
  })
  const ended = await send(pypi, { headers: { authorization: basic('gitlab-ci-token', secrets.ended) } })
  expect(ended.line).toMatchObject({ status: 404 })
  const refused = await send(`${pypi}/simple`, {
    headers: { authorization: basic('gitlab-ci-token', secrets.ended) },
  })
  expect(refused.line).toMatchObject({ event: 'request.refused', status: 401, credential: 'job' })
})

it('an upload that is refused has its code, and a project that may not be seen is a refusal', async () => {
  await upload(secrets.user)
  const taken = await upload(secrets.user, 'other bytes')
  expect(taken.line).toMatchObject({
    event: 'request.refused',
    status: 400,
    code: 'registry.file-taken',
    user: 'ada',
  })
  const elsewhere = await send('/api/v4/projects/group%2Fnone/packages/pypi/simple', {
    headers: { authorization: basic('ada', secrets.user) },
  })
  expect(elsewhere.line).toMatchObject({
    event: 'request.refused',
    status: 404,
    code: 'access.unknown-project',
    project: 'group/none',
  })
})

it('a package that is not there refuses nobody', async () => {
  const { line } = await send(`${pypi}/simple/nothing/`, {
    headers: { authorization: basic('ada', secrets.user) },
  })
  expect(line).toMatchObject({
    event: 'request',
    level: 'info',
    status: 404,
    code: 'registry.unknown-package',
  })
})

it('a route that is not there and a foreign host have the id in their body too', async () => {
  const nowhere = await send('/nowhere')
  expect(JSON.parse(nowhere.text)).toMatchObject({ requestId: nowhere.line['requestId'] })
  server.requests.splice(0)
  await server.raw('GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n')
  expect(server.requests[0]).toMatchObject({ event: 'request.refused', status: 421 })
})

it('no line holds a secret, a query, an id that a client chose, or more of a text than fits', async () => {
  const long = 'x'.repeat(4000)
  const headers = { 'private-token': secrets.readOnly, 'job-token': secrets.job, 'x-request-id': 'given' }
  const sent = [
    await send(`/api/v4/projects/${long}/packages/pypi/simple?private_token=${secrets.user}`, { headers }),
    await send(`${pypi}/files/${'0'.repeat(64)}/${WHEEL}?a=${secrets.job}`, { headers }),
    await send(pypi, { method: 'POST', headers: { authorization: `Bearer ${secrets.ended}` } }),
    await send(pypi, { method: 'POST', headers: { authorization: `Token ${secrets.ended}` } }),
  ]
  const all = JSON.stringify(sent.map(({ line }) => line))
  for (const secret of Object.values(secrets)) expect(all).not.toContain(secret)
  expect(all).not.toMatch(/x{400}|given/)
})

it('a proxy of the configuration is believed about the client and the id, and nobody else is', async () => {
  const headers = { 'x-forwarded-for': '1.2.3.4, 203.0.113.9', 'x-request-id': 'proxy-7.a' }
  const direct = await send('/nowhere', { headers })
  expect(direct.line).toMatchObject({ client: '127.0.0.1' })
  expect(direct.answer.headers.get('x-request-id')).not.toBe('proxy-7.a')
  server.proxies.addAddress('127.0.0.1')
  const behind = await send('/nowhere', { headers })
  expect(behind.line).toMatchObject({ client: '203.0.113.9', requestId: 'proxy-7.a' })
  const hostile = await send('/nowhere', { headers: { ...headers, 'x-request-id': 'a"b' } })
  expect(hostile.line['requestId']).toMatch(/^[0-9a-f]{16}$/)
})
