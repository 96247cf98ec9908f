import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indexPython, olderPython, olderTwine, poetry, present, python } from '../support/judges.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { startProxpi, type Proxpi } from '../support/proxpi.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let server: Server
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let api: string
let token: string
let proxy: Proxpi | undefined

const at = (...names: readonly string[]): string => join(folder.path, ...names)
const wheelOf = (version: string): string => `acme_tools-${version}-py3-none-any.whl`
const BUILT = ['1.0', '1.1', '2.0rc1']
/** Whatever configuration this machine has, and no cache that another run has filled. */
const PIP = ['--isolated', '--no-cache-dir', '--disable-pip-version-check', '--no-input']

/** Clients of other years and other makers than those of index.test.ts, on a private project. */
describe.runIf(present(python, olderPython, indexPython))('the index of a private project', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(at('data'))
    const { id } = await server.admin('project', 'create', 'acme/tools')
    await server.admin('user', 'create', 'ada')
    await server.admin('project', 'member', 'add', 'acme', 'ada', 'developer')
    ;({ token } = (await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')) as {
      token: string
    })
    api = `${server.url}/api/v4/projects/${String(id)}/packages/pypi`
    for (const version of BUILT) {
      const maker = join(root, 'tests', 'support', 'small-wheel.py')
      const made = await runProgram([python, maker, at('dist'), 'acme_tools', version, '>=3.8'])
      expect(made.code).toBe(0)
      expect((await twine4(at('dist', wheelOf(version)))).code).toBe(0)
    }
    await writeFile(at('netrc'), `machine 127.0.0.1 login ada password ${token}\n`, { mode: 0o600 })
  }, 120_000)
  afterAll(async () => {
    proxy?.stop()
    await server.stop()
    await folder.remove()
  })

  function twine4(file: string): Promise<Outcome> {
    const env = { TWINE_USERNAME: 'ada', TWINE_PASSWORD: token, TWINE_REPOSITORY_URL: api }
    return runProgram([olderTwine, 'upload', '--non-interactive', '--disable-progress-bar', file], { env })
  }

  let count = 0
  async function got(argv: readonly string[], options: Parameters<typeof runProgram>[1] = {}) {
    count += 1
    const into = at(`got-${count}`)
    const { code, stdout, stderr } = await runProgram([...argv, '--no-deps', '--dest', into], options)
    return { code, text: stdout + stderr, files: code === 0 ? await readdir(into) : [] }
  }

  const withToken = (url: string): string => url.replace('://', `://ada:${token}@`)

  it('takes the same upload of twine 4 again, and tells it why it refuses another one', async () => {
    expect((await twine4(at('dist', wheelOf('1.0')))).code).toBe(0)
    const maker = join(root, 'tests', 'support', 'small-wheel.py')
    await runProgram([python, maker, at('other'), 'acme_tools', '1.0', '>=3.9'])
    const { code, stdout, stderr } = await twine4(at('other', wheelOf('1.0')))
    expect([code, (stdout + stderr).replaceAll(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('already been taken'),
    ])
  })

  it('is read by pip 23, which finds its credential in netrc', async () => {
    const argv = [olderPython, '-m', 'pip', 'download', ...PIP, '--index-url', `${api}/simple`]
    const env = { NETRC: at('netrc') }
    expect((await got([...argv, 'acme-tools'], { env })).files).toEqual([wheelOf('1.1')])
    expect((await got([...argv, '--pre', 'Acme_Tools'], { env })).files).toEqual([wheelOf('2.0rc1')])
    expect((await got([...argv, 'acme-tools'])).code).toBe(1)
  })

  it('is read at the group by pip 23 and the newest', async () => {
    const index = withToken(`${server.url}/api/v4/groups/acme/-/packages/pypi/simple`)
    for (const one of [olderPython, python])
      expect(
        (await got([one, '-m', 'pip', 'download', ...PIP, '--index-url', index, 'acme-tools'])).files,
      ).toEqual([wheelOf('1.1')])
  })

  it('is read alike in JSON and in HTML by a strict parser of another maker', async () => {
    await server.admin('yank', 'acme-tools==1.0', '--project', 'acme/tools', '--reason', 'too old')
    const reader = join(root, 'tests', 'support', 'simple-repository.py')
    await server.admin('project', 'create', 'acme/open', '--visibility', 'public')
    const open = `${server.url}/api/v4/projects/acme%2Fopen/packages/pypi`
    const env = { TWINE_USERNAME: 'ada', TWINE_PASSWORD: token, TWINE_REPOSITORY_URL: open }
    for (const version of BUILT)
      await runProgram([olderTwine, 'upload', '--non-interactive', at('dist', wheelOf(version))], { env })
    await server.admin('yank', 'acme-tools==1.0', '--project', 'acme/open', '--reason', 'too old')
    const { code, stdout, stderr } = await runProgram([indexPython, reader, `${open}/simple/acme-tools/`])
    expect([code, stderr]).toEqual([0, ''])
    const [json, html] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { files: object[]; version: string })
    expect(json).toMatchObject({ versions: ['1.0', '1.1', '2.0rc1'] })
    expect(html?.files.map((file) => ({ ...file, yanked: null }))).toEqual(
      json?.files.map((file) => ({ ...file, yanked: null })),
    )
    expect(json?.files).toContainEqual(
      expect.objectContaining({ name: wheelOf('1.0'), yanked: 'too old', requires: '>=3.8', metadata: true }),
    )
    expect(html?.files).toContainEqual(expect.objectContaining({ name: wheelOf('1.0'), yanked: 'too old' }))
  })

  it('is the upstream of proxpi, through which pip installs', async () => {
    const upstream = `${server.url}/api/v4/projects/acme%2Fopen/packages/pypi/simple/`
    proxy = await startProxpi({ upstream, cache: at('proxpi') })
    const { files, text } = await got([
      python,
      '-m',
      'pip',
      'download',
      ...PIP,
      '--index-url',
      proxy.index,
      'acme-tools',
    ])
    expect([files, text]).toEqual([[wheelOf('1.1')], expect.any(String)])
  })

  it(
    'is read by poetry, which locks the digests that it got and installs by them',
    { timeout: 120_000 },
    async () => {
      await writeFile(
        at('pyproject.toml'),
        `[project]
name = "consumer"
version = "0"
requires-python = ">=3.9"
dependencies = ["acme-tools"]

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "acme"
url = "${api}/simple/"
priority = "primary"
`,
      )
      const env = {
        POETRY_HTTP_BASIC_ACME_USERNAME: 'ada',
        POETRY_HTTP_BASIC_ACME_PASSWORD: token,
        POETRY_CACHE_DIR: at('poetry-cache'),
        POETRY_VIRTUALENVS_IN_PROJECT: 'true',
        PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
      }
      const run = (...argv: readonly string[]) =>
        runProgram([poetry, '--no-interaction', '--no-ansi', ...argv], { env, cwd: folder.path })
      const locked = await run('lock')
      expect([locked.code, locked.stdout]).toEqual([0, expect.stringContaining('Writing lock file')])
      expect(await readFile(at('poetry.lock'), 'utf8')).toContain('sha256:')
      const installed = await run('install')
      expect([installed.code, installed.stdout]).toEqual([0, expect.stringContaining('acme-tools (1.1)')])
    },
  )
})
