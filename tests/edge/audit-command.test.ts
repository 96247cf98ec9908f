import { readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../src/base/index.ts'
import { present, python, uv } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const LONG_MS = 120_000
const NAMES = ['acme', 'tools'] as const
const FILES = NAMES.map((name) => `${name}-1.0-py3-none-any.whl`)

let [folder, url]: [string, string] = ['', '']
let server: Server
const bytes = new Map<string, Uint8Array>()
const at = (...parts: readonly string[]): string => join(folder, ...parts)

/** What a gate says of these releases. */
function reportOf(name: string): object {
  const fileName = FILES.find((file) => file.startsWith(`${name}-`)) ?? ''
  const digest = sha256Hex(bytes.get(fileName) ?? new Uint8Array(0))
  const served = { url: `${url}/files/pypi/${fileName}`, upstreamUrl: `https://index.example/${fileName}` }
  const time = { uploadedAt: '2026-01-01T00:00:00Z', uploadedAtIs: 'said' }
  const file = { fileName, sha256: digest, ...served, ...time, outcome: 'allowed', grounds: [], notes: [] }
  const release = {
    name,
    version: '1.0',
    upstream: 'pypi',
    outcome: 'allowed',
    rule: 'rule 1 of policy.toml',
  }
  const rest = { policySha256: 'a'.repeat(64), states: [], servedInstead: null, pins: [], next: [] }
  return { gate: 'prod', mode: 'enforce', ...release, files: [file], ...rest }
}

async function serveGate(): Promise<void> {
  server = createServer(({ url: path = '' }, response) => {
    const file = bytes.get(basename(path))
    const name = NAMES.find((one) => path === `/gate/prod/why/${one}/1.0`)
    if (name !== undefined) response.end(JSON.stringify(reportOf(name)))
    else if (file !== undefined) response.end(file)
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gate/prod`
}

/** By pip, and by uv, of the same wheels. */
async function install(environment: string, by: 'pip' | 'uv'): Promise<void> {
  await succeed([uv, 'venv', '--quiet', '--no-config', '--python', python, environment])
  const packages = ['--no-index', '--find-links', at('dist'), ...NAMES]
  // Else the files are those of its cache, which a test that changes one would change too.
  if (by === 'uv')
    await succeed([
      uv,
      'pip',
      'install',
      '--no-config',
      '--link-mode',
      'copy',
      '--python',
      environment,
      ...packages,
    ])
  else await succeed([python, '-m', 'pip', '--isolated', '--python', environment, 'install', ...packages])
}

async function succeed(argv: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(argv, { env: { UV_CACHE_DIR: at('cache') } })
  expect(code, stderr).toBe(0)
}

const audit = (...args: readonly string[]): Promise<Outcome> =>
  runProgram([wheelseal, 'audit', ...args], { cwd: folder, env: { WHEELSEAL_GATE: url } })

describe.runIf(present(uv, python))('wheelseal audit as a process', () => {
  beforeAll(async () => {
    const { path, remove } = await temporaryFolder()
    folder = path
    for (const name of NAMES)
      await succeed([python, join(root, 'tests/support/small-wheel.py'), at('dist'), name, '1.0'])
    for (const file of await readdir(at('dist'))) bytes.set(file, await readFile(at('dist', file)))
    await serveGate()
    return remove
  }, LONG_MS)
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it.each(['pip', 'uv'] as const)(
    'finds the one byte that was changed after %s has installed, and nothing before',
    { timeout: LONG_MS },
    async (by) => {
      await install(at(by), by)
      expect(await audit(by)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(
          /^audited 2 distributions of \w+ in .* s\n +2 {2}every file is that of/,
        ) as unknown,
      })
      const [lib = ''] = await readdir(at(by, 'lib'))
      const place = at(by, 'lib', lib, 'site-packages/acme/__init__.py')
      await writeFile(place, 'x')
      const { code, stdout } = await audit(by)
      expect(code).toBe(1)
      expect(stdout).toContain('    1  changed after installation\n')
      expect(stdout.match(/.*is not as in the wheel/g)).toEqual([
        expect.stringMatching(/^acme 1\.0 +acme\/__init__\.py is not as in the wheel$/),
      ])
    },
  )

  it('prints a lock for people, as JSON and as SARIF, and says which gate it asks', async () => {
    await writeFile(at('requirements.txt'), 'acme==1.0\nother==1.0\n')
    const shown = await audit('requirements.txt')
    expect(shown.code).toBe(1)
    expect(shown.stdout).toMatch(/^other 1\.0 +the gate knows no such release$/m)
    expect(shown.stderr).toContain(`asking the gate ${url} (WHEELSEAL_GATE)`)
    const json = await audit('requirements.txt', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'lock', clean: false, counts: { unknown: 1 } })
    const sarif = await audit('requirements.txt', '--sarif')
    expect(JSON.parse(sarif.stdout)).toMatchObject({
      runs: [
        {
          results: [
            { ruleId: 'audit.unpinned' },
            { ruleId: 'audit.unsealed', level: 'note' },
            { ruleId: 'audit.unknown' },
          ],
        },
      ],
    })
  })

  it('ends with 0 where all is well, and with 1 where it is strict and bytes are not pinned', async () => {
    await writeFile(at('requirements.txt'), 'acme==1.0\n')
    expect(await audit('requirements.txt')).toMatchObject({ code: 0 })
    expect(await audit('requirements.txt', '--strict')).toMatchObject({ code: 1 })
  })

  it('ends with 2 where it is called wrongly, and with 1 and a code where the gate is down', async () => {
    expect(await audit('requirements.txt', '--gate', 'https://index.example/simple')).toMatchObject({
      code: 2,
    })
    expect(await audit('dist')).toMatchObject({ code: 2 })
    expect(await audit('requirements.txt', '--json', '--sarif')).toMatchObject({ code: 2 })
    const down = await audit('requirements.txt', '--json', '--gate', 'http://127.0.0.1:1/gate/prod')
    expect([down.code, JSON.parse(down.stdout)]).toMatchObject([1, { error: { code: 'gate.upstream' } }])
  })

  it('runs every line of its page', { timeout: LONG_MS }, async () => {
    const page = readFileSync(join(root, 'docs/how-to/audit-a-lock-or-environment.md'), 'utf8')
    const lines = [...page.matchAll(/^```sh\n([^]*?)```$/gm)].map(([, block = '']) => block).join('')
    await install(at('.venv'), 'uv')
    const locked = FILES.map((file, index) => {
      const [name, digest] = [NAMES[index], sha256Hex(bytes.get(file) ?? new Uint8Array(0))]
      return { name, file, digest, from: `${url}/files/pypi/${file}` }
    })
    const packages = locked.map(
      ({ name, digest, from }) =>
        `[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "${url}/simple/" }\nwheels = [{ url = "${from}", hash = "sha256:${digest}" }]\n`,
    )
    await writeFile(at('uv.lock'), `version = 1\n${packages.join('')}`)
    const tables = locked.map(
      ({ name, digest, from }) =>
        `[[packages]]\nname = "${name}"\nversion = "1.0"\nwheels = [{ url = "${from}", hashes = { sha256 = "${digest}" } }]\n`,
    )
    await writeFile(at('pylock.toml'), `lock-version = "1.0"\n${tables.join('')}`)
    const hashed = locked.map(({ name, digest }) => `${name}==1.0 --hash=sha256:${digest}\n`)
    await writeFile(at('requirements.txt'), hashed.join(''))
    // Stands for pip in the environment of a reader.
    await writeFile(at('python'), '#!/bin/sh\necho acme==1.0\n', { mode: 0o755 })
    const called = 'wheelseal() { "$PROGRAM" "$@"; local exit=$?; echo "exit $exit" >&2; return $exit; }'
    const shell = `${called}\n${lines.replaceAll('http://127.0.0.1:7712/gate/prod', url)}`
    const env = { PROGRAM: wheelseal, PATH: `${folder}:${process.env['PATH']}` }
    const { stdout, stderr } = await runProgram(['bash', '-c', shell], { cwd: folder, env })
    expect(stderr.match(/^exit .*$/gm), stdout + stderr).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `exit ${n === 3 ? 1 : 0}`),
    )
    expect(stdout.match(/^audited .* of (\S+) /gm)).toHaveLength(5)
    expect(JSON.parse(await readFile(at('audit.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' })
  })
})
