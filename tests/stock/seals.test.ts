import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleClients, openBench, run, type Bench } from '../support/bundle-clients.ts'
import { cosign2, cosign3, present, python, sigstorePython, uv } from '../support/judges.ts'
import { pairClients, signPair, verifyPair } from '../support/pair-clients.ts'
import { root, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 180_000
const WHEEL = 'tools-1.0-py3-none-any.whl'

let bench: Bench
let token: string
let sha256: string
let packages: string

/**
 * What stock clients sign is judged by the registry as by the clients themselves, and what it then serves they accept:
 * cosign 2.2.3 and 3.1.2, sigstore-python, sigstore-js, uv, pip, curl against `wheelseal up`.
 */
describe.runIf(present(cosign2, cosign3, python, sigstorePython, uv))('seals of stock clients', () => {
  beforeAll(async () => {
    bench = await openBench()
    await run(bench, [python, join(root, 'tests', 'docs', 'distributions.py'), 'tools', '1.0'])
    const wheel = await readFile(at(`dist/${WHEEL}`))
    sha256 = createHash('sha256').update(wheel).digest('hex')
    // The clients of the table sign a file of this name.
    await writeFile(at('file'), wheel)
    await bench.server.admin('user', 'create', 'ada')
    await bench.server.admin('project', 'member', 'add', 'acme/tools', 'ada', 'maintainer')
    token = String((await bench.server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    await writeFile(at('netrc'), `machine 127.0.0.1 login ada password ${token}\n`)
    packages = `${bench.server.url}/api/v4/projects/acme%2Ftools/packages`
    return bench.stop
  }, LONG_MS)

  it(
    'keep a wheel out of the index until one of them is there',
    async () => {
      await rule('--project-identity')
      expect(await upload()).toMatchObject({ code: 0 })
      expect(await known()).toMatchObject({ outcome: 'none', listed: false })
      expect((await pipDownload()).code).toBe(1)
      await expectVerified('a bundle', async () => {
        await bundleClients['cosign 3.1.2'].sign(bench, 'cosign.json')
        await put('.sigstore.json', 'cosign.json')
      })
      expect(await pipDownload()).toMatchObject({ code: 0 })
    },
    LONG_MS,
  )

  it.each(Object.entries(bundleClients))(
    'of %s are verified, served, and verified by it again',
    async (name, client) => {
      const bundle = `${name.replaceAll(' ', '-')}.json`
      expect(await client.sign(bench, bundle)).toMatchObject({ code: 0 })
      await put('.sigstore.json', bundle)
      await put('.sigstore.json', 'other')
      expect(await get('.sigstore.json')).toBe(await readFile(at(bundle), 'utf8'))
      await writeFile(at('served.json'), await get('.sigstore.json'))
      const asked = {
        bundle: 'served.json',
        file: 'file',
        identity: bench.identity,
        issuer: bench.server.url,
      }
      const verified = await client.verify(bench, asked)
      expect(verified.code, verified.stderr).toBe(0)
    },
    LONG_MS,
  )

  it.each(Object.entries(pairClients))(
    'of %s as signature and certificate are one, found in our log',
    async (name, client) => {
      const pair = name.replaceAll(' ', '-')
      const signed = await signPair(bench, client, pair)
      expect(signed.code, signed.stderr).toBe(0)
      await put('.sig', `${pair}.sig`)
      await put('.crt', `${pair}.crt`)
      await put('.crt', 'other')
      const found = (await known()).seals.find(({ kind }) => kind === 'pair')
      expect(found, JSON.stringify(found)).toMatchObject({ outcome: 'verified' })
      for (const ending of ['.sig', '.crt']) await writeFile(at(`served${ending}`), await get(ending))
      const asked = { pair: 'served', file: 'file', identity: bench.identity, issuer: bench.server.url }
      const verified = await verifyPair(bench, client, asked)
      expect(verified.code, verified.stderr).toBe(0)
    },
    LONG_MS,
  )

  it(
    'of another file verify nothing, whoever made them',
    async () => {
      await writeFile(at('dist/kept'), await readFile(at('file')))
      await writeFile(at('file'), 'other bytes')
      await bundleClients['cosign 3.1.2'].sign(bench, 'of-other-bytes.json')
      await writeFile(at('file'), await readFile(at('dist/kept')))
      const before = await get('.sigstore.json')
      await put('.sigstore.json', 'of-other-bytes.json')
      expect(await get('.sigstore.json')).toBe(before)
    },
    LONG_MS,
  )

  it(
    'come with an upload of uv as attestations, and pypi-attestations accepts the provenance',
    async () => {
      await attest()
      const uploaded = await uvPublish()
      expect(uploaded.code, uploaded.stderr).toBe(0)
      const found = (await known()).seals.find(({ kind }) => kind === 'uploaded attestations')
      expect(found, JSON.stringify(found)).toMatchObject({ outcome: 'verified' })
      await writeFile(at('provenance.json'), await provenance())
      const inspected = await run(bench, [python, '-c', READ_PROVENANCE, 'provenance.json'])
      expect(inspected.stdout.trim(), inspected.stderr).toBe('GitLab acme/tools .gitlab-ci.yml 1')
      const verified = await run(bench, [
        ...[wheelseal, 'verify', '--provenance', 'provenance.json', '--trusted-root', 'trusted_root.json'],
        ...['--certificate-identity', bench.identity, '--certificate-oidc-issuer', bench.server.url],
        `dist/${WHEEL}`,
      ])
      expect(verified.code, verified.stderr).toBe(0)
    },
    LONG_MS,
  )

  it(
    'that come with an upload and are of another file refuse it, in words',
    async () => {
      const attestation = await readFile(at(`dist/${WHEEL}.publish.attestation`), 'utf8')
      const refused = await formUpload(`[${attestation}]`, 'tools-1.0.tar.gz')
      expect(refused.stdout).toContain('registry.attestation-refused')
      expect(refused.stdout).toContain('the digest in the attestation is not that of the file')
    },
    LONG_MS,
  )

  it('are asked for by a rule that a stranger cannot turn off', async () => {
    const off = ['--request', 'PUT', '--header', 'content-type: application/json', '--data', '{"kind":"off"}']
    const stranger = await run(bench, ['curl', '--silent', ...off, `${packages}/pypi/rule`])
    expect(stranger.stdout).toContain('access.unauthenticated')
    const shown = await curl(`${packages}/pypi/rule`)
    expect(JSON.parse(shown.stdout)).toMatchObject({ rule: { kind: 'project-identity' } })
  })
})

const READ_PROVENANCE = `
import sys
from pypi_attestations import Provenance
bundles = Provenance.model_validate_json(open(sys.argv[1]).read()).attestation_bundles
for bundle in bundles:
    one = bundle.publisher
    print(one.kind, one.repository, one.workflow_filepath, len(bundle.attestations))
`

interface Known {
  readonly outcome: string
  readonly listed: boolean
  readonly seals: readonly { readonly kind: string; readonly outcome: string }[]
}

function at(path: string): string {
  return join(bench.path, path)
}

function curl(...argv: readonly string[]): Promise<Outcome> {
  return run(bench, ['curl', '--silent', '--fail', '--netrc-file', 'netrc', ...argv])
}

async function put(ending: string, path: string): Promise<void> {
  const url = `${packages}/generic/tools/1.0/${WHEEL}${ending}`
  expect(await curl('--upload-file', path, url)).toMatchObject({ code: 0 })
}

async function get(ending: string): Promise<string> {
  const { code, stdout } = await curl(`${packages}/generic/tools/1.0/${WHEEL}${ending}`)
  expect(code).toBe(0)
  return stdout
}

async function known(): Promise<Known> {
  const { stdout } = await curl(`${packages}/pypi/files/${sha256}/${WHEEL}/seals`)
  return JSON.parse(stdout) as Known
}

function rule(...argv: readonly string[]): Promise<Record<string, unknown>> {
  return bench.server.admin('project', 'rule', 'acme/tools', ...argv)
}

function upload(): Promise<Outcome> {
  return formUpload(undefined, WHEEL)
}

function formUpload(attestations: string | undefined, fileName: string): Promise<Outcome> {
  const fields = [':action=file_upload', 'protocol_version=1', 'name=tools', 'version=1.0']
  const form = attestations === undefined ? fields : [...fields, `attestations=${attestations}`]
  return run(bench, [
    ...['curl', '--silent', '--netrc-file', 'netrc'],
    ...form.flatMap((field) => ['--form-string', field]),
    ...['--form', `content=@dist/${fileName}`, `${packages}/pypi`],
  ])
}

async function expectVerified(what: string, make: () => Promise<void>): Promise<void> {
  await make()
  expect(await known(), what).toMatchObject({ outcome: 'verified', listed: true })
}

function pipDownload(): Promise<Outcome> {
  const index = `${packages}/pypi/simple`.replace('://', `://ada:${token}@`)
  return run(bench, [
    ...[python, '-m', 'pip', '--isolated', 'download', '--no-deps', '--no-cache-dir'],
    ...['--index-url', index, '--dest', 'downloaded', 'tools'],
  ])
}

/** With the file name of the wheel in it, as PEP 740 wants it. */
async function attest(): Promise<void> {
  const made = await run(bench, [
    ...[
      'bash',
      '-c',
      '"$1" trust token --project acme/tools --data data >id-token && exec "${@:2}"',
      'bash',
      wheelseal,
    ],
    ...[wheelseal, 'attest', '--identity-token-file', 'id-token', '--signing-config', 'signing_config.json'],
    ...['--trusted-root', 'trusted_root.json', `dist/${WHEEL}`],
  ])
  expect(made.code, made.stderr).toBe(0)
}

function uvPublish(): Promise<Outcome> {
  return run(bench, [
    ...['bash', '-c', 'UV_PUBLISH_PASSWORD=$(cut -d" " -f6 netrc) exec "$@"', 'bash'],
    ...[uv, 'publish', '--no-config', '--username', 'ada', '--publish-url', `${packages}/pypi`],
    // It sends the attestations that it is given with their files.
    ...['--trusted-publishing', 'never', `dist/${WHEEL}`, `dist/${WHEEL}.publish.attestation`],
  ])
}

async function provenance(): Promise<string> {
  const accept = 'accept: application/vnd.pypi.simple.v1+json'
  const page = await curl('--header', accept, `${packages}/pypi/simple/tools/`)
  const { files } = JSON.parse(page.stdout) as { files: { filename: string; provenance?: string }[] }
  const link = files.find(({ filename }) => filename === WHEEL)?.provenance ?? 'none'
  const { stdout } = await curl(new URL(link, `${packages}/pypi/simple/tools/`).href)
  return stdout
}
