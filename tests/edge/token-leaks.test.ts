import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAdmin } from '../../src/server/index.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/**
 * Every kind of credential, by every carrier and in every place where it does not belong, at the loudest log. Then no
 * line of the log and no answer has it: a client that typed it into the wrong field reads its own mistake elsewhere.
 */

let folder: { path: string; remove: () => Promise<void> }
let server: Server
const secrets: Record<string, string> = {}

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'), undefined, ['--log-level', 'debug'])
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
  const make = async (...args: readonly string[]): Promise<string> =>
    String((await server.admin('token', 'create', ...args))['token'])
  secrets['personal token'] = await make('--user', 'ada', '--scope', 'api')
  const project = ['--project', 'acme/tools']
  secrets['project token'] = await make(...project, '--scope', 'api', '--role', 'developer')
  secrets['deploy token'] = await make(...project, '--deploy', '--scope', 'read_package_registry')
  await withAdmin(server.data, async (admin) => {
    const minted = await admin.mintIdToken({ project: 'acme/tools', ref: 'main', audience: 'sigstore' })
    secrets['id token'] = minted.token
    const runner = await admin.createRunner({ description: 'test' })
    secrets['runner token'] = runner.token
    await admin.createPipeline(PIPELINE)
    const asked = { token: runner.token, info: { name: 'test' } }
    const answer = await fetch(`${server.url}/api/v4/jobs/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    })
    secrets['job token'] = ((await answer.json()) as { token: string }).token
  })
  const revoked = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
  await server.admin('token', 'revoke', String(revoked['id']))
  secrets['revoked token'] = String(revoked['token'])
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const PIPELINE = {
  project: 'acme/tools',
  user: 'ada',
  commit: {
    repositoryUrl: '/nowhere',
    sha: 'a'.repeat(40),
    ref: 'main',
    title: 't',
    author: 'A <a@example.com>',
    timestamp: '2026-01-01T00:00:00Z',
  },
  config: { path: '.gitlab-ci.yml', text: 'work:\n  script: [echo hello]\n' },
  variables: [],
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** Headers in which a token comes, rightly or not. */
const HEADERS: readonly ((token: string) => Record<string, string>)[] = [
  (token) => ({ authorization: `Bearer ${token}` }),
  (token) => ({ authorization: basic('ada', token) }),
  (token) => ({ authorization: basic('gitlab-ci-token', token) }),
  (token) => ({ authorization: basic('__token__', token) }),
  (token) => ({ authorization: basic(token, '') }),
  (token) => ({ authorization: token }),
  (token) => ({ authorization: `token ${token}` }),
  (token) => ({ authorization: `Basic ${token}` }),
  ...[
    'private-token',
    'deploy-token',
    'job-token',
    'runner-token',
    'x-request-id',
    'user-agent',
    'cookie',
  ].map((name) => (token: string) => ({ [name]: token })),
  ...[
    'accept',
    'if-none-match',
    'range',
    'x-forwarded-for',
    'referer',
    'x-checksum-sha256',
    'content-type',
  ].map((name) => (token: string) => ({ [name]: token })),
]

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

const P = '/api/v4/projects/1/packages'
const json = { 'content-type': 'application/json' }
const FORM = { 'content-type': 'multipart/form-data; boundary=cut' }

/** One of each kind of route. */
const PLACES: readonly Asked[] = [
  { method: 'GET', path: `${P}/pypi/simple/demo/` },
  { method: 'GET', path: `${P}/generic/tools/1.0/absent` },
  { method: 'PUT', path: `${P}/generic/tools/1.0/file`, body: 'the bytes' },
  { method: 'POST', path: `${P}/pypi`, headers: FORM, body: formOf('demo', '1.0', 'demo-1.0.tar.gz') },
  { method: 'GET', path: P },
  { method: 'GET', path: '/api/v4/groups/acme/-/packages/pypi/simple/' },
  { method: 'GET', path: '/api/v4/user' },
  { method: 'GET', path: '/api/v4/job' },
  { method: 'GET', path: '/metrics' },
  { method: 'POST', path: '/api/v4/projects', headers: json, body: '{"path":"acme/tools"}' },
  { method: 'POST', path: '/api/v1/signingCert', headers: json, body: '{}' },
  { method: 'POST', path: '/api/v4/jobs/request', headers: json, body: '{}' },
  { method: 'PUT', path: '/api/v4/jobs/1', headers: json, body: '{}' },
]

function withHeaders(asked: Asked, headers: Record<string, string>): Asked {
  return { ...asked, headers: { ...asked.headers, ...headers } }
}

/** Requests that have a token where it does not belong. */
function misplaced(token: string): readonly Asked[] {
  const inPath = [
    `${P}/pypi/simple/demo/?private_token=${token}`,
    `${P}/generic/tools/1.0/file?job_token=${token}&access_token=${token}`,
    `/api/v4/user?private_token=${token}`,
    `/api/v4/projects/${token}/packages/pypi/simple/`,
    `/api/v4/groups/${token}/-/packages/pypi/simple/`,
    `${P}/pypi/simple/${token}/`,
    `${P}/generic/${token}/1.0/file`,
    `${P}/generic/tools/${token}/file`,
    `${P}/generic/tools/1.0/${token}`,
    `/${token}`,
    `/api/v4/projects/acme%2F${token}`,
    `${P}/pypi/files/${token}/${token}`,
  ]
  const bodies: readonly Asked[] = [
    { method: 'POST', path: `${P}/pypi`, headers: FORM, body: formOf(token, '1.0', 'demo-1.0.tar.gz') },
    { method: 'POST', path: `${P}/pypi`, headers: FORM, body: formOf('demo', token, 'demo-1.0.tar.gz') },
    { method: 'POST', path: `${P}/pypi`, headers: FORM, body: formOf('demo', '1.0', `${token}.tar.gz`) },
    { method: 'POST', path: `${P}/pypi`, headers: FORM, body: formOf('demo', '1.0', token) },
    { method: 'POST', path: '/_/oidc/mint-token', headers: json, body: JSON.stringify({ token }) },
    { method: 'POST', path: '/_/oidc/mint-token', headers: json, body: JSON.stringify({ [token]: 1 }) },
    {
      method: 'POST',
      path: '/api/v4/jobs/request',
      headers: json,
      body: JSON.stringify({ token, [token]: 1 }),
    },
    { method: 'PUT', path: '/api/v4/jobs/1', headers: json, body: JSON.stringify({ token, state: token }) },
    { method: 'POST', path: '/api/v4/projects', headers: json, body: JSON.stringify({ path: token }) },
    { method: 'POST', path: '/api/v1/log/entries', headers: json, body: JSON.stringify({ kind: token }) },
    {
      method: 'PUT',
      path: `${P}/pypi/rule`,
      headers: json,
      body: JSON.stringify({ kind: 'policy', policy: token }),
    },
    { method: 'PUT', path: `${P}/pypi/rule`, headers: json, body: JSON.stringify({ kind: token }) },
    { method: 'PUT', path: `${P}/pypi/settings`, headers: json, body: `{"identical_uploads":"${token}"}` },
  ]
  return [
    ...inPath.flatMap((path) => [
      { method: 'GET', path },
      { method: 'PUT', path, body: 'bytes' },
    ]),
    ...bodies,
  ]
}

function formOf(name: string, version: string, fileName: string): string {
  const field = (key: string, text: string): string =>
    `--cut\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${text}\r\n`
  const file = `--cut\r\nContent-Disposition: form-data; name="content"; filename="${fileName}"\r\n\r\nbytes\r\n`
  return `${field(':action', 'file_upload')}${field('name', name)}${field('version', version)}${file}--cut--\r\n`
}

/** Status line, headers and body, as they came; the path as it is written here. */
function ask({ method, path, headers = {}, body = '' }: Asked): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url)
  return new Promise((done, fail) => {
    const sent = request({ hostname, port, method, path, headers: { ...headers } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const { statusCode = 0, statusMessage = '', rawHeaders } = response
        const text = [statusMessage, ...rawHeaders, Buffer.concat(parts).toString()].join('\n')
        done({ status: statusCode, text })
      })
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

/** Long enough to be nobody else's, and as a normalised name has it too. */
const endOf = (token: string): string => token.slice(-16).toLowerCase()

async function leaksOf(token: string, all: readonly Asked[]): Promise<readonly string[]> {
  const leaks: string[] = []
  for (const asked of all) {
    const { status, text } = await ask(asked)
    if (status >= 400 && text.toLowerCase().includes(endOf(token)))
      leaks.push(`${asked.method} ${asked.path.replaceAll(token, 'TOKEN')} ${text.slice(0, 300)}`)
  }
  return leaks
}

const KINDS = [
  ...['personal token', 'project token', 'deploy token', 'id token'],
  ...['runner token', 'job token', 'revoked token'],
]

describe('no answer repeats', () => {
  it.each(KINDS)('a %s that came in a header', { timeout: 60_000 }, async (kind) => {
    const token = secrets[kind]!
    const all = HEADERS.flatMap((header) => PLACES.map((place) => withHeaders(place, header(token))))
    expect(await leaksOf(token, all)).toEqual([])
  })

  it.each(KINDS)('a %s that came where it does not belong', { timeout: 60_000 }, async (kind) => {
    const token = secrets[kind]!
    const known = { authorization: `Bearer ${secrets['personal token']}` }
    const all = misplaced(token).flatMap((asked) => [asked, withHeaders(asked, known)])
    expect(await leaksOf(token, all)).toEqual([])
  })
})

it('no line of the log has any of them', () => {
  const lines = server.logged().split('\n')
  expect(lines.length).toBeGreaterThan(500)
  const leaks = KINDS.flatMap((kind) => {
    const found = lines.filter((line) => line.toLowerCase().includes(endOf(secrets[kind]!)))
    return found.slice(0, 3).map((line) => `${kind}: ${line}`)
  })
  expect(leaks).toEqual([])
})
