import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { buildPackages } from '../support/gate-packages.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { makeEnvironment } from '../support/installer-place.ts'
import { hatch, pdm, pipCompile, poetry, present, python, uv } from '../support/judges.ts'
import {
  root,
  runProgram,
  startProgram,
  wheelseal,
  type Outcome,
  type TiedProcess,
} from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const LONG_MS = 120_000
const DAY_MS = 86_400_000
/** Where the pages have their gate. */
const USUAL = '127.0.0.1:7712'
const READY = 'the only index: an extra one would pass it by'

const pageOf = (name: string): string => readFileSync(join(root, 'docs', 'how-to', name), 'utf8')
const operator = pageOf('stand-a-gate-before-an-index.md')
const consumer = pageOf('install-through-a-gate.md')
const blocksOf = (page: string, language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, block = '']) => block)

let folder = ''
let address = ''
let upstream: GateUpstream
const running: TiedProcess[] = []

beforeAll(async () => {
  const made = await temporaryFolder()
  folder = made.path
  address = await ownAddress()
  const built = await buildPackages(join(folder, 'packages'), [
    { name: 'demo', version: '1.0' },
    { name: 'demo', version: '1.1' },
    { name: 'demo', version: '2.0' },
    { name: 'needs-demo', version: '1.0', requires: ['demo>=2.0'] },
  ])
  const nowMs = Date.now()
  const files = built.flatMap(({ wheel, sdist }) => [wheel, sdist])
  upstream = await startGateUpstream(
    files.map((file) => ({
      file,
      uploadedAtMs: nowMs - (file.version === '2.0' ? 2.5 : 60) * DAY_MS,
      provenance: null,
    })),
  )
  const [policy = ''] = blocksOf(operator, 'toml')
  await writeFile(join(folder, 'policy.toml'), policy)
  return async () => {
    await upstream.close()
    await made.remove()
  }
})

/** Lines of a page with the address of this gate in place of the usual one. */
const here = (text: string): string => text.replaceAll(USUAL, address)

interface Asked {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A line of the operator's page that does not end, until the next one or the end of the test. */
async function startLine(line: string, { cwd, env = {} }: Asked): Promise<readonly string[]> {
  await stopAll()
  const words = [...here(line).split(' ').slice(1), '--data', join(folder, 'data')]
  const listen = words.includes('--listen') ? [] : ['--listen', address]
  const gate = startProgram([wheelseal, ...words, ...listen], {
    cwd,
    env: { PIP_CONFIG_FILE: '/dev/null', ...env },
  })
  running.push(gate)
  let said = ''
  gate.stderr.on('data', (part: Buffer) => (said += part.toString()))
  const printed: string[] = []
  for await (const one of createInterface(gate.stdout)) {
    printed.push(one)
    if (one === READY) return printed
  }
  throw new Error(said)
}

async function stopAll(): Promise<void> {
  for (const one of running.splice(0)) {
    one.kill('SIGTERM')
    if (one.exitCode === null) await once(one, 'exit')
  }
}

/** A page of this gate, in JSON. */
async function indexPage(name: string, ...more: readonly string[]): Promise<string> {
  const url = `http://${address}/gate/prod/simple/${name}/`
  const accept = 'Accept: application/vnd.pypi.simple.v1+json'
  return (await runProgram(['curl', '-s', '-H', accept, ...more, url])).stdout
}

/** The answer for the wheel that the policy holds, with its head. */
async function heldWheel(...more: readonly string[]): Promise<string> {
  const { files } = JSON.parse(await indexPage('demo', ...more)) as {
    files: { filename: string; url: string }[]
  }
  const { url = '' } = files.find(({ filename }) => filename === 'demo-2.0-py3-none-any.whl') ?? {}
  const { href } = new URL(url, `http://${address}/gate/prod/simple/demo/`)
  const headers = join(folder, 'headers')
  await runProgram(['curl', '-s', '-D', headers, '-o', join(folder, 'body'), ...more, href])
  return readFileSync(headers, 'latin1')
}

describe('stand-a-gate-before-an-index.md', () => {
  const [warn = '', , enforce = '', configured = '', tls = '', external = '', pins = ''] = blocksOf(
    operator,
    'sh',
  )
  const index = (): Record<string, string> => ({ PIP_INDEX_URL: upstream.url })
  const command = (line: string): Promise<Outcome> =>
    runProgram([wheelseal, ...line.trim().split(' ').slice(1), '--data', join(folder, 'data')])
  afterEach(stopAll)

  it('has no line for a shell but those that are run here', () => {
    expect(blocksOf(operator, 'sh')).toHaveLength(7)
  })

  it('warns, counts, and then enforces', { timeout: LONG_MS }, async () => {
    const [shown = '', status = ''] = blocksOf(operator, 'text')
    expect(await startLine(warn.trim(), { cwd: folder, env: index() })).toEqual(
      here(shown).trim().split('\n'),
    )
    const served = await heldWheel()
    expect(served).toMatch(/^HTTP\/1\.1 200 /)
    expect(served.toLowerCase()).toContain('wheelseal-would-refuse: gate.held')
    const told = await command('wheelseal gate status --since 7d')
    const shape = (text: string): string =>
      text
        .replaceAll(/policy \w{6}/g, 'policy')
        .replaceAll(/\d+ (?:s|min) ago/g, 'ago')
        .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
    const [gate, from, counted] = shape(told.stdout).split('\n')
    expect([gate, from]).toEqual(shape(status).split('\n').slice(0, 2))
    expect(counted).toBe('7 days      0 served; enforce would have refused 1')

    await startLine(enforce.trim(), { cwd: folder, env: index() })
    expect(await heldWheel()).toMatch(/^HTTP\/1\.1 403 held \(gate\.held\): demo 2\.0 is 2 of 7 days old, /)
    const lines = pins.trim().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(await command(line), line).toMatchObject({ code: 0 })
  })

  describe('with its wheelseal.toml', () => {
    beforeAll(async () => {
      const toml = blocksOf(operator, 'toml').find((one) => one.startsWith('[[gates]]')) ?? ''
      const ours = `url = "http://${await ownAddress()}/api/v4/groups/7/-/packages/pypi/simple"`
      const text = toml
        .replace(/url = "https:\/\/gitlab.*"/, ours)
        .replace('https://index.example/simple/', upstream.url)
      await writeFile(join(folder, 'wheelseal.toml'), text)
      const trust = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
      await writeFile(join(folder, 'trusted_root.json'), trust)
      await writeFile(join(folder, 'gitlab.token'), 'secret\n')
    })

    it('asks no other upstream for a private name', { timeout: LONG_MS }, async () => {
      const before = upstream.asked.length
      await startLine(configured.trim(), { cwd: folder })
      expect(await indexPage('acme-new')).toContain('0+wheelseal.refuses.acme.new')
      expect(upstream.asked.slice(before)).toEqual([])
    })

    it('links to its own name behind a proxy', { timeout: LONG_MS }, async () => {
      await startLine(external.trim(), { cwd: folder })
      expect(await heldWheel('-H', 'Host: gate.example')).toMatch(
        /^HTTP\/1\.1 403 .*; see https:\/\/gate\.example\/gate\/prod\/why\/[0-9a-f]{8}/,
      )
    })

    it('has a certificate of its own', { timeout: LONG_MS }, async () => {
      const subject = ['-subj', '/CN=gate', '-addext', 'subjectAltName=IP:127.0.0.1']
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      const [key, certificate] = [join(folder, 'gate.key'), join(folder, 'gate.crt')]
      const files = ['-keyout', key, '-out', certificate]
      const made = await runProgram(['openssl', 'req', '-x509', ...kind, ...files, ...subject])
      expect(made, made.stderr).toMatchObject({ code: 0 })
      // gate.example is not a name of this machine.
      await startLine(tls.trim().replace('gate.example:443', address), { cwd: folder })
      const health = await runProgram(['curl', '-s', '--cacert', certificate, `https://${address}/healthz`])
      expect(health.stdout).toContain('SERVING')
    })
  })
})

describe.runIf(present(python, uv, pdm, poetry, hatch, pipCompile))('install-through-a-gate.md', () => {
  const blocks = blocksOf(consumer, 'sh')
  let sentence = ''

  beforeAll(async () => {
    await startLine(`wheelseal gate up --upstream ${upstream.url} --policy policy.toml`, { cwd: folder })
    const tools = join(folder, 'tools')
    await mkdir(tools)
    for (const [name, path] of Object.entries({
      uv,
      pdm,
      poetry,
      hatch,
      'pip-compile': pipCompile,
      wheelseal,
    }))
      await symlink(path, join(tools, name))
    const [shown = ''] = blocksOf(consumer, 'text')
    sentence = here(shown).trim()
  }, LONG_MS)
  afterAll(stopAll)

  /** In a project of its own that wants `requirement`, in a home of its own. */
  async function follow(block: string, name: string, requirement = 'demo'): Promise<Outcome> {
    const project = join(folder, `${name}-${requirement}`)
    const home = join(project, 'home')
    await mkdir(home, { recursive: true })
    await writeFile(join(project, 'pyproject.toml'), projectFor(requirement))
    await writeFile(join(project, 'requirements.in'), `${requirement}\n`)
    const venv = join(project, 'own')
    await makeEnvironment({ home, project, venv, remove: () => Promise.resolve() }, python)
    const unset = Object.fromEntries(Object.keys(process.env).map((one) => [one, undefined]))
    const env = {
      ...unset,
      HOME: home,
      PATH: [join(folder, 'tools'), process.env['PATH']].join(':'),
      COLUMNS: '2000',
      NO_COLOR: '1',
      TERM: 'dumb',
      LANG: 'C.UTF-8',
      UV_PYTHON: python,
      UV_PYTHON_DOWNLOADS: 'never',
      HATCH_PYTHON: python,
      PDM_CHECK_UPDATE: 'false',
      POETRY_VIRTUALENVS_IN_PROJECT: 'true',
      PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
    }
    return runProgram(['bash', '-ec', here(block)], { cwd: project, env })
  }

  /** By the first program of a block, but for what sets an index. */
  const blockOf = (line: RegExp): string => blocks.find((block) => line.test(block)) ?? ''
  const CLIENTS: readonly (readonly [name: string, line: RegExp, refusal: string])[] = [
    ['pip', /^pip install/m, 'ERROR: 403 Client Error: SENTENCE for url: '],
    [
      'pip-tools',
      /^pip-compile/m,
      'pip._internal.exceptions.NetworkConnectionError: 403 Client Error: SENTENCE for url: ',
    ],
    ['uv', /^uv sync/m, 'cause: Server message: refused by gate prod, SENTENCE'],
    ['pdm', /^pdm install/m, "[UnpackError]: Download failed: Client error '403 SENTENCE' for url "],
    ['poetry', /^poetry install/m, '403 Client Error: SENTENCE for url: '],
    ['hatch', /^hatch run/m, 'ERROR: 403 Client Error: SENTENCE for url: '],
  ]

  it('has no line for a shell but those that are run here', () => {
    expect(blocks).toHaveLength(CLIENTS.length + 1)
  })

  it.each(CLIENTS)('sets up %s in one line, and falls back', { timeout: LONG_MS }, async (name, line) => {
    const { code, stdout, stderr } = await follow(blockOf(line), name)
    expect(code, `${stdout}\n${stderr}`).toBe(0)
  })

  // hatch shows what its pip says.
  it.each(CLIENTS.filter(([name]) => name !== 'hatch'))(
    'has the words that %s prints for a refusal',
    { timeout: LONG_MS },
    async (name, line, words) => {
      const { code, stdout, stderr } = await follow(
        blockOf(line).replace('install demo\n', 'install demo==2.0\n'),
        name,
        'demo==2.0',
      )
      expect(code).not.toBe(0)
      const said = `${stdout}\n${stderr}`
      const told = withoutChance(said)
      expect(told, said).toContain(withoutChance(words.replace('SENTENCE', sentence)))
      const shownAt = words.split('SENTENCE')[0] ?? ''
      expect(consumer).toContain(shownAt)
    },
  )

  it('has the words of uv for what another package needs', { timeout: LONG_MS }, async () => {
    const { stderr } = await follow(blockOf(/^uv sync/m), 'uv', 'needs-demo')
    expect(withoutChance(stderr)).toContain(
      withoutChance(`Because demo==2.0 was yanked (reason: ${sentence})`),
    )
    expect(consumer).toContain('Because demo==2.0 was yanked (reason: ')
  })

  it('cleans the cache of uv', { timeout: LONG_MS }, async () => {
    const cleaned = await follow(blockOf(/^uv cache/m), 'uv')
    expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 })
  })
})

/** Times and ids of refusals. */
function withoutChance(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME').replaceAll(/why\/[0-9a-f]{8}/g, 'why/ID')
}

function projectFor(requirement: string): string {
  return `[project]
name = "consumer"
version = "0"
requires-python = ">=3.9"
dependencies = ["${requirement}"]

[tool.poetry]
package-mode = false

[tool.pdm]
distribution = false

[tool.hatch.envs.default]
skip-install = true
path = ".hatch"
dependencies = ["${requirement}"]
`
}
