import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  artifactOf,
  exactly,
  trustRootFromJson,
  verifyBundle,
  type TrustRoot,
  type Verdict,
} from '../../src/verify/index.ts'
import { bundleClients, openBench, run, type Bench } from '../support/bundle-clients.ts'
import { cosign2, cosign3, present, sigstorePython } from '../support/judges.ts'
import type { Outcome } from '../support/program.ts'
import { signWithJs } from '../support/sigstore-js.ts'

const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1'

let bench: Bench
let trustRoot: TrustRoot
let file: Uint8Array

/** Writes the bundle NAME.json over `file`, or over a statement about it. */
const attesters: Readonly<Record<string, (bundle: string) => Promise<Outcome>>> = {
  'cosign 3.1.2': async (bundle) =>
    run(bench, [
      ...[cosign3, 'attest-blob', '--yes', '--identity-token', await bench.token()],
      ...['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json'],
      ...['--statement', 'statement.json', '--bundle', bundle],
    ]),
  'sigstore-python 4.5.1': async (bundle) =>
    run(bench, [
      ...[sigstorePython, '--trust-config', 'trust_config.json', 'attest'],
      ...['--predicate', 'predicate.json', '--predicate-type', PREDICATE_TYPE],
      ...['--identity-token', await bench.token(), '--bundle', bundle, 'file'],
    ]),
  'sigstore-js 5': async (bundle) =>
    signWithJs({
      signingConfig: join(bench.path, 'signing_config.json'),
      token: await bench.token(),
      data: await readFile(join(bench.path, 'statement.json')),
      envelopeOf: 'application/vnd.in-toto+json',
      bundle: join(bench.path, bundle),
    }),
}

async function signWithCosign2(bundle: string): Promise<Outcome> {
  const { url } = bench.server
  const sign = [cosign2, 'sign-blob', '--yes', `--fulcio-url=${url}`, `--rekor-url=${url}`]
  const argv = [...sign, '--identity-token', await bench.token(), '--bundle', bundle, 'file']
  return run(bench, ['bash', '-c', '. ./cosign.env && exec "$@"', 'bash', ...argv])
}

async function judge(bundle: string, of = file, fileName?: string): Promise<Verdict> {
  return verifyBundle({
    bundle: await readFile(join(bench.path, bundle), 'utf8'),
    artifact: artifactOf(of, fileName),
    trustRoot,
    policy: { anyOf: [{ san: exactly(bench.identity), issuer: exactly(bench.server.url) }] },
  })
}

async function expectSeal(bundle: string, fileName?: string): Promise<void> {
  const verdict = await judge(bundle, file, fileName)
  expect(verdict.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  expect(verdict.verified).toBe(true)
  expect((await judge(bundle, Uint8Array.from([...file, 0]), fileName)).verified).toBe(false)
}

const succeeded = ({ code, stderr }: Outcome): void => expect([code, stderr]).toEqual([0, stderr])

describe.runIf(present(cosign2, cosign3, sigstorePython))('what stock clients seal with wheelseal up', () => {
  beforeAll(async () => {
    bench = await openBench()
    trustRoot = trustRootFromJson(await readFile(join(bench.path, 'trusted_root.json'), 'utf8'))
    file = new Uint8Array(await readFile(join(bench.path, 'file')))
    const predicate = {
      buildDefinition: { buildType: 'https://example.com/build', externalParameters: {} },
      runDetails: { builder: { id: 'https://example.com/builder' } },
    }
    const { sha256 } = artifactOf(file)
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'file', digest: { sha256: Buffer.from(sha256).toString('hex') } }],
      predicateType: PREDICATE_TYPE,
      predicate,
    }
    await writeFile(join(bench.path, 'predicate.json'), JSON.stringify(predicate))
    await writeFile(join(bench.path, 'statement.json'), JSON.stringify(statement))
    return bench.stop
  })

  it.each(Object.entries(bundleClients))('verifies here: a file by %s', async (name, client) => {
    succeeded(await client.sign(bench, `${name}.seal.json`))
    await expectSeal(`${name}.seal.json`)
  })

  it.each(Object.entries(attesters))('verifies here: an attestation by %s', async (name, attest) => {
    succeeded(await attest(`${name}.attest.json`))
    await expectSeal(`${name}.attest.json`, 'file')
    expect(await judge(`${name}.attest.json`, file, 'other')).toMatchObject({ reason: 'verify.attestation' })
  })

  it('verifies here: the old bundle of cosign 2.2.3', async () => {
    succeeded(await signWithCosign2('old.json'))
    await expectSeal('old.json')
  })

  it('verify here with the trusted root that cosign 3.1.2 makes of the PEM files', async () => {
    const start = 'start-time=2026-01-01T00:00:00Z'
    const { url } = bench.server
    succeeded(
      await run(bench, [
        ...[cosign3, 'trusted-root', 'create', '--out', 'made.json'],
        `--fulcio=url=${url},certificate-chain=fulcio.pem,${start}`,
        `--rekor=url=${url},public-key=rekor.pub,${start}`,
        `--ctfe=url=${url},public-key=ctfe.pub,${start}`,
        `--tsa=url=${url},certificate-chain=tsa.pem,${start}`,
      ]),
    )
    const made = trustRootFromJson(await readFile(join(bench.path, 'made.json'), 'utf8'))
    expect(made.timestampAuthorities).toHaveLength(1)
    succeeded(await bundleClients['cosign 3.1.2'].sign(bench, 'made.seal.json'))
    const verdict = await judge('made.seal.json')
    expect(verdict.verified).toBe(true)
    trustRoot = made
    expect(await judge('made.seal.json')).toEqual(verdict)
  })
})
