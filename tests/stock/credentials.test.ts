import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { present, python, twine } from '../support/judges.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** Stock twine, pip and curl with each kind of token, on a private project, by each carrier that they have. */

let server: Server
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let packages: string
const tokens: Record<string, { readonly token: string; readonly user: string }> = {}

const at = (path: string): string => join(folder.path, path)

async function make(name: string, ...args: readonly string[]): Promise<void> {
  const made = await server.admin('token', 'create', ...args)
  tokens[name] = { token: String(made['token']), user: String(made['user']) }
}

describe.runIf(present(python, twine))('a private project', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(at('data'))
    const { id } = await server.admin('project', 'create', 'acme/tools')
    packages = `${server.url}/api/v4/projects/${String(id)}/packages`
    await server.admin('user', 'create', 'ada')
    await server.admin('project', 'member', 'add', 'acme', 'ada', 'developer')
    await make('personal', '--user', 'ada', '--scope', 'api')
    await make('reads', '--user', 'ada', '--scope', 'read_api')
    await make('project', '--project', 'acme/tools', '--scope', 'api', '--expires', '2d')
    await make('group', '--group', 'acme', '--role', 'reporter', '--scope', 'read_api')
    await make('deploy', '--project', 'acme/tools', '--deploy', '--scope', 'write_package_registry')
    await make('mirror', '--group', 'acme', '--deploy', '--scope', 'read_package_registry')
    const build = ['python3', join(root, 'tests', 'docs', 'distributions.py')]
    for (const version of ['1.0.0', '1.0.1', '1.0.2'])
      expect((await runProgram([...build, 'tools', version], { cwd: folder.path })).code).toBe(0)
  }, 60_000)
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  function upload(version: string, name: string, login?: string): Promise<Outcome> {
    const { token = '', user = '' } = tokens[name] ?? {}
    const env = {
      TWINE_USERNAME: login ?? user,
      TWINE_PASSWORD: token,
      TWINE_REPOSITORY_URL: `${packages}/pypi`,
    }
    const files = [at(`dist/tools-${version}-py3-none-any.whl`)]
    return runProgram([twine, 'upload', '--non-interactive', '--disable-progress-bar', ...files], { env })
  }

  it.each([
    ['personal', '1.0.0'],
    ['project', '1.0.1'],
    ['deploy', '1.0.2'],
  ])('takes an upload of twine with a token of the kind %s', async (name, version) => {
    const { code, stdout, stderr } = await upload(version, name)
    expect(code, stdout + stderr).toBe(0)
  })

  it.each([
    ['reads', undefined, '403'],
    ['group', undefined, '403'],
    ['mirror', undefined, '403'],
    ['deploy', 'ada', '401'],
  ])('refuses one with the token %s as the user %s', async (name, login, status) => {
    const { code, stdout, stderr } = await upload('1.0.0', name, login)
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining(status)])
  })

  it.each(['personal', 'reads', 'project', 'group', 'deploy', 'mirror'])(
    'gives pip a file for the token %s of a netrc file',
    async (name) => {
      const { token = '', user = '' } = tokens[name] ?? {}
      const netrc = at(`netrc-${name}`)
      await writeFile(netrc, `machine 127.0.0.1 login ${user} password ${token}\n`, { mode: 0o600 })
      const index = ['--index-url', `${packages}/pypi/simple`, '--no-cache-dir']
      const got = ['--no-deps', '--dest', at(`got-${name}`), 'tools==1.0.1']
      const pip = [python, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check']
      const { code, stderr } = await runProgram([...pip, ...index, ...got], { env: { NETRC: netrc } })
      expect(code, stderr).toBe(0)
    },
  )

  it('gives curl a file for the header DEPLOY-TOKEN, and for a deploy token as Bearer', async () => {
    const { token = '' } = tokens['mirror'] ?? {}
    for (const header of [`DEPLOY-TOKEN: ${token}`, `Authorization: Bearer ${token}`]) {
      const curl = ['curl', '-fsS', '-o', at('page'), '-H', header, `${packages}/pypi/simple/tools/`]
      expect(await runProgram(curl)).toMatchObject({ code: 0 })
    }
  })

  it('refuses every one of them once it is revoked', async () => {
    const { tokens: rows } = (await server.admin('token', 'list')) as { tokens: { id: number }[] }
    for (const { id } of rows) await server.admin('token', 'revoke', String(id))
    for (const { token, user } of Object.values(tokens)) {
      const url = `${packages}/pypi/simple/tools/`
      const curl = ['curl', '-s', '-o', at('page'), '-w', '%{http_code}', '-u', `${user}:${token}`, url]
      expect((await runProgram(curl)).stdout).toBe('401')
    }
  })
})
