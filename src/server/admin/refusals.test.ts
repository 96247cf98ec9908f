import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Log, LogFields } from '../../base/index.ts'
import { startServer, type RunningServer } from '../server.ts'

let root: string
let server: RunningServer
const lines: (LogFields & { readonly event: string; readonly level: string | undefined })[] = []
const log: Log = {
  event: (event, fields, level) => void lines.push({ ...fields, event, level }),
  failure: (event, error) => {
    throw new Error(event, { cause: error })
  },
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-refusals-'))
  const data = join(root, 'data')
  await mkdir(data)
  await writeFile(join(data, 'wheelseal.toml'), '[http]\nproxies = ["127.0.0.0/8"]\n')
  server = await startServer({ data, listen: '127.0.0.1:0', anchor: join(root, 'anchor'), log })
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const SUBJECT = 'project_path:acme/tools:ref_type:branch:ref:main'
const token = `${segment({ alg: 'RS256', kid: 'x' })}.${segment({ sub: SUBJECT, iss: 'https://other' })}.c2ln`
const key = { content: Buffer.from('no key').toString('base64') }
const json = { 'content-type': 'application/json' }

it.each([
  [
    'a certificate that the first API refuses',
    '/api/v1/signingCert',
    { body: { publicKey: key, signedEmailAddress: 'c2ln' }, claimedSubject: SUBJECT },
  ],
  [
    'a certificate that the second API refuses',
    '/api/v2/signingCert',
    { body: { publicKeyRequest: { publicKey: key, proofOfPossession: 'c2ln' } }, claimedSubject: SUBJECT },
  ],
  ['an entry that the log refuses', '/api/v1/log/entries', { body: { kind: 'hashedrekord' } }],
  ['a timestamp that is refused', '/api/v1/timestamp', { body: { artifactHash: 'x' } }],
  ['a job that is refused to a runner', '/api/v4/jobs/request', { body: { token: 'glrt-wrong' } }],
])(
  '%s is one line with the client, the reason and the id that the client has',
  async (_what, path, { body, ...more }) => {
    lines.splice(0)
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.9' },
      body: JSON.stringify(body),
    })
    const { requestId } = (await answer.json()) as { requestId: string }
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'request.refused',
        level: 'warn',
        requestId,
        client: '203.0.113.9',
        path,
        status: answer.status,
        code: expect.stringMatching(/^[a-z]+\./),
        reason: expect.any(String),
        ...more,
      }),
    ])
    expect(answer.headers.get('x-request-id')).toBe(requestId)
    expect(JSON.stringify(lines)).not.toMatch(/eyJ|glrt-wrong/)
  },
)

it('a page that a credential may not see is one line of the level warn', async () => {
  const { access } = server.services
  const { id: projectId } = await access.createProject({ path: 'acme/jobs' })
  const { id: userId } = await access.createUser({ login: 'ada' })
  const grant = { jobId: 7, projectId, userId, expiresAtMs: Date.now() + 60_000 }
  const job = (await access.issueJobToken(grant)).reveal()
  lines.splice(0)
  const authorization = `Basic ${Buffer.from(`gitlab-ci-token:${job}`).toString('base64')}`
  await fetch(`${server.url}/metrics`, { headers: { authorization } })
  expect(lines).toEqual([
    expect.objectContaining({ event: 'request.refused', level: 'warn', status: 403, job: 7 }),
  ])
})

it('a wrong job token is not written down as that of the job', async () => {
  lines.splice(0)
  await fetch(`${server.url}/api/v4/jobs/5/artifacts`, { headers: { 'job-token': 'glcbt-wrong' } })
  expect(lines).toEqual([expect.objectContaining({ event: 'request.refused', claimedJob: 5 })])
  expect(lines[0]).not.toHaveProperty('job')
})

it('a probe leaves its line at the level debug', async () => {
  lines.splice(0)
  await fetch(`${server.url}/readyz`)
  expect(lines).toEqual([expect.objectContaining({ event: 'request', level: 'debug', status: 200 })])
})
