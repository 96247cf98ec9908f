import { readFileSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startGitLabIssuer, type GitLabIssuer } from '../support/gitlab-issuer.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { present, pypiAttestations, python, twine } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const LONG_MS = 120_000
const SCRIPT = join(root, 'tests', 'support', 'pep740.py')
const OURS = ['--signing-config', 'trust/signing_config.json', '--trusted-root', 'trust/trusted_root.json']
const WHEEL = 'demo_pkg-1.0-py3-none-any.whl'
const SDIST = 'demo_pkg-1.0.tar.gz'
const BOTH = ['.publish.attestation', '.slsa.attestation']
const page = readFileSync(join(root, 'docs', 'how-to', 'attest-distributions.md'), 'utf8')
const schema = JSON.parse(readFileSync(join(root, 'schemas', 'attest-output.schema.json'), 'utf8')) as Record<
  string,
  unknown
>

interface Attestation {
  verification_material: {
    certificate: string
    transparency_entries: { kindVersion: { kind: string; version: string } }[]
  }
  envelope: { statement: string; signature: string }
}

/** Whose jobs attest: a GitLab that is not ours. */
let gitlab: GitLabIssuer
let server: Server
let folder: string
let identity: string

/** Against `wheelseal up`; the judges are unmodified but for the trust root that they start from. */
describe.runIf(present(pypiAttestations, twine))('wheelseal attest', () => {
  beforeAll(async () => {
    const { path, remove } = await temporaryFolder()
    folder = path
    gitlab = await startGitLabIssuer()
    identity = `https://${gitlab.host}/team/wheels//.gitlab-ci.yml@refs/heads/main`
    await writeFile(at('w.toml'), `[[issuers]]\nurl = "${gitlab.url}"\n`)
    server = await startServer(at('data'), [wheelseal], ['--config', at('w.toml')])
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('trust', 'export', '--out', at('trust'))
    await mkdir(at('dist'))
    expect(await judge('make', 'dist')).toMatchObject({ code: 0 })
    const outcome = await attest(['--json', '--publish', '--provenance', ...OURS, ...distributions('dist')])
    expect(outcome.code, outcome.stderr).toBe(0)
    await writeFile(at('printed.json'), outcome.stdout)
    return async () => {
      await server.stop()
      gitlab.close()
      await remove()
    }
  }, LONG_MS)

  it('prints one object, as its schema has it', async () => {
    const printed = JSON.parse(await text('printed.json')) as object
    expect(schemaProblems(schema, printed)).toEqual([])
    expect(printed).toMatchObject({
      attestations: distributions('dist').flatMap((file) =>
        ['publish', 'provenance'].map((kind, index) => ({
          file,
          kind,
          attestation: `${file}${BOTH[index]}`,
        })),
      ),
      services: { fulcio: server.url, rekor: server.url },
      verified: true,
      identity: { project: 'team/wheels', issuer: gitlab.url },
    })
  })

  it('writes what pypi-attestations verifies, of both kinds, and for that identity only', async () => {
    const verifyAs = (who: string): Promise<Outcome> =>
      judge(
        ...['pypi-attestations', 'trust/trust_config.json', 'verify', 'attestation', '--offline'],
        ...['--identity', who, ...distributions('dist')],
      )
    const good = await verifyAs(identity)
    expect(good.code, good.stderr).toBe(0)
    expect(good.stderr.match(/^OK: dist\/\S+$/gm)).toEqual(
      distributions('dist').flatMap((file) => BOTH.map((ending) => `OK: ${file}${ending}`)),
    )
    const other = await verifyAs(identity.replace('heads/main', 'heads/other'))
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('Verification failed') })
  })

  it('names the source, the job and the pipeline of the token, of any GitLab', async () => {
    const asked = ['trust/trust_config.json', `dist/${SDIST}`, `dist/${SDIST}.slsa.attestation`]
    const { code, stdout, stderr } = await judge('predicate', ...asked, identity, gitlab.url)
    expect(code, stderr).toBe(0)
    const { sha, ci_config_sha: configSha, project_id, namespace_id } = gitlab.claims()
    const source = `${gitlab.url}/team/wheels`
    expect(JSON.parse(stdout)).toMatchObject({
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'urn:wheelseal:build-type:gitlab-job:v1',
          externalParameters: { source, ref: 'refs/heads/main', config: identity },
          internalParameters: {
            gitlab: {
              ...{ project_id, namespace_id, pipeline_source: 'push' },
              ...{ runner_environment: 'self-hosted', environment: 'production' },
            },
          },
          resolvedDependencies: [
            { uri: `git+${source}@refs/heads/main`, digest: { gitCommit: sha } },
            { uri: identity, digest: { gitCommit: configSha } },
          ],
        },
        runDetails: { builder: { id: identity }, metadata: { invocationId: `${source}/-/jobs/302` } },
      },
    })
  })

  it('writes nothing that pypi-attestations takes for another file', async () => {
    await copies('swapped')
    await copyFile(at(`dist/${SDIST}.publish.attestation`), at(`swapped/${WHEEL}.publish.attestation`))
    const { code, stderr } = await judge(
      ...['pypi-attestations', 'trust/trust_config.json', 'verify', 'attestation', '--offline'],
      ...['--identity', identity, `swapped/${WHEEL}`],
    )
    expect([code, stderr]).toEqual([1, expect.stringContaining('subject does not match')])
  })

  it('writes files that twine finds and sends with their distributions', async () => {
    const files = (await readdir(at('dist'))).map((name) => `dist/${name}`)
    const { code, stdout, stderr } = await judge('twine', ...files)
    expect(code, stderr).toBe(0)
    const expected = distributions('dist').map(async (file) => [
      file,
      await Promise.all(
        BOTH.map(async (ending) => JSON.parse(await text(`${file}${ending}`)) as Attestation),
      ),
    ])
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(await Promise.all(expected)))
  })

  it.each(BOTH)('writes %s that wheelseal verifies, for that file and that project only', async (ending) => {
    const seal = `dist/${SDIST}${ending}`
    expect(await verify(seal, `dist/${SDIST}`)).toMatchObject({ code: 0 })
    expect(await verify(seal, `dist/${WHEEL}`)).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('[verify.attestation]') },
    })
    expect(await verify(seal, `dist/${SDIST}`, 'team/other')).toMatchObject({ code: 1 })
  })

  it('reads what pypi-attestations signs with the token of a job', async () => {
    await copies('theirs')
    const { code, stderr } = await judge(
      ...['pypi-attestations', 'trust/trust_config.json', 'sign', `theirs/${WHEEL}`],
    )
    expect(code, stderr).toBe(0)
    const seal = `theirs/${WHEEL}.publish.attestation`
    expect(await verify(seal, `theirs/${WHEEL}`)).toMatchObject({ code: 0 })
    expect(await verify(seal, `theirs/${SDIST}`)).toMatchObject({ code: 1 })
  })

  it('uses one certificate, and logs each attestation by itself', async () => {
    const all = await Promise.all(
      distributions('dist').flatMap((file) =>
        BOTH.map(async (ending) => JSON.parse(await text(`${file}${ending}`)) as Attestation),
      ),
    )
    expect(new Set(all.map((one) => one.verification_material.certificate)).size).toBe(1)
    for (const { verification_material: material } of all)
      expect(material.transparency_entries).toMatchObject([
        { kindVersion: { kind: 'dsse', version: '0.0.1' }, inclusionPromise: {}, inclusionProof: {} },
      ])
    expect(new Set(all.map((one) => JSON.stringify(one.verification_material))).size).toBe(4)
  })

  it('attests publishing where no kind is named, and says so', async () => {
    await copies('plain')
    const { code, stdout, stderr } = await attest([...OURS, `plain/${WHEEL}`])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^plain\/\S+\.whl has its publish attestation, log index \d+: plain\/\S+\.publish\.attestation\n$/,
      ),
    ])
    expect(stderr).toContain('publish attestations are written; add --provenance')
    expect(stderr).toMatch(
      /the id token is for project team\/wheels, ref main, from http:\S+, valid until \d{4}-/,
    )
    expect(stderr).not.toContain('\u001b')
    expect(await attest(['--quiet', ...OURS, `plain/${WHEEL}`])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it.each([
    { what: 'a file that is no distribution', more: ['refused/notes.txt'], reason: 'python.file-name' },
    { what: 'a seal that does not verify', more: ['--trusted-root', 'no-logs.json'], reason: 'sign.refused' },
    { what: 'a log that is down', more: ['--rekor-url', 'http://127.0.0.1:1'], reason: 'net.unreachable' },
    { what: 'a place that a folder has', more: ['refused/taken-1.0.tar.gz'], reason: 'client.sign-write' },
    { what: 'a file that is not there', more: ['refused/gone-1.0.tar.gz'], reason: 'host.file' },
  ])('refuses $what, and writes nothing', async ({ more, reason }) => {
    await copies('refused')
    await writeFile(at('refused/notes.txt'), 'no distribution')
    await writeFile(at('refused/taken-1.0.tar.gz'), 'an sdist')
    await mkdir(at('refused/taken-1.0.tar.gz.publish.attestation'))
    const trust = JSON.parse(await text('trust/trusted_root.json')) as object
    await writeFile(at('no-logs.json'), JSON.stringify({ ...trust, tlogs: [] }))
    const before = await readdir(at('refused'))
    const outcome = await attest(['--json', ...OURS, `refused/${WHEEL}`, ...more])
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining(`[${reason}]`) })
    const printed = JSON.parse(outcome.stdout) as { error: { code: string } }
    expect(schemaProblems(schema, printed)).toEqual([])
    expect(printed.error.code).toBe(reason)
    expect(await readdir(at('refused'))).toEqual(before)
  })

  it(
    'does what the commands of the page say',
    async () => {
      await rm(at('page'), { recursive: true, force: true })
      await copies('page/dist')
      const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block)
      expect(blocks).toHaveLength(2)
      const { code, stdout, stderr } = await shell(
        blocks.join('').replaceAll(/127\.0\.0\.1:7711/g, new URL(server.url).host),
      )
      expect(code, stderr).toBe(0)
      expect(stdout.match(/has its (?:publish|provenance) attestation/g)).toHaveLength(4)
      expect(stdout.match(/was signed by https:/g)).toHaveLength(4)
    },
    LONG_MS,
  )
})

function at(name: string): string {
  return join(folder, name)
}

function text(name: string): Promise<string> {
  return readFile(at(name), 'utf8')
}

function distributions(place: string): readonly string[] {
  return [WHEEL, SDIST].map((name) => `${place}/${name}`)
}

async function copies(place: string): Promise<void> {
  await rm(at(place), { recursive: true, force: true })
  await mkdir(at(place), { recursive: true })
  for (const name of [WHEEL, SDIST]) await copyFile(at(`dist/${name}`), at(`${place}/${name}`))
}

const VARIABLES = [
  'TRUSTED_ROOT',
  'TUF_URL',
  'TUF_ROOT',
  'SIGNING_CONFIG',
  'FULCIO_URL',
  'REKOR_URL',
  'TSA_URL',
]
const unset = Object.fromEntries(VARIABLES.map((name) => [`WHEELSEAL_${name}`, '']))

/** The machine's own settings must not decide. */
function attest(args: readonly string[]): Promise<Outcome> {
  const env = { ...unset, SIGSTORE_ID_TOKEN: gitlab.token() }
  return runProgram([wheelseal, 'attest', ...args], { cwd: folder, env })
}

function verify(seal: string, file: string, project = 'team/wheels'): Promise<Outcome> {
  const trust = ['--offline', '--trusted-root', 'trust/trusted_root.json', '--provenance', seal]
  const who = ['--project', project, '--certificate-oidc-issuer', gitlab.url]
  return runProgram([wheelseal, 'verify', ...trust, ...who, file], { cwd: folder, env: unset })
}

/** With what a job of GitLab has: the client finds the token by itself. */
function judge(...args: readonly string[]): Promise<Outcome> {
  const env = { HOME: folder, COLUMNS: '400', GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: gitlab.token() }
  return runProgram([python, SCRIPT, ...args], { cwd: folder, env })
}

function shell(commands: string): Promise<Outcome> {
  const path = `${dirname(wheelseal)}:${process.env['PATH']}`
  return runProgram(['bash', '-e', '-o', 'pipefail', '-c', commands], {
    cwd: at('page'),
    env: { ...unset, PATH: path, WHEELSEAL_DATA: server.data },
  })
}
