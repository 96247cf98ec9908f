import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHtmlGitLab, type StandIn } from '../support/html-gitlab.ts'
import { cosign2, present, python, twine, uv } from '../support/judges.ts'
import { root, runProgram, startProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const LONG_MS = 120_000
const page = readFileSync(join(root, 'docs', 'how-to', 'fetch-and-install.md'), 'utf8')
const WHEEL = 'acme_tools-1.0.0-py3-none-any.whl'
const SDIST = 'acme_tools-1.0.0.tar.gz'

const BOTH = join(root, 'tests', 'docs', 'distributions.py')
const CANARY = join(root, 'tests', 'support', 'canary-sdist.py')

interface Release {
  readonly name: string
  readonly version: string
  readonly seals: 'pair' | 'bundle' | 'none'
  /** That makes its files. */
  readonly script: string
}

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let token = ''
const standIns: StandIn[] = []

/** What stock twine and cosign have published in a private project, as the tutorial does it; stock pip and uv install it. */
describe.runIf(present(python, twine, uv, cosign2))('wheelseal fetch and install', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(at('data'))
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('trust', 'export', '--out', at('trust'))
    await server.admin('user', 'create', 'ada', '--admin')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    await mkdir(at('bin'))
    for (const [name, path] of Object.entries({ wheelseal, uv, cosign: cosign2 }))
      await symlink(path, at(`bin/${name}`))
    await publish({ name: 'acme_tools', version: '1.0.0', seals: 'pair', script: BOTH })
    await publish({ name: 'acme_base', version: '2.0.0', seals: 'bundle', script: BOTH })
    await publish({ name: 'acme_tools', version: '1.0.1', seals: 'none', script: CANARY })
    await publish({ name: 'acme_tools', version: '1.0.2', seals: 'bundle', script: CANARY })
  }, LONG_MS)
  afterAll(async () => {
    for (const one of standIns) one.close()
    await server.stop()
    await folder.remove()
  })

  it('do what the lines of the page say', { timeout: LONG_MS }, async () => {
    await mkdir(at('page'))
    await writeFile(at('page/all.toml'), policyText('acme-tools', 'acme-base'))
    const lines = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block).join('')
    expect(lines.match(/^wheelseal /gm)).toHaveLength(6)
    const { code, stdout, stderr } = await shell(`set -e\n${here(lines)}`, at('page'))
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(`(saved as ${WHEEL}.sigstore.json)`)
    expect(stdout).toMatch(/^installed acme-tools==1\.0\.0 with venv\/bin\/python -m pip$/m)
    expect(stderr).toContain('2 of 2 files are verified')
    expect(await readdir(at('page/wheels'))).toContain('acme_base-2.0.0-py3-none-any.whl')
    expect((await runProgram([at('page/venv/bin/python'), '-c', 'import acme_tools, acme_base'])).code).toBe(
      0,
    )
  })

  it.each(['pip', 'uv'])('replace what is installed already, with %s', { timeout: LONG_MS }, async (name) => {
    const venv = at(`venv-${name}`)
    await runProgram([python, '-m', 'venv', venv])
    const into = ['--python', join(venv, 'bin/python'), '--installer', name]
    for (const more of [[], [], ['--deps-from', withLogin()]]) {
      const { code, stderr } = await run('install', 'acme-tools==1.0.0', ...project(), ...into, ...more)
      expect(code, stderr).toBe(0)
      const where = 'import acme_tools, sys; sys.stdout.write(acme_tools.__file__)'
      const { stdout: file } = await runProgram([join(venv, 'bin/python'), '-B', '-c', where])
      expect(await readFile(file, 'utf8')).not.toContain('other bytes')
      await writeFile(file, '# other bytes')
    }
  })

  it('refuse in the words of the page, and leave nothing', { timeout: LONG_MS }, async () => {
    await mkdir(at('refused'))
    const refusals = [...page.matchAll(/```console\n\$ (.*)\n([^]*?)```/g)]
    expect(refusals).toHaveLength(3)
    for (const [, command = '', words = ''] of refusals) {
      const { code, stderr } = await shell(here(command), at('refused'))
      expect(code, command).toBe(1)
      expect(stderr).toContain(words.trim())
    }
    expect(await readdir(at('refused'))).toEqual([])
  })

  it.each([
    ['pip', () => [python, '-m', 'pip', 'install', '--target']],
    ['uv', () => [uv, 'pip', 'install', '--python', python, '--target']],
  ])('leave what stock %s installs by digest', { timeout: LONG_MS }, async (name, argv) => {
    const out = at(`for-${name}`)
    expect(await fetched('acme-tools==1.0.0', out)).toMatchObject({ code: 0 })
    const report = JSON.parse((await fetched('acme-tools==1.0.0', out, '--json')).stdout) as {
      readonly files: readonly { readonly sha256: string }[]
    }
    const hashes = report.files.map(({ sha256 }) => `--hash=sha256:${sha256}`)
    await writeFile(at('requirements.txt'), `acme-tools==1.0.0 ${hashes.join(' ')}\n`)
    const source = ['--no-index', '--find-links', out, '--require-hashes', '-r', at('requirements.txt')]
    const { code, stderr } = await runProgram([...argv(), at(`target-${name}`), ...source], {
      env: { PIP_FIND_LINKS: undefined },
    })
    expect(code, stderr).toBe(0)
    expect(existsSync(at(`target-${name}/acme_tools/__init__.py`))).toBe(true)
  })

  it('have uv install where that is asked for', { timeout: LONG_MS }, async () => {
    const { code, stderr } = await run(
      ...['install', 'acme-tools==1.0.0', ...project(), '--installer', 'uv', '--python', python],
      ...['--', '--target', at('by-uv')],
    )
    expect(code, stderr).toBe(0)
    expect(existsSync(at('by-uv/acme_tools/__init__.py'))).toBe(true)
    expect(stderr).toContain('dependencies were not installed')
  })

  it('run nothing of a package, where pip download does', { timeout: LONG_MS }, async () => {
    const canary = at('canary')
    const env = { CANARY: canary, PIP_NO_CACHE_DIR: '1' }
    expect(await run('fetch', 'acme-tools==1.0.1', ...project(), '--out', at('c1'))).toMatchObject({
      code: 1,
    })
    expect(existsSync(at('c1'))).toBe(false)
    expect(await run('fetch', 'acme-tools==1.0.2', ...project(), '--out', at('c2'))).toMatchObject({
      code: 0,
    })
    const refused = await run('install', 'acme-tools==1.0.2', ...project(), '--python', python)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('packaging.no-wheel') })
    expect(existsSync(canary)).toBe(false)
    const sdist = ['acme-tools==1.0.2', ...project(), '--python', python, '--allow-sdist']
    const built = await run('install', ...sdist, '--', '--target', at('c3'))
    expect(built.code, built.stderr).toBe(0)
    const variables = (await readFile(canary, 'utf8')).split('\n')
    expect(variables).toContain('CANARY')
    expect(variables).not.toContain('WHEELSEAL_TOKEN')
    await rm(canary)
    const index = withLogin()
    const download = ['download', '--no-deps', '--index-url', index, '-d', at('c4'), 'acme-tools==1.0.1']
    await runProgram([python, '-m', 'pip', ...download], { env })
    expect(existsSync(canary)).toBe(true)
  })

  it('work with a GitLab that has HTML alone', { timeout: LONG_MS }, async () => {
    const gitlab = await startHtmlGitLab(server.url)
    standIns.push(gitlab)
    const { code, stderr } = await run(
      ...['fetch', 'acme_tools==1.0.0', '--api', `${gitlab.url}/api/v4`, '--project', 'acme/tools'],
      ...['--certificate-oidc-issuer', server.url, '--out', at('html')],
    )
    expect(code, stderr).toBe(0)
    expect(await readdir(at('html'))).toEqual(
      [WHEEL, SDIST].flatMap((name) => ['', '.crt', '.sig', '.sigstore.json'].map((ending) => name + ending)),
    )
    expect(gitlab.asked.filter((path) => path.includes('/simple/'))).toHaveLength(1)
  })

  it(
    'leave nothing that is not verified after Ctrl-C, and after a kill until the next run',
    { timeout: LONG_MS },
    async () => {
      let isAsked: () => void = () => undefined
      const gitlab = await startHtmlGitLab(server.url, (request, response) => {
        if (request.url?.endsWith(SDIST) !== true) return false
        response.writeHead(200)
        response.write('the beginning', () => isAsked())
        return true
      })
      standIns.push(gitlab)
      const stopped = async (
        signal: NodeJS.Signals,
      ): Promise<{ code: number | null; files: readonly string[] }> => {
        const asked = new Promise<void>((done) => {
          isAsked = done
        })
        const api = [
          '--api',
          `${gitlab.url}/api/v4`,
          '--project',
          'acme/tools',
          '--certificate-oidc-issuer',
          server.url,
        ]
        const child = startProgram(
          [wheelseal, 'fetch', 'acme-tools==1.0.0', ...api, '--out', at('stopped')],
          { env: surroundings() },
        )
        await asked
        await expect.poll(() => readdir(at('stopped')).catch(() => [])).toHaveLength(1)
        const closed = once(child, 'exit')
        child.kill(signal)
        const [code] = (await closed) as [number | null]
        return { code, files: await readdir(at('stopped')).catch(() => []) }
      }
      expect(await stopped('SIGINT')).toEqual({ code: 1, files: [] })
      expect(await stopped('SIGTERM')).toEqual({ code: 1, files: [] })
      const killed = await stopped('SIGKILL')
      expect(killed).toEqual({ code: null, files: [expect.stringMatching(/^\.wheelseal-fetch-\d+-/)] })
      expect(await fetched('acme-tools==1.0.0', at('stopped'))).toMatchObject({ code: 0 })
      expect((await readdir(at('stopped'))).filter((name) => name.startsWith('.'))).toEqual([])
    },
  )

  function at(name: string): string {
    return join(folder.path, name)
  }

  function surroundings(): Readonly<Record<string, string | undefined>> {
    return {
      PATH: `${at('bin')}:${process.env['PATH']}`,
      WHEELSEAL_DATA: server.data,
      WHEELSEAL_TOKEN: token,
      WHEELSEAL_TRUSTED_ROOT: at('trust/trusted_root.json'),
      CANARY: at('canary'),
      PIP_FIND_LINKS: undefined,
    }
  }

  function run(...args: readonly string[]): Promise<Outcome> {
    return runProgram([wheelseal, ...args], { env: surroundings(), cwd: folder.path })
  }

  function shell(script: string, cwd: string): Promise<Outcome> {
    return runProgram(['bash', '-c', script], { env: surroundings(), cwd })
  }

  function project(): readonly string[] {
    return ['--api', `${server.url}/api/v4`, '--project', 'acme/tools']
  }

  function fetched(requirement: string, out: string, ...more: readonly string[]): Promise<Outcome> {
    return run('fetch', requirement, ...project(), '--out', out, ...more)
  }

  function here(text: string): string {
    return text.replaceAll('127.0.0.1:7711', new URL(server.url).host)
  }

  function policyText(...names: readonly string[]): string {
    const listed = names.map((name) => `"${name}"`).join(', ')
    return `version = 1\n[[rules]]\nnames = [${listed}]\n[[rules.any_of]]\nissuer = "${server.url}"\nproject = "acme/tools"\nrefs = ["refs/heads/main"]\n`
  }

  async function publish({ name, version, seals, script }: Release): Promise<void> {
    const work = at(`made-${name}-${version}`)
    await mkdir(work)
    expect((await runProgram([python, script, name, version], { cwd: work })).code).toBe(0)
    const files = (await readdir(join(work, 'dist'))).toSorted()
    const packages = `${server.url}/api/v4/projects/acme%2Ftools/packages`
    const login = { TWINE_USERNAME: 'ada', TWINE_PASSWORD: token }
    const dists = files.map((file) => join(work, 'dist', file))
    const argv = [twine, 'upload', '--repository-url', `${packages}/pypi`, ...dists]
    const uploaded = await runProgram(argv, { env: login })
    expect(uploaded.code, uploaded.stdout + uploaded.stderr).toBe(0)
    if (seals === 'none') return
    for (const file of files) await sealWith(seals, join(work, 'dist', file))
    const ending = seals === 'pair' ? /\.(?:sig|crt)$/ : /\.sigstore\.json$/
    const made = (await readdir(join(work, 'dist'))).filter((file) => ending.test(file))
    expect(made).toHaveLength(files.length * (seals === 'pair' ? 2 : 1))
    for (const file of made) {
      const answer = await fetch(`${packages}/generic/tools/${version}/${file}`, {
        method: 'PUT',
        headers: { 'private-token': token },
        body: await readFile(join(work, 'dist', file)),
      })
      expect(answer.status).toBe(201)
    }
  }

  function withLogin(): string {
    return `${server.url.replace('://', `://ada:${token}@`)}/api/v4/projects/acme%2Ftools/packages/pypi/simple`
  }

  async function sealWith(seals: 'pair' | 'bundle', file: string): Promise<void> {
    const identity = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
    const urls = ['--fulcio-url', server.url, '--rekor-url', server.url]
    const trust = Object.fromEntries(
      (await readFile(at('trust/cosign.env'), 'utf8')).split('\n').flatMap((line) => {
        const [, name, value] = /^export ([A-Z_]+)=['"]?([^'"]*)['"]?$/.exec(line) ?? []
        return name === undefined || value === undefined ? [] : [[name, value]]
      }),
    )
    const output = ['--output-signature', `${file}.sig`, '--output-certificate', `${file}.crt`]
    const argv =
      seals === 'pair'
        ? [cosign2, 'sign-blob', '--yes', ...urls, '--identity-token', identity, ...output, file]
        : [wheelseal, 'sign', '--signing-config', at('trust/signing_config.json'), file]
    const env = { ...trust, SIGSTORE_ID_TOKEN: identity }
    const { code, stderr } = await runProgram(argv, { env, cwd: dirname(file) })
    expect(code, stderr).toBe(0)
  }
})
