import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret, type Clock, type Spawn } from '../../base/index.ts'
import { silentLog, systemClock, systemFiles } from '../../host/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { createHttp } from '../../net/index.ts'
import { startServer, withAdmin, type RunningServer } from '../../server/index.ts'
import { exportTrust } from '../trust-root/export.ts'
import { clientsThat } from './arrange.ts'
import { checkTrust, type ClientReport, type TrustCheckReport } from './check-trust.ts'

let root: string
let server: RunningServer
let trust: TrustFiles
/** Of an instance that is not there any more. */
let other: TrustFiles
let token: string
let home: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-trust-check-test-'))
  const start = (name: string) =>
    startServer({ data: join(root, name), listen: '127.0.0.1:0', log: silentLog })
  const former = await start('former')
  other = await withAdmin(former.data, (admin) => admin.trust())
  await former.close()
  server = await start('data')
  trust = await withAdmin(server.data, (admin) => admin.trust())
  token = (await withAdmin(server.data, (admin) => admin.mintCheckToken())).token
  await exportTrust(trust, join(root, 'trust'))
  await exportTrust(other, join(root, 'other'))
  return async () => {
    await server.close()
    await rm(root, { recursive: true })
  }
})
beforeEach(async () => {
  home = await mkdtemp(join(root, 'home-'))
})

interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly clients?: readonly string[]
  readonly spawn?: Spawn
  readonly clock?: Clock
  readonly token?: Secret | undefined
  readonly exported?: string
}

function check(given: Given = {}): Promise<TrustCheckReport> {
  const { clients = ['cosign-2', 'cosign-3', 'sigstore', 'rekor-cli'], env = {} } = given
  return checkTrust(
    {
      trust,
      token: 'token' in given ? given.token : new Secret(token),
      programs: clients.map((name) => join(root, 'bin', name)),
      exported: given.exported,
    },
    {
      http: createHttp({ env: {}, files: systemFiles }),
      spawn: given.spawn ?? clientsThat(),
      clock: given.clock ?? systemClock,
      signal: new AbortController().signal,
      place: { env, home, files: systemFiles },
      onClient: () => undefined,
    },
  )
}

async function checkOne(client: string, given: Given): Promise<ClientReport> {
  const { clients } = await check({ ...given, clients: [client] })
  expect(clients).toHaveLength(1)
  return clients[0]!
}

const path = (folder: string, name: string): string => join(root, folder, name)

/** As `cosign.env` sets them. */
function cosignEnv(): Record<string, string> {
  return {
    SIGSTORE_ROOT_FILE: path('trust', 'fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: path('trust', 'rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: path('trust', 'ctfe.pub'),
    SIGSTORE_TSA_CERTIFICATE_FILE: path('trust', 'tsa.pem'),
    COSIGN_REKOR_URL: server.url,
    REKOR_REKOR_SERVER_PUBLIC_KEY: trust.rekor,
  }
}

describe('clients that are set up as cosign.env and the pages have it', () => {
  it('pass, each by its own signature, as the documentation writes the commands', async () => {
    const spawn = clientsThat()
    const { clients, identity, clock } = await check({ env: cosignEnv(), spawn })
    expect(clients.map(({ client, outcome }) => `${client} ${outcome}`)).toEqual([
      'cosign 2 passed',
      'cosign 3 passed',
      'sigstore-python passed',
      'rekor-cli passed',
    ])
    expect(clients.every(({ corrected }) => corrected === null)).toBe(true)
    expect(identity).toBe(`https://${new URL(server.url).host}/-/trust-check//.gitlab-ci.yml@refs/heads/main`)
    expect(clock.isRight).toBe(true)
    const folder = join(root, 'trust')
    expect(spawn.calls[2]?.argv).toEqual(
      expect.arrayContaining(['--signing-config', join(folder, 'signing_config.json')]),
    )
  })

  it('never get the token as an argument, nor another one from the environment', async () => {
    const spawn = clientsThat()
    const secrets = {
      COSIGN_IDENTITY_TOKEN: 'x',
      SIGSTORE_ID_TOKEN: 'x',
      CI_JOB_TOKEN: 'x',
      COSIGN_PASSWORD: 'x',
    }
    await check({ env: { ...cosignEnv(), ...secrets }, spawn })
    expect(spawn.calls).toHaveLength(8)
    for (const { argv, env } of spawn.calls) {
      expect(argv.join(' ')).not.toContain(token)
      expect(Object.values(env)).not.toContain('x')
    }
    const sign = spawn.calls.find(({ argv }) => basename(argv[0]) === 'sigstore')
    expect(sign?.env['SIGSTORE_IDENTITY_TOKEN']).toBe(token)
  })

  it('cannot write into the home: they have copies of what they keep there', async () => {
    await mkdir(join(home, '.sigstore', 'root'), { recursive: true })
    await writeFile(join(home, '.sigstore', 'root', 'remote.json'), '{"mirror":"https://a.example"}')
    const seen: string[] = []
    const spawn = clientsThat(({ env }) => {
      seen.push(env['HOME'] ?? '', dirname(env['TUF_ROOT'] ?? ''), env['XDG_CACHE_HOME'] ?? '')
      return { exitCode: 0 }
    })
    await check({ env: cosignEnv(), spawn })
    for (const folder of seen) expect(folder.startsWith(home)).toBe(false)
    expect(await readdir(home, { recursive: true })).toHaveLength(3)
    expect(await readFile(join(home, '.sigstore', 'root', 'remote.json'), 'utf8')).toContain('a.example')
  })
})

describe('a client that is set up wrongly', () => {
  const refusing = (): Spawn => clientsThat(() => ({ exitCode: 1, text: 'refused' }))

  it.each([
    ['cosign-2', { SIGSTORE_ROOT_FILE: 'other/fulcio.pem' }, /certificate authority of another instance/],
    ['cosign-2', { SIGSTORE_ROOT_FILE: 'trust/none.pem' }, /no such file/],
    ['cosign-2', { SIGSTORE_REKOR_PUBLIC_KEY: 'trust/ctfe.pub' }, /the key of the CT log, not of the sig/],
    ['cosign-2', { SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: 'trust/cosign.env' }, /no key and no certificate/],
    ['cosign-2', { COSIGN_INSECURE_IGNORE_TLOG: 'true' }, /--insecure-ignore-tlog in every command/],
    ['cosign-3', { SIGSTORE_TSA_CERTIFICATE_FILE: 'other/tsa.pem' }, /timestamp authority of another/],
    ['cosign-3', { COSIGN_TRUSTED_ROOT: 'other/trusted_root.json' }, /trust root of another instance/],
    ['cosign-3', { COSIGN_FULCIO_URL: 'http://127.0.0.1:1' }, /refuses it together with a signing config/],
    ['rekor-cli', { REKOR_REKOR_SERVER_PUBLIC_KEY: 'no key' }, /not the key of this log/],
  ] as const)('%s with %j is told so', async (client, set, why) => {
    const [name = '', value = ''] = Object.entries(set)[0] ?? []
    const shown = /^(?:trust|other)\//.test(value) ? join(root, value) : value
    const report = await checkOne(client, { env: { ...cosignEnv(), [name]: shown }, spawn: refusing() })
    expect(report.settings).toContainEqual(
      expect.objectContaining({ name, state: 'wrong', why: expect.stringMatching(why) }),
    )
    expect(report.outcome).toBe('failed')
    expect(report.asSet).toMatchObject({ outcome: 'failed', said: ['refused'] })
    expect(report.corrected).not.toBeNull()
  })

  it('fails also where the client itself does not mind', async () => {
    const env = { ...cosignEnv(), COSIGN_INSECURE_IGNORE_SCT: 'true' }
    const report = await checkOne('cosign-2', { env })
    expect(report).toMatchObject({ outcome: 'failed', asSet: { outcome: 'passed' } })
  })

  it.each([
    ['cosign-2', { COSIGN_FULCIO_URL: 'https://fulcio.example' }, 'https://fulcio.example'],
    ['cosign-2', { COSIGN_REKOR_URL: '' }, 'https://rekor.sigstore.dev'],
    ['cosign-2', { SIGSTORE_ROOT_FILE: '' }, 'https://tuf-repo-cdn.sigstore.dev'],
    ['cosign-3', { COSIGN_SIGNING_CONFIG: 'other/signing_config.json' }, 'http://127.0.0.1:'],
    ['cosign-3', { COSIGN_SIGNING_CONFIG: 'trust/rekor.pub' }, 'what '],
    ['cosign-3', { SIGSTORE_ROOT_FILE: '' }, 'https://tuf-repo-cdn.sigstore.dev'],
    ['sigstore', { SIGSTORE_ROOT_FILE: '' }, 'https://tuf-repo-cdn.sigstore.dev'],
    ['rekor-cli', { REKOR_REKOR_SERVER: 'https://log.example' }, 'https://log.example'],
  ] as const)(
    '%s with %j is not run that way: the token would go elsewhere',
    async (client, set, address) => {
      const [name = '', value = ''] = Object.entries(set)[0] ?? []
      const shown = /^(?:trust|other)\//.test(value) ? join(root, value) : value
      const spawn = clientsThat()
      const report = await checkOne(client, { env: { ...cosignEnv(), [name]: shown }, spawn })
      expect(report.elsewhere.join()).toContain(address)
      expect(report).toMatchObject({ outcome: 'failed', asSet: null, corrected: { outcome: 'passed' } })
      for (const { argv, env } of spawn.calls)
        expect([...argv, ...Object.values(env)].join(' ')).not.toContain(shown === '' ? 'no such' : shown)
    },
  )

  it('is told that cosign does not read REKOR_URL', async () => {
    const env = { ...cosignEnv(), COSIGN_REKOR_URL: '', REKOR_URL: server.url }
    const { settings } = await checkOne('cosign-2', { env })
    const setting = settings.find(({ state }) => state === 'missing')
    expect(setting).toMatchObject({ name: 'COSIGN_REKOR_URL', fix: `export COSIGN_REKOR_URL=${server.url}` })
    expect(setting?.why).toContain('does not read REKOR_URL')
  })

  it('keeps other variables of cosign from the runs, and lists them', async () => {
    const spawn = clientsThat()
    const env = { ...cosignEnv(), COSIGN_OUTPUT: '/home/me/precious' }
    const report = await checkOne('cosign-2', { env, spawn })
    expect(report.settings).toContainEqual(expect.objectContaining({ name: 'COSIGN_OUTPUT', state: 'note' }))
    expect(report.outcome).toBe('passed')
    for (const call of spawn.calls) expect(call.env).not.toHaveProperty('COSIGN_OUTPUT')
  })
})

describe('the TUF repository that cosign keeps', () => {
  async function keep(mirror: string, key: string): Promise<void> {
    const folder = join(home, '.sigstore', 'root')
    await mkdir(join(folder, 'targets'), { recursive: true })
    await writeFile(join(folder, 'remote.json'), JSON.stringify({ mirror }))
    await writeFile(join(folder, 'targets', 'rekor.pub'), key)
  }
  const env = (): Record<string, string> => ({})

  it('is enough', async () => {
    await keep(`${server.url}/tuf/`, trust.rekor)
    expect(await checkOne('cosign-2', { env: env() })).toMatchObject({ outcome: 'passed' })
  })

  it.each([
    ['of a cosign of another version', () => `${server.url}/tuf`, /only a different version of cosign/],
    ['of another mirror', () => 'https://tuf.example', /initialized with https:\/\/tuf.example/],
    ['of a former instance at this address', () => `${server.url}/tuf`, /another instance at this address/],
  ])('%s is named', async (which, mirror, why) => {
    await keep(mirror(), other.rekor)
    if (which.includes('version')) await rm(join(home, '.sigstore', 'root', 'targets'), { recursive: true })
    const { settings, outcome } = await checkOne('cosign-2', { env: env() })
    expect(settings[0]).toMatchObject({
      name: '~/.sigstore/root',
      state: 'wrong',
      why: expect.stringMatching(why),
    })
    expect(settings[0]?.fix).toBe(`cosign initialize --mirror ${server.url}/tuf --root trust/root.json`)
    expect(outcome).toBe('failed')
  })
})

describe('what cannot be decided', () => {
  it('without a token settings are compared, and nothing is run', async () => {
    const spawn = clientsThat()
    const { clients } = await check({ env: cosignEnv(), token: undefined, spawn })
    expect(clients.map(({ outcome }) => outcome)).toEqual(Array(4).fill('undecided'))
    expect(spawn.calls).toEqual([])
    const env = { ...cosignEnv(), SIGSTORE_ROOT_FILE: path('other', 'fulcio.pem') }
    expect(await checkOne('cosign-2', { env, token: undefined })).toMatchObject({ outcome: 'failed' })
  })

  it('a clock that is an hour wrong is told, although nothing can be signed with it', async () => {
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + 3_600_000 }
    const report = await check({ env: cosignEnv(), clock })
    expect(report.clock).toEqual({ skewSeconds: expect.any(Number), isRight: false })
    expect(Math.abs((report.clock.skewSeconds ?? 0) - 3600)).toBeLessThan(60)
    expect(report.identity).toBeNull()
  })

  it('programs that are none of the clients are named, with the reason', async () => {
    const { clients, unknown } = await check({ clients: ['cosign-1', 'cosign-ours', 'gpg'] })
    expect(clients).toEqual([])
    expect(unknown.map(({ why }) => why)).toEqual([
      'version 1.13.0 is not known here',
      'version 2.2.3+wheelseal.0.1.0 is not known here',
      'it is not called cosign, sigstore or rekor-cli',
    ])
  })

  it('the first of each name on the PATH is taken', async () => {
    const folders = ['first', 'second'].map((name) => join(home, name))
    for (const folder of folders) {
      await mkdir(folder)
      await symlink('/bin/true', join(folder, 'cosign'))
    }
    const spawn: Spawn = {
      run: async ({ argv, onOutput }) => {
        onOutput?.(Buffer.from(argv[1] === 'version' ? 'GitVersion: v2.2.3' : ''), 'stdout')
        return { exitCode: 0, signal: null }
      },
    }
    const env = { ...cosignEnv(), PATH: ['relative', ...folders].join(':') }
    const { clients } = await check({ clients: [], env, spawn })
    expect(clients.map(({ program }) => program)).toEqual([join(folders[0]!, 'cosign')])
  })
})
