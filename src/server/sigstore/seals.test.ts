import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../access/index.ts'
import { utf8, type Files, type Http } from '../../base/index.ts'
import { formatLogEntry, type LogEntry } from '../../formats/sigstore/index.ts'
import { silentLog, systemClock } from '../../host/index.ts'
import { entry, leaf, signature } from '../../verify/arrange.ts'
import { startServer, type RunningServer } from '../server.ts'
import { remoteLogEntries } from './log-entries.ts'
import { issuersByProject, readSealRoots } from './seals.ts'

let root: string
let server: RunningServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-seals-'))
  const [data, anchor] = [join(root, 'data'), join(root, 'anchor')]
  server = await startServer({ data, listen: '127.0.0.1:0', anchor, log: silentLog })
  const { access } = server.services
  await access.createProject({ path: 'acme/tools', visibility: 'public' })
  for (const [login, role] of [
    ['ada', 'maintainer'],
    ['dev', 'developer'],
  ] as const) {
    await access.createUser({ login })
    await access.setMember({ path: 'acme/tools', login, role })
  }
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

const RULE = '/api/v4/projects/acme%2Ftools/packages/pypi/rule'

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${server.url}${path}`, init)
  return { status: answer.status, json: await answer.json() }
}

async function token(scope: Scope, login = 'ada'): Promise<string> {
  return (await server.services.access.createToken({ login, scopes: [scope] })).token.reveal()
}

async function jobToken(): Promise<string> {
  const { access } = server.services
  const project = await access.findProject('acme/tools')
  const { user } = await access.user('ada')
  const grant = { jobId: 1, projectId: project!.id, userId: user.id, expiresAtMs: Date.now() + 60_000 }
  return (await access.issueJobToken(grant)).reveal()
}

const put = (body: object, header: Record<string, string>) =>
  ask(RULE, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...header },
  })
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

async function lastAudit() {
  const rows = await server.services.audit.list({ afterId: 0, limit: 500 })
  return rows.at(-1)
}

describe('the publish rule of a project', () => {
  it('is set by a maintainer, and leaves a row in the audit trail', async () => {
    const set = await put({ kind: 'project-identity' }, { 'private-token': await token('api') })
    expect(set).toMatchObject({
      status: 202,
      json: { phase: 'narrowing', next: { kind: 'project-identity' } },
    })
    await server.services.seals.idle()
    expect(await ask(RULE)).toEqual({
      status: 200,
      json: { rule: { kind: 'project-identity' }, next: null, phase: 'in force' },
    })
    expect(await lastAudit()).toMatchObject({
      action: 'project.rule',
      details: { project: 'acme/tools', rule: 'project-identity', user: 'ada' },
      outcome: { kind: 'done' },
    })
  })

  it('is never set by a job, with a token that may only read, by a developer or a stranger', async () => {
    const before = await ask(RULE)
    const row = await lastAudit()
    const off = { kind: 'off' }
    const job = await put(off, basic('gitlab-ci-token', await jobToken()))
    const reader = await put(off, { 'private-token': await token('read_api') })
    const developer = await put(off, { 'private-token': await token('api', 'dev') })
    const stranger = await put(off, {})
    const all = [job, reader, developer, stranger]
    expect(all.map(({ status }) => status)).toEqual([403, 403, 403, 401])
    expect([await ask(RULE), await lastAudit()]).toEqual([before, row])
  })

  it.each([
    [{ kind: 'x' }, 400],
    [{ kind: 'policy' }, 400],
    [{ kind: 'off', more: 1 }, 400],
    [{ kind: 'policy', policy: 'version = 3' }, 400],
  ])('is refused where it is none: %j', async (body, status) => {
    const before = await ask(RULE)
    expect(await put(body, { 'private-token': await token('api') })).toMatchObject({ status })
    expect(await ask(RULE)).toEqual(before)
  })

  it('that names a broken policy is refused in the audit trail too', async () => {
    await put({ kind: 'policy', policy: 'version = 3' }, { 'private-token': await token('api') })
    expect((await lastAudit())?.outcome).toEqual({ kind: 'refused', code: 'verify.policy-file' })
  })

  it('has no seals of a file that is not there', async () => {
    const path = `/api/v4/projects/acme%2Ftools/packages/pypi/files/${'0'.repeat(64)}/x-1.0.tar.gz/seals`
    expect(await ask(path)).toMatchObject({ status: 404, json: { code: 'registry.unknown-file' } })
  })
})

const SEAL = { signature, certificate: leaf.der, entries: [] }
const SHA256 = new Uint8Array(32)

/** What each URL answers: entries, or nothing at all. */
function logs(answers: Readonly<Record<string, readonly LogEntry[] | undefined>>): Http {
  return {
    request: async ({ url }) => {
      const found = answers[new URL(url).hostname]
      if (found === undefined) throw new Error('connection refused')
      const text = JSON.stringify(found.map((one) => formatLogEntry(one)))
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: (async function* body() {
          yield utf8(text)
        })(),
        bytes: async () => utf8(text),
        text: async () => text,
      }
    },
  }
}

describe('the logs of a configured trust root', () => {
  const asked = (answers: Parameters<typeof logs>[0]) => {
    const urls = Object.keys(answers).map((host) => `https://${host}`)
    return remoteLogEntries(urls, { http: logs(answers), clock: systemClock }).find(SEAL, SHA256)
  }

  it('are asked one after the other, until one has the entry', async () => {
    const answer = await asked({ 'a.example': [], 'b.example': undefined, 'c.example': [entry] })
    expect(answer).toMatchObject({ askedLog: 'https://c.example', entries: [{ logIndex: entry.logIndex }] })
    expect(answer.refusal).toBeUndefined()
  })

  it('leave it open where one of them did not answer, and say so where all did', async () => {
    const open = await asked({ 'a.example': [], 'b.example': undefined })
    expect(open).toMatchObject({ entries: [], refusal: { code: 'server.log-answer' } })
    expect(open.refusal?.message).toContain('b.example')
    expect((await asked({ 'a.example': [], 'b.example': [] })).refusal).toBeUndefined()
  })

  it('are asked nothing for a signature without a certificate', async () => {
    const refusing: Http = { request: () => Promise.reject(new Error('asked')) }
    const entries = remoteLogEntries(['https://a.example'], { http: refusing, clock: systemClock })
    expect(await entries.find({ signature, entries: [] }, SHA256)).toEqual({ entries: [] })
  })
})

describe('trust roots of the configuration', () => {
  const read = (text: string) => {
    const files = { read: async () => utf8(text) } as unknown as Files
    return readSealRoots(['roots/public.json'], { files, http: logs({}), clock: systemClock })
  }

  it('are read from files, each with its digest and its logs', async () => {
    const [one] = await read(server.services.trust.material.trustedRoot)
    expect(one).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(one?.trustRoot.logs).not.toEqual([])
  })

  it.each(['', '{}', 'no json'])(
    'that are none stop the start, with the name of the file: %o',
    async (text) => {
      await expect(read(text)).rejects.toMatchObject({ code: 'server.configuration' })
      await expect(read(text)).rejects.toThrow('roots/public.json')
    },
  )

  it('come with the issuers that list a project by its path, and with no others', () => {
    const issuer = { audience: 'sigstore' }
    const issuersOf = issuersByProject([
      { ...issuer, url: 'https://all.example' },
      { ...issuer, url: 'https://group.example', groups: ['acme'] },
      { ...issuer, url: 'https://listed.example', projects: ['acme/tools'] },
    ])
    expect(issuersOf({ path: 'acme/tools' })).toEqual(['https://listed.example'])
    expect(issuersOf({ path: 'acme/other' })).toEqual([])
  })
})
