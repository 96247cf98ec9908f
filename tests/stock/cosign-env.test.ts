import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServerWithFiles, temporaryFolder, type Server } from '../support/server.ts'

const LONG_MS = 120_000

let server: Server
let folder: string

/** `cosign` is one version after the other; what aims it stays. */
describe.runIf(present(cosign2, cosign3))('cosign.env', () => {
  beforeAll(async () => {
    const started = await startServerWithFiles()
    ;({ server, path: folder } = started)
    await putOnPath(folder)
    return started.stop
  })

  it.each(['bash', 'sh'])('serves cosign 2, cosign 3 and our face in one %s', async (shell) => {
    const id = `--certificate-identity https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
    const who = `${id} --certificate-oidc-issuer ${server.url}`
    const { code, stderr } = await run(shell, [
      '. ./cosign.env',
      'PATH=$PWD/2:$OLD_PATH',
      `cosign sign-blob --yes --fulcio-url ${server.url} --output-signature f.sig --output-certificate f.crt file`,
      `cosign verify-blob --signature f.sig --certificate f.crt ${who} file`,
      'PATH=$PWD/3:$OLD_PATH',
      'cosign sign-blob --yes --signing-config signing_config.json --trusted-root trusted_root.json --bundle f.json file',
      `cosign verify-blob --trusted-root trusted_root.json --bundle f.json ${who} file`,
      `cosign verify-blob --new-bundle-format=false --signature f.sig --certificate f.crt ${who} file`,
      'wheelseal sign --signing-config signing_config.json --trusted-root trusted_root.json other',
      `wheelseal cosign verify-blob --new-bundle-format --bundle other.sigstore.json ${who} other`,
    ])
    expect(code, stderr).toBe(0)
    expect(stderr.match(/Verified OK/g)).toHaveLength(4)
  })

  it('leaves a function of that name alone', async () => {
    const { stdout } = await run('bash', ['cosign() { echo mine "$@"; }', '. ./cosign.env', 'cosign version'])
    expect(stdout).toBe('mine version\n')
  })

  async function run(shell: string, lines: readonly string[]): Promise<Outcome> {
    const token = String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
    const path = process.env['PATH'] ?? ''
    const env = {
      HOME: folder,
      OLD_PATH: path,
      PATH: `${join(folder, '2')}:${path}`,
      SIGSTORE_ID_TOKEN: token,
    }
    const face = `wheelseal() { ${wheelseal} "$@"; }`
    return runProgram([shell, '-euc', [face, ...lines].join('\n')], { cwd: folder, env })
  }
})

describe.runIf(present(cosign2, cosign3))('a job of wheelseal run', () => {
  const sign2 = [
    'cosign sign-blob --yes --fulcio-url "$FULCIO_URL" --output-signature f.sig --output-certificate f.crt file',
    'cosign verify-blob --signature f.sig --certificate f.crt $WHO file',
  ]
  const sign3 = [
    'cosign sign-blob --yes --signing-config "$SIGNING_CONFIG" --trusted-root "$TRUSTED_ROOT" --bundle f.json file',
    'cosign verify-blob --trusted-root "$TRUSTED_ROOT" --bundle f.json $WHO file',
  ]

  it.each([
    ['2', 'v2.2.3', sign2],
    ['3', 'v3.1.2', sign3],
  ])('has cosign %s from --prepend-path, aimed here', { timeout: LONG_MS }, async (name, version, lines) => {
    const { path, remove } = await temporaryFolder()
    try {
      await putOnPath(path)
      const project = join(path, 'project')
      await mkdir(project)
      await writeFile(join(project, 'file'), 'bytes')
      await writeFile(join(project, '.gitlab-ci.yml'), pipeline(['cosign version', ...lines]))
      const { code, stderr } = await runProgram(
        [
          wheelseal,
          'run',
          '-C',
          'project',
          '--data',
          'data',
          '--listen',
          '127.0.0.1:0',
          '--prepend-path',
          name,
        ],
        { cwd: path },
      )
      expect(code, stderr).toBe(0)
      const log = await runProgram(['cat', join(path, 'data', 'traces', '0', '1.log')])
      expect(log.stdout).toContain(version)
      expect(log.stdout).toContain('Verified OK')
    } finally {
      await remove()
    }
  })

  function pipeline(script: readonly string[]): string {
    const who =
      '--certificate-identity $CERTIFICATE_IDENTITY --certificate-oidc-issuer $CERTIFICATE_OIDC_ISSUER'
    const job = { variables: { WHO: who }, id_tokens: { SIGSTORE_ID_TOKEN: { aud: 'sigstore' } }, script }
    return JSON.stringify({ job })
  }
})

/** Folders `2` and `3`, each with its `cosign`. */
async function putOnPath(path: string): Promise<void> {
  for (const [name, program] of Object.entries({ 2: cosign2, 3: cosign3 })) {
    await mkdir(join(path, name))
    await symlink(program, join(path, name, 'cosign'))
  }
}
