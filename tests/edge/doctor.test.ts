import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Diagnosis, DoctorIo } from '../../src/client/doctor/index.ts'
import { systemClock, systemEntropy, systemFiles, systemSpawn } from '../../src/host/index.ts'
import { createHttp } from '../../src/net/index.ts'
import { createPlainExecutor, createRunner } from '../../src/runner/index.ts'
import { BARE, failures, startDoctorBench, type DoctorBench, type Situation } from '../support/doctor.ts'
import { expired } from '../support/expired-token.ts'
import { wheelseal } from '../support/program.ts'

const PATIENCE_MS = 30_000

let bench: DoctorBench
beforeAll(async () => {
  bench = await startDoctorBench()
  return () => bench.close()
}, PATIENCE_MS)

/** A pipeline of one job, which prints its diagnosis into a file; run by the plain executor. */
async function inJob(): Promise<Diagnosis> {
  const script = JSON.stringify(`${wheelseal} doctor --json > ${bench.at('job.json')}`)
  const variables = `{ GIT_STRATEGY: none, WHEELSEAL_SIGNING_CONFIG: ${bench.at('signing_config.json')}, WHEELSEAL_TRUSTED_ROOT: ${bench.at('trusted_root.json')} }`
  const text = `look:\n  variables: ${variables}\n  id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }\n  script: [${script}]\n`
  const { pipelines, access } = bench.server.services
  const { user } = (await access.listUsers({ afterId: 0, limit: 1 }))[0]!
  const project = (await access.listProjects({ afterId: 0, limit: 1 }))[0]!
  const commit = {
    ...{ repositoryUrl: 'file:///none', sha: 'c'.repeat(40), ref: 'main', refType: 'branch' as const },
    ...{ title: 'one', author: 'Ada <ada@localhost>', timestamp: '2026-01-02T03:04:05Z' },
  }
  await pipelines.create({
    ...{ project, source: 'push', commit, config: { path: '.gitlab-ci.yml', text }, variables: [] },
    user: { id: user.id, login: user.login, email: user.email, accessLevel: 'owner' },
  })
  const { token } = await pipelines.createRunner({ description: 'test' })
  const machine = { spawn: systemSpawn, host: { PATH: process.env['PATH'], HOME: bench.folder } }
  const runner = createRunner({
    ...{ ...machine, serverUrl: bench.server.url, token, http: createHttp({ env: {}, files: systemFiles }) },
    ...{ clock: systemClock, entropy: systemEntropy, cacheFolder: bench.at('cache') },
    executor: createPlainExecutor({ ...machine, work: bench.at('jobs') }),
  })
  await runner.runNext(new AbortController().signal)
  return JSON.parse(await readFile(bench.at('job.json'), 'utf8')) as Diagnosis
}

function hoursLater(hours: number): Partial<DoctorIo> {
  return { clock: { ...systemClock, nowMs: () => systemClock.nowMs() + hours * 3_600_000 } }
}

describe('wheelseal doctor with a server', () => {
  it(
    'finds nothing wrong where nothing is, and says how to verify',
    async () => {
      const diagnosis = await bench.look({ release: 'tools==1.0' })
      expect(failures(diagnosis)).toEqual([])
      const details = diagnosis.findings.flatMap((finding) => finding.details ?? [])
      expect(details.join('\n')).toContain(`--certificate-identity '${bench.identity}'`)
      expect(diagnosis.findings.find(({ check }) => check === 'release')?.outcome).toBe('ok')
    },
    PATIENCE_MS,
  )

  it(
    'looks for the continuation of the log that it saw before',
    async () => {
      const { findings } = await bench.look()
      expect(findings.find(({ check }) => check === 'log')?.fact).toContain('entries seen before')
      const fork = {
        newest: async () => ({ size: 1, root: new Uint8Array(32) }),
        keep: async () => undefined,
      }
      expect(failures(await bench.look({ io: { heads: fork } }))[0]).toMatchObject({
        check: 'log',
        fact: expect.stringContaining('do not continue'),
      })
    },
    PATIENCE_MS,
  )

  it(
    'finds nothing wrong with the TUF repository of the server',
    async () => {
      const diagnosis = await bench.look({
        env: bench.repository(bench.server.fingerprint.replace('sha256:', '')),
      })
      expect(failures(diagnosis)).toEqual([])
      expect(diagnosis.findings.filter(({ check }) => check === 'services')).toHaveLength(5)
    },
    PATIENCE_MS,
  )

  it(
    'runs in a job, and knows its tokens, its registry and its identity',
    async () => {
      const { outcome, findings } = await inJob()
      const facts = new Map(findings.map(({ check, fact }) => [check, fact]))
      expect(outcome, JSON.stringify(findings, null, 1)).not.toBe('failed')
      expect(findings).toContainEqual(
        expect.objectContaining({
          fact: expect.stringContaining('SIGSTORE_ID_TOKEN is for the audience sigstore'),
        }),
      )
      expect(findings).toContainEqual(
        expect.objectContaining({
          fact: expect.stringContaining('CI_JOB_TOKEN can read the package registry'),
        }),
      )
      expect(facts.get('identity')).toBe(`signatures made here name ${bench.identity}`)
      expect(facts.get('signing')).toContain('trusts the issuer')
    },
    PATIENCE_MS,
  )

  /** What the first finding is, and which others follow from it. */
  const situations: Readonly<
    Record<
      string,
      {
        readonly given: () => Promise<Situation> | Situation
        readonly first: string
        readonly because?: Readonly<Record<string, string>>
      }
    >
  > = {
    'a trust root with a wrong key': {
      given: async () => ({
        env: await bench.changedRoot((root) =>
          Object.assign(root.tlogs[0], { publicKey: root.ctlogs[0].publicKey, logId: root.ctlogs[0].logId }),
        ),
      }),
      first: 'keys: the log (Rekor)',
      because: { log: 'keys', seals: 'keys' },
    },
    'a trust root that has expired': {
      given: async () => ({
        env: await bench.changedRoot((root) =>
          Object.assign(root.certificateAuthorities[0].validFor, { end: '2021-01-01T00:00:00Z' }),
        ),
      }),
      first: 'trust root: the trust root has expired: the last certificate authority ended at 2021-01-01',
      because: { seals: 'trust root' },
    },
    'a trust root without the key of the log': {
      given: async () => ({ env: await bench.changedRoot((root) => Object.assign(root, { tlogs: [] })) }),
      first: 'trust root: the trust root has no key of a log (tlogs)',
      because: { keys: 'trust root', log: 'trust root', seals: 'trust root' },
    },
    'a trust root that is not there': {
      given: () => ({ env: { WHEELSEAL_TRUSTED_ROOT: bench.at('none.json') } }),
      first: 'trust root: ',
      because: { seals: 'trust root' },
    },
    'a repository with a different first root': {
      given: () => ({ env: bench.repository('a'.repeat(64)) }),
      first: 'trust root: ',
      because: { seals: 'trust root' },
    },
    'an id token for another audience': {
      given: () => ({ env: { SIGSTORE_ID_TOKEN: bench.tokens.other } }),
      first: 'token: the audience of the id token is "other"',
      because: { signing: 'token' },
    },
    'an id token that has expired': {
      given: () => ({ env: { SIGSTORE_ID_TOKEN: expired(bench.tokens.id) } }),
      first: 'token: the id token expired',
      because: { signing: 'token' },
    },
    'an id token of an issuer that is not trusted': {
      given: () => ({ env: { SIGSTORE_ID_TOKEN: bench.tokens.stranger, CERTIFICATE_IDENTITY: '' } }),
      first: 'signing: the certificate authority',
    },
    'a clock that is an hour ahead': {
      given: () => ({ io: hoursLater(1) }),
      first: 'clock: the clock of this machine is 1 h ahead of',
      because: { token: 'clock', signing: 'token' },
    },
    'a clock that is an hour behind': {
      given: () => ({ io: hoursLater(-1) }),
      first: 'clock: the clock of this machine is 1 h behind',
      because: { token: 'clock' },
    },
    'a proxy in the way': {
      given: () => ({
        env: {
          WHEELSEAL_FULCIO_URL: 'http://service.test',
          WHEELSEAL_REKOR_URL: 'http://service.test',
          WHEELSEAL_SIGNING_CONFIG: '',
          HTTP_PROXY: bench.proxyUrl,
        },
      }),
      first: 'proxies: the proxy http://127.0.0.1',
      because: { services: 'proxies', signing: 'proxies' },
    },
    'a proxy that is not there': {
      given: () => ({
        env: {
          WHEELSEAL_FULCIO_URL: 'http://a.test',
          WHEELSEAL_REKOR_URL: 'http://b.test',
          WHEELSEAL_SIGNING_CONFIG: '',
          HTTP_PROXY: 'http://127.0.0.1:9',
        },
      }),
      first:
        'proxies: the proxy http://127.0.0.1:9 (HTTP_PROXY) does not let requests to a.test, b.test through',
      because: { services: 'proxies' },
    },
    'half a configuration': {
      given: () => ({ env: { WHEELSEAL_FULCIO_URL: bench.server.url, WHEELSEAL_SIGNING_CONFIG: '' } }),
      first: 'settings: neither --rekor-url nor --signing-config is set',
    },
    'a service at another address': {
      given: () => ({
        env: {
          WHEELSEAL_FULCIO_URL: `${bench.server.url}/fulcio`,
          WHEELSEAL_REKOR_URL: bench.server.url,
          WHEELSEAL_SIGNING_CONFIG: '',
        },
      }),
      first: 'services: the certificate authority (Fulcio)',
      because: { signing: 'services' },
    },
    'an expected identity of another ref': {
      given: () => ({
        env: {
          CERTIFICATE_IDENTITY: bench.identity.replace('heads/main', 'tags/v1'),
          CERTIFICATE_OIDC_ISSUER: bench.server.url,
        },
      }),
      first: 'identity: CERTIFICATE_IDENTITY is',
      because: { seals: 'identity' },
    },
    'an expected issuer of another GitLab': {
      given: () => ({
        env: { CERTIFICATE_OIDC_ISSUER: 'https://gitlab.com', CERTIFICATE_IDENTITY: bench.identity },
      }),
      first: 'identity: CERTIFICATE_OIDC_ISSUER is https://gitlab.com',
      because: { seals: 'identity' },
    },
    'a package that is not there': {
      given: () => ({ release: 'tolls==1.0.0' }),
      first: 'release: 404: the registry has no package tolls',
    },
    'a version that is not there': {
      given: () => ({ release: 'tools==2.0.0' }),
      first: 'release: 404: the package tools has no version 2.0.0',
    },
    'a release without signatures': {
      given: () => ({ release: 'tools==1.1.0' }),
      first: `release: 404: ${BARE} is published without a signature`,
    },
    'a project that is not there': {
      given: () => ({ project: 'acme/tolls' }),
      first: 'registry: the registry of project acme/tolls answers 404 to WHEELSEAL_TOKEN',
    },
    'an access token that is wrong': {
      given: () => ({ env: { WHEELSEAL_TOKEN: 'glpat-00000000000000000000' } }),
      first: 'registry: the registry of project acme/tools answers 401 to WHEELSEAL_TOKEN',
    },
    'an access token without the scope': {
      given: () => ({ env: { WHEELSEAL_TOKEN: bench.tokens.metrics } }),
      first: 'registry: permission denied: the registry of project acme/tools answers 403 to WHEELSEAL_TOKEN',
    },
  }

  it.each(Object.entries(situations))(
    'names the cause of %s first',
    async (_what, { given, first, because = {} }) => {
      const found = failures(await bench.look(await given()))
      const [cause] = found
      expect(`${cause?.check}: ${cause?.fact}`, JSON.stringify(found, null, 1)).toContain(first)
      expect(cause?.because).toEqual([])
      expect(cause?.next).toMatch(/.{10}/)
      for (const [effect, name] of Object.entries(because))
        expect(found.find(({ check }) => check === effect)?.because, effect).toContain(name)
    },
    PATIENCE_MS,
  )
})
