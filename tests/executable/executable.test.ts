import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beforeScript, pythonPath, servePackage } from '../support/component.ts'
import { buildExecutable, buildWheel, createEmptyRoot } from '../support/executable.ts'
import { pipx, present, python, twine, uv } from '../support/judges.ts'
import { succeed } from '../support/package.ts'
import { root as checkout, runProgram, type Outcome, type ProgramOptions } from '../support/program.ts'
import { startServerWithFiles } from '../support/server.ts'

const LONG_MS = 90_000
const VERSION = /^wheelseal 0\.1\.0 \(Bun [0-9.]+(?:, commit [0-9a-f]{12})?\)\n$/

let folder = ''
let executable = ''
/** Where no Node is, and nothing but what ties a program to its test. */
let nothing = { PATH: '' }
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wheelseal-executable-'))
  nothing = { PATH: join(folder, 'path') }
  mkdirSync(nothing.PATH)
  symlinkSync('/bin/cat', join(nothing.PATH, 'cat'))
  executable = await buildExecutable(join(folder, 'one'))
}, LONG_MS)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (argv: readonly string[], options: ProgramOptions = {}) =>
  runProgram([executable, ...argv], { ...options, env: { ...nothing, ...options.env } })

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

describe('the executable', () => {
  it('has the same bytes wherever it is built', { timeout: LONG_MS }, async () => {
    const other = await buildExecutable(join(folder, 'two', 'deeper'))
    expect(digest(other)).toBe(digest(executable))
  })

  it('runs where no Node is, and says what runs it', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(VERSION) })
  })

  it('lies beside the licences of everything in it', () => {
    const licenses = readFileSync(join(dirname(executable), 'wheelseal.licenses.txt'), 'utf8')
    for (const part of [
      'Apache License',
      'commander',
      'hono',
      'tuf-js',
      'JavaScriptCore',
      'GNU LESSER GENERAL',
    ])
      expect(licenses).toContain(part)
  })

  it('is cosign where it is called so, and installs a cosign that starts it', async () => {
    const link = join(folder, 'called', 'cosign')
    mkdirSync(dirname(link))
    symlinkSync(executable, link)
    const version = /GitVersion: +v2\.2\.3\+wheelseal\.0\.1\.0/
    expect((await runProgram([link, 'version'], { env: nothing })).stdout).toMatch(version)
    const installed = join(folder, 'installed')
    expect(await run(['cosign', 'install', installed])).toMatchObject({ code: 0 })
    expect((await runProgram([join(installed, 'cosign'), 'version'], { env: nothing })).stdout).toMatch(
      version,
    )
  })

  it('takes nothing from the folder in which it is run', async () => {
    const cwd = join(folder, 'strange')
    mkdirSync(cwd)
    writeFileSync(join(cwd, '.env'), 'WHEELSEAL_PROGRAM=from-the-folder\n')
    writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./preload.js"]\n')
    writeFileSync(join(cwd, 'preload.js'), 'console.log("from-the-folder")\n')
    writeFileSync(join(cwd, 'tsconfig.json'), '{"compilerOptions":{"paths":{"*":["./preload.js"]}}}')
    const { code, stdout, stderr } = await run(['verify', 'absent.whl'], { cwd })
    expect({ code, text: stdout + stderr }).toMatchObject({
      code: 2,
      text: expect.not.stringContaining('from-the-folder'),
    })
    expect(stderr).toContain('more: wheelseal help')
  })
})

describe('in a root with glibc and nothing else', () => {
  it('serves, signs and verifies', { timeout: LONG_MS }, async () => {
    const root = createEmptyRoot(join(folder, 'root'), executable)
    const server = root.start('up', '--data', '/files/data', '--listen', '127.0.0.1:0', '--json')
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string]
    const { url } = JSON.parse(line) as { url: string }
    const admin = (...argv: readonly string[]) =>
      succeed(root.run(...argv, '--data', '/files/data', '--json'))
    await admin('project', 'create', 'acme/tools')
    await admin('trust', 'export', '--out', '/files/trust')
    const { stdout } = await admin('trust', 'token', '--project', 'acme/tools')
    writeFileSync(join(root.path, 'files', 'token'), (JSON.parse(stdout) as { token: string }).token)
    const trusted = ['--trusted-root', '/files/trust/trusted_root.json']
    const config = ['--signing-config', '/files/trust/signing_config.json']
    const file = '/files/demo-1.0.tar.gz'
    await succeed(root.run('sign', ...config, ...trusted, '--identity-token-file', '/files/token', file))
    const who = ['--project', 'acme/tools', '--certificate-oidc-issuer', url]
    const verified = await root.run('verify', '--offline', ...trusted, ...who, file)
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('was signed by') })
    writeFileSync(join(root.path, file), 'other bytes')
    expect(await root.run('verify', '--offline', ...trusted, ...who, file)).toMatchObject({ code: 1 })
    // unshare keeps SIGTERM to itself; its child ends with it.
    server.kill('SIGKILL')
    await once(server, 'exit')
  })
})

describe.runIf(present(python, twine, uv, pipx))('the wheel', () => {
  let wheel = ''
  let served: Awaited<ReturnType<typeof startServerWithFiles>>
  beforeAll(async () => {
    wheel = await buildWheel(join(folder, 'one'))
    served = await startServerWithFiles()
  }, LONG_MS)
  afterAll(() => served.stop())

  const env = () => ({ HOME: folder, UV_CACHE_DIR: join(folder, 'uv'), PIPX_HOME: join(folder, 'pipx') })

  it('holds the executable, a way to start it, metadata and licences, each with its digest', async () => {
    const program = `import base64, hashlib, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
record = next(name for name in wheel.namelist() if name.endswith("/RECORD"))
rows = [line.split(",") for line in wheel.read(record).decode().splitlines()]
assert sorted(name for name, *_ in rows) == sorted(wheel.namelist())
for name, digest, size in rows:
    if name == record: continue
    data = wheel.read(name)
    assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode(), name
    assert len(data) == int(size), name
print(*sorted(wheel.namelist()))`
    const { stdout } = await succeed(runProgram([python, '-c', program, wheel]))
    const info = 'wheelseal-0.1.0.dist-info'
    expect(stdout.trim().split(' ')).toEqual([
      'wheelseal-0.1.0.data/scripts/wheelseal',
      ...['METADATA', 'RECORD', 'WHEEL', 'licenses/wheelseal.licenses.txt'].map((name) => `${info}/${name}`),
      'wheelseal/__main__.py',
    ])
    await succeed(runProgram([twine, 'check', '--strict', wheel]))
  })

  it('has the same bytes another time', { timeout: LONG_MS }, async () => {
    const [before, { mtimeMs }] = [digest(wheel), statSync(wheel)]
    expect(digest(await buildWheel(join(folder, 'one')))).toBe(before)
    expect(statSync(wheel).mtimeMs).toBeGreaterThan(mtimeMs)
  })

  it(
    'signs and verifies in a virtual environment, by its name and as a module',
    { timeout: LONG_MS },
    async () => {
      const venv = join(folder, 'venv')
      await succeed(runProgram(['python3', '-m', 'venv', venv]))
      const bin = join(venv, 'bin')
      await succeed(runProgram([join(bin, 'pip'), 'install', '--no-index', '--quiet', wheel]))
      const { server, path } = served
      const token = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
      const inVenv = (...argv: readonly string[]) =>
        runProgram(argv, {
          cwd: path,
          env: { ...nothing, PATH: `${bin}:${nothing.PATH}`, SIGSTORE_ID_TOKEN: token },
        })
      const trusted = ['--trusted-root', 'trusted_root.json']
      const who = ['--project', 'acme/tools', '--certificate-oidc-issuer', server.url]
      expect((await inVenv(join(bin, 'python'), '-m', 'wheelseal', '--version')).stdout).toMatch(VERSION)
      await succeed(
        inVenv(join(bin, 'wheelseal'), 'sign', '--signing-config', 'signing_config.json', ...trusted, 'file'),
      )
      const verified = inVenv(join(bin, 'python'), '-m', 'wheelseal', 'verify', ...trusted, ...who, 'file')
      expect((await succeed(verified)).stdout).toContain('was signed by')
    },
  )

  it.each([
    ['uvx', () => [uv, 'tool', 'run', '--offline', '--from', wheel, 'wheelseal', '--version']],
    ['pipx run', () => [pipx, 'run', '--spec', wheel, 'wheelseal', '--version']],
  ])('is run by %s', { timeout: LONG_MS }, async (_name, argv) => {
    expect((await succeed(runProgram(argv(), { env: env() }))).stdout).toMatch(VERSION)
  })

  describe('as the component has jobs install it', () => {
    let index: Awaited<ReturnType<typeof servePackage>>
    let project = ''
    beforeAll(async () => {
      index = await servePackage(wheel)
      project = join(folder, 'components')
      await succeed(
        runProgram([
          process.execPath,
          join(checkout, 'scripts', 'build-component.ts'),
          '--out',
          project,
          wheel,
        ]),
      )
    })
    afterAll(() => index.close())

    /** The lines before each job's own, in a folder where nothing but Python is on the PATH. */
    async function install(name: string, inputs: Readonly<Record<string, string>>): Promise<Outcome> {
      const template = readFileSync(join(project, 'templates', 'python-package.yml'), 'utf8')
      const { script, variables } = await beforeScript(template, inputs)
      const cwd = join(folder, name)
      const path = join(cwd, 'path')
      mkdirSync(path, { recursive: true })
      symlinkSync('/bin/cat', join(path, 'cat'))
      symlinkSync(await pythonPath(), join(path, 'python3'))
      const pip = { PIP_INDEX_URL: index.url, PIP_CONFIG_FILE: '/dev/null', PIP_RETRIES: '0' }
      return runProgram(['/bin/bash', '-eo', 'pipefail', '-c', script], {
        cwd,
        env: { HOME: cwd, ...variables, ...pip, PATH: path },
      })
    }

    it(
      'by the digest in its release, from the index, without Node and root',
      { timeout: LONG_MS },
      async () => {
        const { code, stdout, stderr } = await install('installed', {})
        expect(code, stderr).toBe(0)
        expect(stdout).toMatch(VERSION)
      },
    )

    it('and not by another digest', { timeout: LONG_MS }, async () => {
      const hashes = `sha256:${'0'.repeat(64)}`
      const { code, stdout, stderr } = await install('other-digest', { 'wheelseal-hashes': hashes })
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('DO NOT MATCH THE HASHES')
    })

    it('and not without one', async () => {
      const { code, stderr } = await install('no-digest', { 'wheelseal-hashes': '' })
      expect([code, stderr]).toEqual([1, expect.stringContaining('the input wheelseal-hashes has no digest')])
    })

    it('and has a project that is laid out as docs/how-to/publish-the-component.md says', () => {
      const of = (path: string): string => readFileSync(join(project, path), 'utf8')
      expect(of('.gitlab-ci.yml')).toContain('python-package@$CI_COMMIT_SHA')
      expect(of('README.md')).not.toMatch(/\]\((?!#|https:)/)
      expect(of('LICENSE')).toContain('Apache License')
      expect(of('example/pyproject.toml')).toContain('version = "0.1.0"')
      expect(of('templates/python-package.yml')).toContain(`default: sha256:${digest(wheel)}\n`)
    })
  })

  it('is installed by uv tool', { timeout: LONG_MS }, async () => {
    const bin = join(folder, 'uv-bin')
    const tools = { UV_TOOL_DIR: join(folder, 'uv-tools'), UV_TOOL_BIN_DIR: bin }
    await succeed(runProgram([uv, 'tool', 'install', '--offline', wheel], { env: { ...env(), ...tools } }))
    expect((await runProgram([join(bin, 'wheelseal'), '--version'], { env: nothing })).stdout).toMatch(
      VERSION,
    )
  })
})
