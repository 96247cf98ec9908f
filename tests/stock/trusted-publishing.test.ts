import { writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGitLabIssuer, type GitLabIssuer } from '../support/gitlab-issuer.ts'
import { present, python, twine, uv } from '../support/judges.ts'
import {
  root,
  runProgram,
  startProgram,
  wheelseal,
  type Outcome,
  type TiedProcess,
} from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let gitlab: GitLabIssuer
let child: TiedProcess
let url: string
let index: string
let id: number
const errors: string[] = []
const tokens: string[] = []

/** docs/how-to/trusted-publishing.md: stock uv and twine in the environment of a job of a GitLab that is configured. */
describe.runIf(present(python, uv, twine))('trusted publishing', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    gitlab = await startGitLabIssuer()
    await makeCertificate()
    await writeFile(at('keys.json'), gitlab.keySet)
    await writeFile(
      at('w.toml'),
      `[[issuers]]\nurl = "${gitlab.url}"\njwks = "keys.json"\ngroups = ["team"]\n`,
    )
    const more = ['--config', 'w.toml', '--tls-cert', 'tls.chain', '--tls-key', 'tls.key', '--json']
    child = startProgram([wheelseal, 'up', '--data', 'data', '--listen', 'localhost:0', ...more], {
      cwd: folder.path,
    })
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    url = (JSON.parse(line) as { url: string }).url
    const created = await run({}, wheelseal, 'project', 'create', 'acme/tools', '--data', 'data', '--json')
    id = (JSON.parse(created.stdout) as { id: number }).id
    index = `${url}/api/v4/projects/${id}/packages/pypi`
    const rule = ['--ref', 'refs/heads/main', '--issuer', gitlab.url, '--project-path', 'team/wheels']
    const added = await run(
      {},
      wheelseal,
      'project',
      'publisher',
      'add',
      'acme/tools',
      ...rule,
      '--data',
      'data',
    )
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining(`${variable()}:`) as string })
    const built = [python, '-m', 'build', '--outdir', at('dist'), join(root, 'examples', 'hello-tools')]
    expect((await runProgram(built)).code).toBe(0)
  })
  afterAll(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
    gitlab.close()
    await folder.remove()
    const logged = errors.join('')
    expect(logged).toContain('upload-token.minted')
    expect(tokens.filter((token) => logged.includes(token.slice(-30)))).toEqual([])
    expect(logged).not.toContain('wspub-')
  })

  it('lets uv upload a wheel and an sdist, and uv ends its token', async () => {
    const { code, stderr } = await uvPublish(idToken())
    expect([code, stderr]).toEqual([0, expect.stringContaining('Uploading hello_tools-1.0.0')])
    expect(errors.join('')).toContain('/_/oidc/burn-token')
    expect(await listed()).toEqual(['hello_tools-1.0.0-py3-none-any.whl', 'hello_tools-1.0.0.tar.gz'])
  })

  it('lets twine upload them again, with the token that curl exchanged', async () => {
    const lines = `TWINE_PASSWORD=$(printf '{"token":"%s"}' "$${variable()}" |
      curl --silent --fail-with-body --cacert tls.crt --json @- "${url}/_/oidc/mint-token" |
      python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
      export TWINE_PASSWORD
      ${twine} upload --non-interactive --username __token__ --repository-url "${index}" dist/*`
    const { code, stdout, stderr } = await inJob(idToken(), 'bash', '-e', '-o', 'pipefail', '-c', lines)
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('100%')])
  })

  it('lets wheelseal publish skip them, which reads them back with a token that may read', async () => {
    const made = ['token', 'create', '--project', 'acme/tools', '--role', 'reporter', '--scope', 'read_api']
    const token = await run({}, wheelseal, ...made, '--data', 'data', '--json')
    const reader = (JSON.parse(token.stdout) as { token: string }).token
    const argv = [
      'publish',
      '--api',
      `${url}/api/v4`,
      '--project',
      `${id}`,
      '--trusted-publishing',
      '--no-seals',
    ]
    const files = ['hello_tools-1.0.0-py3-none-any.whl', 'hello_tools-1.0.0.tar.gz']
    const paths = files.map((name) => at(`dist/${name}`))
    const { code, stdout, stderr } = await run(
      { [variable()]: idToken(), WHEELSEAL_TOKEN: reader },
      wheelseal,
      ...argv,
      ...paths,
    )
    expect([code, stdout, stderr]).toEqual([
      0,
      files.map((name) => `${name} was published before with the same bytes\n`).join(''),
      expect.stringContaining('reading back'),
    ])
  })

  it('answers as twine reads it: its own code exchanges the token, and shows why it cannot', async () => {
    expect(await twineExchange(idToken())).toMatchObject({ code: 0, stdout: 'wspub-\n' })
    const { code, stderr } = await twineExchange(idToken({ ref: 'x', ref_path: 'refs/heads/x' }))
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('* `invalid-publisher`: no rule for pipelines'),
    ])
  })

  it('tells uv why a pipeline is refused', async () => {
    const { code, stderr } = await uvPublish(idToken({ ref: 'x', ref_path: 'refs/heads/x' }))
    expect(code).not.toBe(0)
    expect(stderr).toContain('the rule is for refs/heads/main, the id token is for refs/heads/x')
  })

  it('tells uv that an id token was used before', async () => {
    const used = idToken()
    expect((await uvPublish(used)).code).toBe(0)
    const { code, stderr } = await uvPublish(used)
    expect(code).not.toBe(0)
    expect(stderr).toContain('already exchanged')
  })

  function at(name: string): string {
    return join(folder.path, name)
  }

  function idToken(changes: Readonly<Record<string, string>> = {}): string {
    const ref = changes['ref'] ?? 'main'
    const ci_config_ref_uri = `${gitlab.host}/team/wheels//.gitlab-ci.yml@refs/heads/${ref}`
    const token = gitlab.token({ aud: `wheelseal:${new URL(url).host}`, ci_config_ref_uri, ...changes })
    tokens.push(token)
    return token
  }

  function variable(): string {
    return `WHEELSEAL_${new URL(url).host.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_ID_TOKEN`
  }

  function uvPublish(token: string): Promise<Outcome> {
    const files = at('dist/*')
    return inJob(token, uv, 'publish', '--trusted-publishing', 'always', '--publish-url', index, files)
  }

  /** What twine does for PyPI, and for no other index by itself. */
  function twineExchange(token: string): Promise<Outcome> {
    const code = `from twine.auth import CredentialInput, Resolver
print(Resolver({"repository": "${index}"}, CredentialInput()).make_trusted_publishing_token()[:6])`
    return inJob(token, python, '-c', code)
  }

  /** uv takes no certificate that is its own authority. */
  async function makeCertificate(): Promise<void> {
    const lines = `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt
      openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tls.key -out tls.csr
      printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' >ext
      openssl x509 -req -days 2 -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile ext -out tls.pem
      cat tls.pem ca.crt >tls.chain
      cp ca.crt tls.crt
      chmod 600 tls.key`
    const made = await runProgram(['bash', '-e', '-c', lines], { cwd: folder.path })
    expect(made.code, made.stderr).toBe(0)
  }

  function inJob(token: string, ...argv: string[]): Promise<Outcome> {
    return run({ GITLAB_CI: 'true', CI: 'true', [variable()]: token }, ...argv)
  }

  function run(env: Readonly<Record<string, string>>, ...argv: string[]): Promise<Outcome> {
    const trust = { SSL_CERT_FILE: at('tls.crt'), REQUESTS_CA_BUNDLE: at('tls.crt') }
    return runProgram(argv, {
      cwd: folder.path,
      env: { HOME: folder.path, COLUMNS: '400', ...trust, ...env },
    })
  }

  async function listed(): Promise<string[]> {
    const token = await run(
      {},
      wheelseal,
      'token',
      'create',
      '--project',
      'acme/tools',
      '--role',
      'reporter',
      '--scope',
      'read_api',
      '--data',
      'data',
      '--json',
    )
    const header = `PRIVATE-TOKEN: ${(JSON.parse(token.stdout) as { token: string }).token}`
    const get = async <T>(path: string): Promise<T> => {
      const { stdout } = await run(
        {},
        'curl',
        '--silent',
        '--fail',
        '--cacert',
        at('tls.crt'),
        '-H',
        header,
        `${url}/api/v4/projects/${id}/packages${path}`,
      )
      return JSON.parse(stdout) as T
    }
    const [found] = await get<{ id: number }[]>('?package_type=pypi')
    const files = await get<{ file_name: string }[]>(`/${found?.id}/package_files?order_by=file_name`)
    return files.map(({ file_name }) => file_name)
  }
})
