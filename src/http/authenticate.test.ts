import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startPackagesServer, twineForm, type PackagesServer } from './packages-server.contract.ts'

let server: PackagesServer
let secrets: Readonly<Record<string, string>>
beforeAll(async () => {
  server = await startPackagesServer()
  const expired = await server.token('api')
  server.moveClock(60_000)
  const ended = await server.jobToken(server.projects.private, 300)
  await server.access.revokeJobTokens(300)
  secrets = {
    api: await server.token('api'),
    readApi: await server.token('read_api'),
    expired,
    ended,
    here: await server.jobToken(server.projects.private, 301),
    deployRead: (await deployToken('group/private', 'read_package_registry')).token,
    deployWrite: (await deployToken('group/private', 'write_package_registry')).token,
    guest: await memberToken('guest'),
    reporter: await memberToken('reporter'),
    developer: await memberToken('developer'),
    stranger: await memberToken(undefined),
    ofGroup: await projectToken('group'),
    ofProject: await projectToken('group/private'),
    elsewhere: await server.jobToken(server.projects.public, 302),
  }
})
afterAll(() => server.close())

let deployUser = ''
async function deployToken(within: string, scope: string): Promise<{ readonly token: string }> {
  const { token, user } = await server.access.createToken({ kind: 'deploy', within, scopes: [scope] })
  deployUser = user.login
  return { token: token.reveal() }
}

/** Of a user with that role in the group of all three projects. */
async function memberToken(role: string | undefined): Promise<string> {
  const login = `a-${role ?? 'stranger'}`
  await server.access.createUser({ login })
  if (role !== undefined) await server.access.setMember({ path: 'group', login, role })
  return (await server.access.createToken({ login, scopes: ['api'] })).token.reveal()
}

async function projectToken(within: string): Promise<string> {
  return (await server.access.createToken({ within, scopes: ['api'] })).token.reveal()
}

const secret = (name: string): string => secrets[name] ?? name
type Send = () => Readonly<Record<string, string>>

const CALLERS: Readonly<Record<string, Send>> = {
  anonymous: () => ({}),
  'wrong token': () => ({ authorization: basic('ada', 'glpat-wrong') }),
  'expired token': () => ({ authorization: basic('ada', secret('expired')) }),
  'wrong job token': () => ({ authorization: basic('gitlab-ci-token', 'bad') }),
  'ended job token': () => ({ authorization: basic('gitlab-ci-token', secret('ended')) }),
  'job token as another user': () => ({ authorization: basic('ada', secret('here')) }),
  'job token': () => ({ authorization: basic('gitlab-ci-token', secret('here')) }),
  'job token of another project': () => ({ authorization: basic('gitlab-ci-token', secret('elsewhere')) }),
  'token, read_api': () => ({ authorization: basic('anybody', secret('readApi')) }),
  'token, api': () => ({ authorization: basic('anybody', secret('api')) }),
  'PRIVATE-TOKEN': () => ({ 'private-token': secret('api') }),
  Bearer: () => ({ authorization: `Bearer ${secret('api')}` }),
  'JOB-TOKEN': () => ({ 'job-token': secret('here') }),
  'wrong JOB-TOKEN': () => ({ 'job-token': 'bad' }),
  'wrong PRIVATE-TOKEN': () => ({ 'private-token': 'bad' }),
  'DEPLOY-TOKEN, read': () => ({ 'deploy-token': secret('deployRead') }),
  'DEPLOY-TOKEN, write': () => ({ 'deploy-token': secret('deployWrite') }),
  'deploy token with its user name': () => ({
    authorization: basic(deployUser, secret('deployWrite')),
  }),
  'deploy token with another user name': () => ({ authorization: basic('ada', secret('deployWrite')) }),
  'deploy token as Bearer': () => ({ authorization: `Bearer ${secret('deployWrite')}` }),
  'deploy token as PRIVATE-TOKEN': () => ({ 'private-token': secret('deployWrite') }),
  'personal token as DEPLOY-TOKEN': () => ({ 'deploy-token': secret('api') }),
  'a guest': () => ({ 'private-token': secret('guest') }),
  'a reporter': () => ({ authorization: basic('x', secret('reporter')) }),
  'a developer': () => ({ authorization: basic('x', secret('developer')) }),
  'a stranger': () => ({ authorization: basic('x', secret('stranger')) }),
  'token of the group': () => ({ 'private-token': secret('ofGroup') }),
  'token of the private project': () => ({ 'private-token': secret('ofProject') }),
  'another scheme': () => ({ authorization: 'Digest x' }),
  'Basic without colon': () => ({ authorization: `Basic ${Buffer.from('x').toString('base64')}` }),
  'Basic that is not base64': () => ({ authorization: 'Basic ???' }),
}

/** Status for: index of the public, internal, private and an unknown project; upload to public, private. */
const PYPI: Readonly<Record<string, readonly number[]>> = {
  anonymous: [200, 401, 401, 401, 401, 401],
  'wrong token': [200, 401, 401, 401, 401, 401],
  'expired token': [200, 401, 401, 401, 401, 401],
  'wrong job token': [401, 401, 401, 401, 401, 401],
  'ended job token': [401, 401, 401, 401, 401, 401],
  'job token as another user': [200, 401, 401, 401, 401, 401],
  'job token': [200, 200, 200, 404, 403, 201],
  'job token of another project': [200, 200, 404, 404, 201, 404],
  'token, read_api': [200, 200, 200, 404, 403, 403],
  'token, api': [200, 200, 200, 404, 201, 201],
  'PRIVATE-TOKEN': [200, 200, 200, 404, 201, 201],
  Bearer: [200, 200, 200, 404, 201, 201],
  'JOB-TOKEN': [200, 401, 401, 401, 401, 401],
  'wrong JOB-TOKEN': [200, 401, 401, 401, 401, 401],
  'wrong PRIVATE-TOKEN': [200, 401, 401, 401, 401, 401],
  'DEPLOY-TOKEN, read': [200, 404, 200, 404, 403, 403],
  'DEPLOY-TOKEN, write': [200, 404, 200, 404, 403, 201],
  'deploy token with its user name': [200, 404, 200, 404, 403, 201],
  'deploy token with another user name': [200, 401, 401, 401, 401, 401],
  'deploy token as Bearer': [200, 404, 200, 404, 403, 201],
  'deploy token as PRIVATE-TOKEN': [200, 401, 401, 401, 401, 401],
  'personal token as DEPLOY-TOKEN': [200, 401, 401, 401, 401, 401],
  'a guest': [200, 200, 403, 404, 403, 403],
  'a reporter': [200, 200, 200, 404, 403, 403],
  'a developer': [200, 200, 200, 404, 201, 201],
  'a stranger': [200, 200, 404, 404, 403, 404],
  'token of the group': [200, 200, 200, 404, 201, 201],
  'token of the private project': [200, 404, 200, 404, 403, 201],
  'another scheme': [401, 401, 401, 401, 401, 401],
  'Basic without colon': [401, 401, 401, 401, 401, 401],
  'Basic that is not base64': [401, 401, 401, 401, 401, 401],
}

/** The same for generic routes, where they differ: there the header JOB-TOKEN counts. */
const GENERIC: typeof PYPI = {
  ...PYPI,
  'JOB-TOKEN': [200, 200, 200, 404, 403, 201],
  'wrong JOB-TOKEN': [401, 401, 401, 401, 401, 401],
}

function call(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/api/v4/projects/${path}`, { redirect: 'manual', ...init })
}

const READ = ['group%2Fsub%2fpublic', 'group%2Finternal', 'group%2Fprivate', '999']
const WRITE = ['group%2Fsub%2Fpublic', 'group%2Fprivate']

describe.each(Object.keys(CALLERS))('%s', (name) => {
  const headers = (): Readonly<Record<string, string>> => CALLERS[name]?.() ?? {}

  it('gets from PyPI routes what the table says', async () => {
    const reads = READ.map((id) => call(`${id}/packages/pypi/simple`, { headers: headers() }))
    const uploads = WRITE.map((id) =>
      call(`${id}/packages/pypi`, { method: 'POST', headers: headers(), body: twineForm('content') }),
    )
    const answers = await Promise.all([...reads, ...uploads])
    expect(answers.map(({ status }) => status)).toEqual(PYPI[name])
    challenges(answers)
  })

  it('gets from generic routes what the table says', async () => {
    const { internal, private: own, public: open } = server.projects
    const place = { name: 'p', version: '1', fileName: 'f' }
    for (const project of [internal, own, open])
      await server.registry.generic.put(project, { ...place, bytes: oneChunk() })
    const reads = READ.map((id) => call(`${id}/packages/generic/p/1/f`, { headers: headers() }))
    const puts = WRITE.map((id) =>
      call(`${id}/packages/generic/p/1/f`, { method: 'PUT', headers: headers(), body: 'content' }),
    )
    const answers = await Promise.all([...reads, ...puts])
    expect(answers.map(({ status }) => status)).toEqual(GENERIC[name])
    challenges(answers)
  })
})

async function* oneChunk(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('content')
}

/** Installers send credentials when they are asked for them, and only then. */
function challenges(answers: readonly Response[]): void {
  for (const { status, headers } of answers) {
    expect(headers.get('www-authenticate')).toBe(
      status === 401 ? 'Basic realm="GitLab Packages Registry"' : null,
    )
  }
}

it('takes a project by its number, and no other spelling of it', async () => {
  const { id } = server.projects.public
  expect((await call(`${id}/packages/pypi/simple`)).status).toBe(200)
  for (const other of [
    `0${id}`,
    `+${id}`,
    `${id}.0`,
    `%20${id}`,
    '0',
    '-1',
    '9'.repeat(30),
    'public',
    'GROUP%2Fsub%2Fpublic',
    'group%252Fsub%252Fpublic',
    'group%5Csub%5Cpublic',
    '%00',
    '%ff',
  ])
    expect((await call(`${other}/packages/pypi/simple`)).status).toBe(401)
})

it('lets a token end with its job, at once', async () => {
  const token = await server.jobToken(server.projects.private, 400)
  const headers = { 'job-token': token }
  const ask = (): Promise<Response> => call('group%2Fprivate/packages/generic/p/1/f', { headers })
  expect((await ask()).status).toBe(200)
  await server.access.revokeJobTokens(400)
  expect((await ask()).status).toBe(401)
})

it('writes no token into the log or an answer', async () => {
  const texts = await Promise.all(
    Object.values(CALLERS).map(async (send) =>
      (await call('999/packages/pypi/simple', { headers: send() })).text(),
    ),
  )
  const everything = [server.logged(), ...texts].join('\n')
  for (const value of Object.values(secrets)) expect(everything).not.toContain(value)
  expect(server.logged()).toContain('"job":301')
})

it('a JOB-TOKEN that a PyPI route does not read is refused in words that help', async () => {
  const url = `http://127.0.0.1:${server.port}/api/v4/projects/${server.projects.private.id}/packages/pypi`
  const headers = { 'job-token': secret('here') }
  const answer = await fetch(url, { method: 'POST', headers, body: twineForm('content') })
  expect([answer.status, await answer.json()]).toEqual([
    401,
    expect.objectContaining({
      code: 'access.unauthenticated',
      message: '401 Unauthorized - this route does not accept the header JOB-TOKEN',
      hint: expect.stringContaining('as the password of the user gitlab-ci-token') as string,
    }),
  ])
})
