import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../base/index.ts'
import { silentLog } from '../host/index.ts'
import type { DeclaredRoute } from '../http/index.ts'
import { adminApp } from './routes.ts'
import { portRoutes, socketRoutes, withoutPatterns } from './served-routes.contract.ts'
import { startServer, type RunningServer } from './server.ts'

let root: string
let server: RunningServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-routes-'))
  const [data, anchor] = [join(root, 'data'), join(root, 'anchor')]
  await mkdir(join(data, 'policies'), { recursive: true })
  await writeFile(join(data, 'wheelseal.toml'), GATE)
  await writeFile(join(data, 'policies', 'gate.toml'), 'version = 1\n[unlisted]\nunsigned = "allow"\n')
  server = await startServer({ data, listen: '127.0.0.1:0', anchor, log: silentLog })
  await post('/admin/projects', { path: 'acme/tools', visibility: 'private' })
  await post('/admin/users', { login: 'ada', isAdministrator: false })
  await post('/admin/pipelines', PIPELINE)
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

/** Its name stands for every parameter of a path. */
const GATE = `
[[gates]]
name = "1"
policy = "policies/gate.toml"
read = "tokens"
[[gates.upstreams]]
name = "1"
url = "http://127.0.0.1:9/simple/"
trust = "private"
`

const PIPELINE = {
  project: 'acme/tools',
  user: 'ada',
  commit: {
    repositoryUrl: 'https://git.example/acme/tools.git',
    sha: 'a'.repeat(40),
    ref: 'main',
    title: 'x',
    author: 'Ada <ada@example.test>',
    timestamp: '2026-01-01T00:00:00Z',
  },
  config: { path: '.gitlab-ci.yml', text: 'build: { script: echo }' },
  variables: [],
}

async function post(path: string, body: object): Promise<void> {
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await adminApp(server.services, silentLog).request(`http://admin${path}`, init)
  if (!answer.ok) throw new Error(await answer.text())
}

/** A path that the route matches: the first job, a project that is there, something else for the rest. */
function pathOf({ path }: Pick<DeclaredRoute, 'path'>): string {
  // git's routes are known by how they end.
  const [, end] = /\.\+\/(info\/refs|git-[a-z]+-pack)\}$/.exec(path) ?? []
  if (end !== undefined) return `/acme/tools.git/${end}?service=git-upload-pack`
  const id = path.includes('/projects/') ? 'acme%2Ftools' : '1'
  return withoutPatterns(path).replace(':id', id).replaceAll(/:\w+/g, '1')
}

interface Answer {
  readonly status: number
  readonly code: unknown
}

/** The answer to a request whose body is announced and does not come, but for `sent`. */
async function ask({ method, path }: DeclaredRoute, headers: readonly string[], sent = ''): Promise<Answer> {
  const { host, hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  const length = `Content-Length: ${sent === '' ? 1000 : sent.length}`
  const head = [`${method} ${pathOf({ path })} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers]
  socket.write([...head, ...(method === 'GET' ? [] : [length]), '', sent].join('\r\n'))
  let text = ''
  socket.on('data', (bytes: Buffer) => (text += bytes.toString()))
  await once(socket, 'end')
  socket.destroy()
  const code = /(?:"code":"|\()((?:access|identity|pipelines)\.[\w-]+)/.exec(text)?.[1]
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), code }
}

const JSON_TYPE = 'Content-Type: application/json'
const NO_CREDENTIAL = { status: 401, code: 'access.unauthenticated' }
/** In git's own words, as text. */
const GIT_REFUSAL = { status: 401, code: undefined }
const NO_RUNNER = { status: 403, code: 'pipelines.runner-token' }
const NO_JOB = { status: 403, code: 'pipelines.job-token' }

/** Rights to which a personal token may lead. */
const WITH_TOKEN = [
  'visitor',
  'personal token',
  'any personal token',
  'read_metrics',
  'gate reader',
  'read_project',
  'admin_project',
  'read_code',
  'create_pipeline',
  'read_packages',
  'create_package',
  'destroy_package',
  'admin_packages',
  'read_pipelines',
  'read_artifacts',
  'run_pipelines',
  'erase_jobs',
  'destroy_pipelines',
  'create_runner',
]

/** What a request gets that brings a wrong token, or none, by the right of its route. */
const REFUSALS: Readonly<Record<string, readonly [headers: readonly string[], answer: Answer]>> = {
  'id token': [[JSON_TYPE], { status: 400, code: 'identity.token' }],
  'runner token': [[JSON_TYPE, 'Runner-Token: glrt-wrong'], NO_RUNNER],
  // The page of what is not there, with the form of a login.
  session: [['Cookie: wheelseal-session=wrong'], { status: 404, code: undefined }],
  'own job token': [['Job-Token: glcbt-wrong'], NO_CREDENTIAL],
  'job token': [[JSON_TYPE, 'Job-Token: glcbt-wrong'], NO_JOB],
  download_code: [[`Authorization: Basic ${btoa('any:glpat-wrong')}`], GIT_REFUSAL],
  push_code: [[`Authorization: Basic ${btoa('any:glpat-wrong')}`], GIT_REFUSAL],
  ...Object.fromEntries(
    WITH_TOKEN.map((action) => [action, [['Private-Token: glpat-wrong'], NO_CREDENTIAL] as const]),
  ),
}

/** Routes whose clients may put the token into the body, with a body that has a wrong one or none. */
const IN_BODY: Readonly<Record<string, readonly [sent: string, answer: Answer]>> = {
  'POST /api/v2/signingCert': ['{}', { status: 400, code: 'identity.token' }],
  'POST /_/oidc/mint-token': ['{"token":"wrong"}', { status: 422, code: 'identity.token' }],
  'POST /api/v4/runners/verify': ['{"token":"glrt-wrong"}', NO_RUNNER],
  'POST /api/v4/jobs/request': ['{"token":"glrt-wrong"}', NO_RUNNER],
  'POST /api/v4/runners/reset_authentication_token': ['{"token":"glrt-wrong"}', NO_RUNNER],
  'DELETE /api/v4/runners': ['{"token":"glrt-wrong"}', NO_RUNNER],
  'DELETE /api/v4/runners/managers': ['{"token":"glrt-wrong","system_id":"s_1"}', NO_RUNNER],
  'PUT /api/v4/jobs/:id': ['{"token":"glcbt-wrong","state":"success"}', NO_JOB],
}
/** Their clients send the token in the body, or in the header or the body, and the body counts first. */
const BODY_FIRST = ['POST /api/v2/signingCert', 'POST /_/oidc/mint-token']

const nameOf = ({ method, path }: DeclaredRoute): string => `${method} ${withoutPatterns(path)}`
const limited = portRoutes().filter(({ right }) => right !== 'anyone')

it('every route of the port and of the socket declares its right', () => {
  const all = [...portRoutes(), ...socketRoutes()]
  expect(all.filter(({ right }) => right === undefined)).toEqual([])
  expect(all.length).toBeGreaterThan(50)
})

describe('a request without the right', () => {
  const headerFirst = limited.filter((route) => !BODY_FIRST.includes(nameOf(route)))
  it.each(headerFirst.map((route) => [nameOf(route), route] as const))(
    'to %s is refused before its body has come',
    async (_name, route) => {
      const [headers, answer] = REFUSALS[route.right ?? ''] ?? [[], undefined]
      // One of its own for each route: after many tries it would be told to wait.
      const own = sha256Hex(nameOf(route)).slice(0, 16)
      const sent = headers.map((line) => line.replace(/glpat-wrong$/, `glpat-${own}`))
      expect(await ask(route, sent)).toEqual(answer)
    },
  )

  it.each(Object.entries(IN_BODY))(
    'to %s is refused by the token of its body',
    async (name, [sent, answer]) => {
      const route = limited.find((one) => nameOf(one) === name)
      expect(await ask(route!, [JSON_TYPE], sent)).toEqual(answer)
    },
  )
})

describe('the admin socket', () => {
  const administration = socketRoutes().filter(({ right }) => right === 'admin socket')

  it('has all that is below /admin, and all of it is for the socket only', () => {
    const below = socketRoutes().filter(({ path }) => path.startsWith('/admin'))
    expect(below.filter(({ right }) => right !== 'admin socket')).toEqual([])
    expect(below.length).toBeGreaterThan(10)
  })

  it('shares with the port only what asks for a right there', () => {
    const port = portRoutes()
    const shared = administration.flatMap((route) => port.filter((other) => nameOf(other) === nameOf(route)))
    expect(shared).toEqual([{ method: 'GET', path: '/metrics', right: 'read_metrics' }])
  })

  const own = administration.filter(({ path }) => path !== '/metrics')
  it.each(own.map((route) => [nameOf(route), route] as const))(
    'alone has %s',
    async (_name, { method, path }) => {
      const answer = await fetch(`${server.url}${pathOf({ path })}`, { method })
      const { message } = (await answer.json()) as { readonly message: string }
      expect([answer.status, message]).toEqual([404, '404 Not Found - this server has nothing at this path'])
    },
  )
})
