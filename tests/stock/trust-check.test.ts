import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../src/base/index.ts'
import { cosign2, cosign3, present, rekorCli, sigstorePython } from '../support/judges.ts'
import { root, runProgram, wheelseal } from '../support/program.ts'
import { startServer, startServerWithFiles, type Server } from '../support/server.ts'

const LONG_MS = 180_000

let server: Server
/** Of the instance; the former one is in `former` below it, and its server is gone. */
let folder: string

interface Checked {
  readonly code: number | null
  readonly stderr: string
  readonly clients: readonly {
    readonly client: string
    readonly outcome: string
    readonly settings: readonly { readonly name: string; readonly state: string; readonly why: string }[]
    readonly asSet: { readonly outcome: string; readonly said: readonly string[] } | null
    readonly corrected: { readonly outcome: string } | null
    readonly elsewhere: readonly string[]
  }[]
}

/** One `up` for all; each run checks every client at once. */
describe.runIf(present(cosign2, cosign3, sigstorePython, rekorCli))('wheelseal trust check', () => {
  beforeAll(async () => {
    const started = await startServerWithFiles()
    ;({ server, path: folder } = started)
    const other = await startServer(join(folder, 'other-data'))
    await other.admin('trust', 'export', '--out', join(folder, 'former'))
    for (const [home, url, trust] of [
      ['home', server.url, folder],
      ['stale-home', other.url, join(folder, 'former')],
    ] as const)
      await initialize(home, url, trust)
    await other.stop()
    await pretend('stale-home', other.url)
    return started.stop
  }, LONG_MS)

  it(
    'passes what cosign.env and the export set, by the lines of its page',
    { timeout: LONG_MS },
    async () => {
      const { code, stdout, stderr } = await runProgram(['bash', '-ec', linesOfThePage()], {
        cwd: folder,
        env: { HOME: join(folder, 'page-home'), WHEELSEAL_DATA: server.data },
      })
      expect(code, stdout + stderr).toBe(0)
      expect(stdout.match(/^(?:cosign|sigstore-python|rekor-cli) \S+: .*(?= \()/gm)).toEqual([
        'cosign 2.2.3: signs and verifies',
        'sigstore-python 4.5.1: signs and verifies',
        'rekor-cli 1.5.4: verifies',
        'cosign 3.1.2: signs and verifies',
      ])
    },
  )

  it('passes what the TUF repository set, and changes nothing of it', { timeout: LONG_MS }, async () => {
    const before = await listed('home')
    const { clients } = await check({}, 'home', ['--url', server.url])
    expect(outcomes(clients), JSON.stringify(clients)).toEqual(ALL('passed'))
    expect(await listed('home')).toEqual(before)
  })

  it('names the TUF repository of a former instance at this address', { timeout: LONG_MS }, async () => {
    const { code, clients } = await check({}, 'stale-home')
    const named = clients.map(({ settings }) => settings.find(({ state }) => state === 'wrong'))
    expect(named.map((setting) => setting?.name)).toEqual([
      '~/.sigstore/root',
      '~/.sigstore/root',
      'sigstore trust-instance',
      undefined,
    ])
    for (const setting of named.slice(0, 3))
      expect(setting?.why).toContain('another instance at this address')
    expect(clients.map(({ corrected }) => corrected?.outcome)).toEqual([
      'passed',
      'passed',
      'passed',
      undefined,
    ])
    expect(code).toBe(1)
  })

  it('names the files of another instance, and sends no token there', { timeout: LONG_MS }, async () => {
    const other = join(folder, 'former')
    const { clients } = await check({
      ...cosignEnv(other),
      COSIGN_REKOR_URL: server.url,
      REKOR_REKOR_SERVER_PUBLIC_KEY: await readFile(join(other, 'rekor.pub'), 'utf8'),
    })
    const [two, three, python, rekor] = clients
    expect(two?.settings[0]).toMatchObject({ name: 'SIGSTORE_ROOT_FILE', state: 'wrong' })
    expect(two?.asSet?.outcome).toBe('failed')
    expect(rekor?.settings.find(({ state }) => state === 'wrong')?.name).toBe('REKOR_REKOR_SERVER_PUBLIC_KEY')
    expect(rekor?.asSet?.outcome).toBe('failed')
    for (const client of [three, python]) expect(client).toMatchObject({ asSet: null })
    expect(three?.elsewhere[0]).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(clients.map(({ corrected }) => corrected?.outcome)).toEqual(Array(4).fill('passed'))
  })
})

/** Those of docs/how-to/check-your-clients.md, with the tools that it supposes. */
function linesOfThePage(): string {
  const page = readFileSync(join(root, 'docs', 'how-to', 'check-your-clients.md'), 'utf8')
  const lines = /```sh\n([^]*?)```/.exec(page)?.[1] ?? ''
  return [
    'mkdir -p bin "$HOME"',
    `ln -s ${cosign2} bin/cosign; ln -s ${rekorCli} bin/rekor-cli; ln -s ${sigstorePython} bin/sigstore`,
    `ln -s ${wheelseal} bin/wheelseal; PATH=$PWD/bin:$PATH`,
    lines.replaceAll('~/.cache/wheelseal/judges/bin/cosign-3.1.2', cosign3),
  ].join('\n')
}

const ALL = (outcome: string): readonly string[] =>
  ['cosign 2', 'cosign 3', 'sigstore-python', 'rekor-cli'].map((client) => `${client} ${outcome}`)

function outcomes(clients: Checked['clients']): readonly string[] {
  return clients.map(({ client, outcome }) => `${client} ${outcome}`)
}

async function check(
  env: Readonly<Record<string, string>>,
  home = 'empty-home',
  source: readonly string[] = ['--data', server.data],
): Promise<Checked> {
  const clients = ['--client', cosign2, cosign3, sigstorePython, rekorCli]
  const { code, stdout, stderr } = await runProgram(
    [wheelseal, 'trust', 'check', ...source, ...clients, '--json'],
    { env: { HOME: join(folder, home), WHEELSEAL_DATA: server.data, ...env } },
  )
  expect(stdout + stderr).not.toMatch(/eyJ[\w-]{8,}\.eyJ/)
  return { code, stderr, ...(JSON.parse(stdout) as Pick<Checked, 'clients'>) }
}

function cosignEnv(trust: string): Record<string, string> {
  return {
    SIGSTORE_ROOT_FILE: join(trust, 'fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: join(trust, 'rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(trust, 'ctfe.pub'),
    SIGSTORE_TSA_CERTIFICATE_FILE: join(trust, 'tsa.pem'),
  }
}

/** As a user does it once, with each client; the one of cosign 3 removes what cosign 2 keeps. */
async function initialize(home: string, url: string, trust: string): Promise<void> {
  const env = { HOME: join(folder, home) }
  const firstRoot = join(trust, 'root.json')
  await mkdir(env.HOME)
  for (const argv of [
    [cosign3, 'initialize', '--mirror', `${url}/tuf`, '--root', firstRoot],
    [cosign2, 'initialize', '--mirror', `${url}/tuf`, '--root', firstRoot],
    [sigstorePython, '--instance', `${url}/tuf`, 'trust-instance', firstRoot],
  ]) {
    const { code, stderr } = await runProgram(argv, { env })
    expect(code, stderr).toBe(0)
  }
}

/** What was kept for an instance at `url` becomes what is kept for this one: it was created anew at its address. */
async function pretend(home: string, url: string): Promise<void> {
  const kept = join(folder, home)
  const cache = join(kept, '.sigstore', 'root')
  await writeFile(join(cache, 'remote.json'), JSON.stringify({ mirror: `${server.url}/tuf` }))
  const [from, to] = [url, server.url].map((one) => new URL(one).host.replace(':', '-'))
  await rename(join(cache, `${from}-tuf`), join(cache, `${to}-tuf`))
  for (const place of [['.local', 'share'], ['.cache']]) {
    const tuf = join(kept, ...place, 'sigstore-python', 'tuf')
    await rename(
      join(tuf, encodeURIComponent(`${url}/tuf`)),
      join(tuf, encodeURIComponent(`${server.url}/tuf`)),
    )
  }
}

/** Every file below the home, with its bytes. */
async function listed(home: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, home), { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.toSorted().map(async (path) => `${path} ${sha256Hex(await readFile(path))}`))
}
