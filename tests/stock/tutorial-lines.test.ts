import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAdmin } from '../../src/server/index.ts'
import { cosign2, present, python, twine } from '../support/judges.ts'
import { pipIndexUrl } from '../support/pip-index.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const PUBLISH = String.raw`
TWINE_PASSWORD=$CI_JOB_TOKEN TWINE_USERNAME=gitlab-ci-token \
  twine upload --repository-url $CI_API_V4_URL/projects/$CI_PROJECT_ID/packages/pypi \
  dist/*.whl dist/*.tar.gz`

const PUBLISH_SIGNATURES = String.raw`
for file in dist/*.whl dist/*.tar.gz; do
  filename=$(basename "$file")
  for side in sig crt; do
    curl --header "JOB-TOKEN: $CI_JOB_TOKEN" --fail \
      --upload-file "dist/$filename.$side" "$GENERIC_PACKAGE_BASE_URL/$filename.$side"
  done
done`

const CONSUME = String.raw`
mkdir -p pkg signatures
pip download --index-url "$INDEX" "hello_tools==1.0.0" --no-deps -d ./pkg --verbose
pip download --no-binary :all: --index-url "$INDEX" "hello_tools==1.0.0" --no-deps -d ./pkg --verbose
for file in pkg/*.whl pkg/*.tar.gz; do
  filename=$(basename "$file")
  for side in sig crt; do
    curl --fail --silent --show-error --header "JOB-TOKEN: $CI_JOB_TOKEN" \
      --output "signatures/$filename.$side" "$GENERIC_PACKAGE_BASE_URL/$filename.$side"
  done
  cosign verify-blob --signature "signatures/$filename.sig" --certificate "signatures/$filename.crt" \
    --certificate-identity "$CERTIFICATE_IDENTITY" --certificate-oidc-issuer "$CERTIFICATE_OIDC_ISSUER" "$file"
done`

const SIGN = String.raw`
for file in dist/*.whl dist/*.tar.gz; do
  filename=$(basename "$file")
  cosign sign-blob --yes --fulcio-url=$FULCIO_URL --rekor-url=$REKOR_URL --oidc-issuer $CI_SERVER_URL \
    --identity-token $SIGSTORE_ID_TOKEN \
    --output-signature "dist/$filename.sig" --output-certificate "dist/$filename.crt" "$file"
done`

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let env: Record<string, string>
let endJob: () => Promise<void>

/** The commands of the tutorial's sign, publish, publish_signatures and consumer stages, with the tokens of a job. */
describe.runIf(present(cosign2, python, twine))("the tutorial's lines in a job", () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(join(folder.path, 'data'))
    await server.admin('project', 'create', 'acme/hello-tools')
    await server.admin('user', 'create', 'ada')
    await server.admin('project', 'member', 'add', 'acme', 'ada', 'developer')
    await server.admin('trust', 'export', '--out', join(folder.path, 'trust'))
    await mkdir(join(folder.path, 'bin'))
    await writeFile(join(folder.path, 'bin', 'cosign'), `#!/bin/sh\nexec ${cosign2} "$@"\n`, { mode: 0o755 })
    const job = await takeJob()
    endJob = job.end
    env = environment(job.variables)
    await shell(`${python} -m build --outdir dist ${join(root, 'examples', 'hello-tools')}`)
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it('sign, publish and publish the signatures', async () => {
    expect(await shell(SIGN)).toMatchObject({ code: 0 })
    expect(await shell(PUBLISH)).toMatchObject({ code: 0 })
    expect(await shell(PUBLISH_SIGNATURES)).toMatchObject({ code: 0 })
  })

  it('fetch wheel and source distribution, and verify both', async () => {
    await forwardBuildBackends()
    const { code, stderr } = await shell(CONSUME)
    expect(code, stderr).toBe(0)
    expect(stderr.match(/Verified OK/g)).toHaveLength(2)
  })

  it('are refused once the job has ended: registry, signatures and certificate', async () => {
    await endJob()
    const publish = await shell(PUBLISH)
    expect(publish.stdout + publish.stderr).toContain('401')
    expect((await shell(PUBLISH_SIGNATURES)).code).toBe(22)
    const sign = await shell(SIGN)
    expect({ code: sign.code, stderr: sign.stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has ended'),
    })
  })

  function shell(text: string): Promise<Outcome> {
    return runProgram(['bash', '-e', '-c', text], { cwd: folder.path, env })
  }

  interface Variable {
    readonly key: string
    readonly value: string
  }

  function environment(variables: readonly Variable[]): Record<string, string> {
    const given = Object.fromEntries(variables.map(({ key, value }) => [key, value]))
    const index = `${given['CI_API_V4_URL']}/projects/${given['CI_PROJECT_ID']}/packages/pypi/simple`
    return {
      ...given,
      ...{
        FULCIO_URL: server.url,
        REKOR_URL: server.url,
        COSIGN_REKOR_URL: server.url,
        CERTIFICATE_OIDC_ISSUER: server.url,
      },
      CERTIFICATE_IDENTITY: `https://${new URL(server.url).host}/acme/hello-tools//.gitlab-ci.yml@refs/heads/main`,
      GENERIC_PACKAGE_BASE_URL: `${given['CI_API_V4_URL']}/projects/${given['CI_PROJECT_ID']}/packages/generic/hello-tools/1.0.0`,
      INDEX: index.replace('://', `://gitlab-ci-token:${given['CI_JOB_TOKEN']}@`),
      SIGSTORE_ROOT_FILE: join(folder.path, 'trust', 'fulcio.pem'),
      SIGSTORE_REKOR_PUBLIC_KEY: join(folder.path, 'trust', 'rekor.pub'),
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(folder.path, 'trust', 'ctfe.pub'),
      PATH: `${join(folder.path, 'bin')}:${dirname(python)}:${process.env['PATH']}`,
    }
  }

  async function takeJob(): Promise<{ variables: readonly Variable[]; end: () => Promise<void> }> {
    const text = 'sign:\n  id_tokens:\n    SIGSTORE_ID_TOKEN: {aud: sigstore}\n  script: [echo]\n'
    const token = await withAdmin(server.data, async (admin) => {
      const commit = {
        repositoryUrl: '/nowhere',
        sha: 'a'.repeat(40),
        ref: 'main',
        title: 't',
        author: 'A <a@example.com>',
        timestamp: '2026-01-01T00:00:00Z',
      }
      await admin.createPipeline({
        project: 'acme/hello-tools',
        user: 'ada',
        commit,
        config: { path: '.gitlab-ci.yml', text },
        variables: [],
      })
      return (await admin.createRunner({ description: 'test' })).token
    })
    const response = await send('POST', '/api/v4/jobs/request', { token, info: { name: 'test' } })
    const job = (await response.json()) as { id: number; token: string; variables: Variable[] }
    const end = async (): Promise<void> => {
      expect(
        (await send('PUT', `/api/v4/jobs/${job.id}`, { token: job.token, state: 'success' })).status,
      ).toBe(200)
    }
    return { variables: job.variables, end }
  }

  function send(method: string, path: string, body: object): Promise<Response> {
    return fetch(`${server.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  async function forwardBuildBackends(): Promise<void> {
    const names = ['setuptools', 'wheel', 'packaging']
    await server.admin(
      'project',
      'forward',
      'acme/hello-tools',
      '--index-url',
      await pipIndexUrl(),
      '--allow',
      ...names,
    )
  }
})
