import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Access } from '../access/index.ts'
import { startPeopleServer, type PeopleServer } from './people-server.contract.ts'

let people: PeopleServer
let access: Access
beforeAll(async () => {
  people = await startPeopleServer()
  access = people.access
})
afterAll(() => people.close())

const tokenOf: PeopleServer['tokenOf'] = (request) => people.tokenOf(request)
const ask: PeopleServer['ask'] = (...asked) => people.ask(...asked)
const statusOf: PeopleServer['statusOf'] = (...asked) => people.statusOf(...asked)

describe('who asks what the server is', () => {
  it('is told with a token that reads, and not without one', async () => {
    const reads = await tokenOf({ scopes: ['read_api'] })
    expect((await ask('/version', reads)).body).toEqual({ version: '18.9.0', revision: 'wheelseal' })
    expect((await ask('/metadata', reads)).body).toMatchObject({ version: '18.9.0', enterprise: false })
    expect([await statusOf('/version'), await statusOf('/version', 'glpat-wrong')]).toEqual([401, 401])
    expect(await statusOf('/version', await tokenOf({ scopes: ['read_metrics'] }))).toBe(403)
  })
})

describe('a token', () => {
  it('tells its user, and of an administrator that it is one', async () => {
    expect((await ask('/user', await tokenOf({ scopes: ['read_api'] }))).body).toMatchObject({
      username: 'ada',
      email: 'ada@example.test',
      state: 'active',
      bot: false,
    })
    expect((await ask('/user', await tokenOf({}))).body).not.toHaveProperty('is_admin')
    const { body } = await ask('/user', await tokenOf({ login: 'root' }))
    expect(body).toMatchObject({ username: 'root', is_admin: true })
  })

  it('of a project tells its bot', async () => {
    const { token } = await access.createToken({ within: 'acme/one', scopes: ['api'] })
    expect((await ask('/user', token.reveal())).body).toMatchObject({ bot: true })
  })

  it('for deploying is nobody here', async () => {
    const scopes = ['read_package_registry']
    const { token } = await access.createToken({ kind: 'deploy', within: 'acme/one', scopes })
    const headers = { 'deploy-token': token.reveal() }
    for (const path of ['/user', '/version', '/personal_access_tokens/self'])
      expect(await statusOf(path, undefined, { headers }), path).toBe(401)
  })

  it('shows itself without its secret, and ends when it asks for that', async () => {
    const expiresAtMs = Date.parse('2099-01-31T00:00:00Z')
    const token = await tokenOf({ scopes: ['read_metrics'], name: 'laptop', expiresAtMs })
    const { body } = await ask('/personal_access_tokens/self', token)
    expect(body).toMatchObject({
      name: 'laptop',
      active: true,
      revoked: false,
      scopes: ['read_metrics'],
      expires_at: '2099-01-31',
    })
    expect(JSON.stringify(body)).not.toContain(token)
    const ended = await ask('/personal_access_tokens/self', token, { method: 'DELETE' })
    expect([ended.status, ended.body]).toEqual([204, undefined])
    expect(await statusOf('/personal_access_tokens/self', token)).toBe(401)
    const { rows } = await people.audit()
    expect(rows.at(-1)).toMatchObject({ action: 'token.revoke', details: { by: 'ada' }, outcome: 'done' })
  })

  it('that is wrong is told when to try again, once it was tried too often, and no other is', async () => {
    const headers = { 'private-token': 'glpat-again-and-again' }
    const tries = Array.from({ length: 60 }, () => statusOf('/version', undefined, { headers }))
    expect(new Set(await Promise.all(tries))).toEqual(new Set([401]))
    const last = await ask('/version', undefined, { headers })
    expect([last.status, last.body]).toMatchObject([429, { code: 'access.too-many-tries' }])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(1)
    expect(await statusOf('/version', await tokenOf({}))).toBe(200)
  })
})

const { publicKey: somebodysKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** Why the authority gives no certificate to who cannot prove to have the key. */
async function refusedFor(token: string): Promise<string> {
  const content = somebodysKey.export({ type: 'spki', format: 'pem' })
  const key = { publicKey: { algorithm: 'ECDSA', content }, proofOfPossession: 'AA==' }
  const body = JSON.stringify({ credentials: { oidcIdentityToken: token }, publicKeyRequest: key })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${people.server.url}/api/v2/signingCert`, { method: 'POST', headers, body })
  return /\(([\w.-]+)\)/.exec(await answer.text())?.[1] ?? ''
}

describe('a job', () => {
  it('tells itself and its pipeline, by both of its carriers, until it has ended', async () => {
    const commit = { repositoryUrl: 'https://git.example/x.git', sha: 'a'.repeat(40), ref: 'main' }
    const project = await access.findProject('acme/one')
    const { user } = await access.user('ada')
    const { pipelines } = people.server.services
    const runner = await pipelines.createRunner({ description: 'x' })
    await pipelines.create({
      project: project!,
      user: { ...user, accessLevel: null },
      source: 'push',
      commit: { ...commit, refType: 'branch' },
      config: {
        path: '.gitlab-ci.yml',
        text: 'build: { script: echo, id_tokens: { ID: { aud: sigstore } } }',
      },
      variables: [],
    })
    const payload = await pipelines.requestJob({ runnerToken: runner.token.reveal(), info: {} })
    const token = payload!.token
    const basic = `Basic ${Buffer.from(`gitlab-ci-token:${token}`).toString('base64')}`
    for (const headers of [{ 'job-token': token }, { authorization: basic }] as Record<string, string>[])
      expect((await ask('/job', undefined, { headers })).body).toMatchObject({
        id: payload!.id,
        name: 'build',
        status: 'running',
        ref: 'main',
        user: { username: 'ada' },
        pipeline: { project_id: project!.id, source: 'push', sha: 'a'.repeat(40) },
      })
    expect(await statusOf('/job', token)).toBe(401)
    const headers = { 'job-token': token }
    expect(await statusOf(`/projects/${project!.id}`, undefined, { headers })).toBe(200)
    const variables = payload!.variables as readonly { readonly key: string; readonly value: string }[]
    const idToken = variables.find(({ key }) => key === 'ID')?.value ?? ''
    expect(await refusedFor(idToken)).not.toMatch(/^identity/)
    await access.setBlocked('ada', 'blocked')
    expect(await statusOf('/job', undefined, { headers })).toBe(401)
    expect(await refusedFor(idToken)).toBe('identity.token-time')
    await access.setBlocked('ada', 'active')
    await pipelines.updateJob({ jobId: payload!.id, token }, { state: 'success' })
    expect(await statusOf('/job', undefined, { headers })).toBe(401)
    expect(await statusOf('/job')).toBe(401)
    expect(await statusOf('/job', await tokenOf({}))).toBe(401)
  })
})
