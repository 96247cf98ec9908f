import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleClients, openBench, run, type Asked, type Bench } from '../support/bundle-clients.ts'
import { cosign3, present, sigstorePython } from '../support/judges.ts'
import type { Outcome } from '../support/program.ts'
import { signWithJs } from '../support/sigstore-js.ts'

const TYPE = 'https://slsa.dev/provenance/v1'
const STATEMENT = 'application/vnd.in-toto+json'
const predicate = {
  buildDefinition: { buildType: 'https://example.com/build', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/builder' } },
}

/** In-toto statements in DSSE envelopes, which the log keeps as entries of kind dsse. */
const signers = {
  'cosign 3.1.2': async (bundle: string) =>
    run(bench, [
      ...[cosign3, 'attest-blob', '--yes', '--identity-token', await bench.token()],
      ...['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json'],
      // Of a predicate alone it makes a statement 0.1, which sigstore-python does not read.
      ...['--statement', 'statement.json', '--bundle', bundle],
    ]),
  'sigstore-python 4.5.1': async (bundle: string) =>
    run(bench, [
      ...[sigstorePython, '--trust-config', 'trust_config.json', 'attest'],
      ...['--predicate', 'predicate.json', '--predicate-type', TYPE],
      ...['--identity-token', await bench.token(), '--bundle', bundle, 'file'],
    ]),
  'sigstore-js 5': async (bundle: string) =>
    signWithJs({
      signingConfig: join(bench.path, 'signing_config.json'),
      token: await bench.token(),
      data: await readFile(join(bench.path, 'statement.json')),
      envelopeOf: STATEMENT,
      bundle: join(bench.path, bundle),
    }),
}

const verifiers = {
  'cosign 3.1.2': ({ bundle, file, identity, issuer }: Asked) =>
    run(bench, [
      ...[cosign3, 'verify-blob-attestation', '--trusted-root', 'trusted_root.json', '--bundle', bundle],
      ...['--type', 'slsaprovenance1', '--certificate-identity', identity],
      ...['--certificate-oidc-issuer', issuer, file],
    ]),
  'sigstore-python 4.5.1': (asked: Asked) => bundleClients['sigstore-python 4.5.1'].verify(bench, asked),
  'sigstore-js 5': (asked: Asked) => bundleClients['sigstore-js 5'].verify(bench, asked),
}

type Name = keyof typeof signers
const names = Object.keys(signers) as Name[]
let bench: Bench

describe.runIf(present(cosign3, sigstorePython))('an attestation logged by wheelseal up', () => {
  beforeAll(async () => {
    bench = await openBench()
    await writeFile(join(bench.path, 'predicate.json'), JSON.stringify(predicate))
    await writeFile(join(bench.path, 'statement.json'), JSON.stringify(await statement()))
    for (const name of names) {
      const { code, stderr } = await signers[name](`${name}.json`)
      expect(code, stderr).toBe(0)
    }
    return bench.stop
  })

  it.each(names.flatMap((signer) => names.map((verifier) => ({ signer, verifier }))))(
    'verifies: $signer attested, $verifier verifies',
    async ({ signer, verifier }) => {
      const { code, stderr } = await verify(verifier, { bundle: `${signer}.json` })
      expect(code, stderr).toBe(0)
    },
  )

  it.each(['cosign 3.1.2', 'sigstore-python 4.5.1'] as const)(
    'says nothing about another file (%s)',
    async (verifier) => {
      refused(await verify(verifier, { bundle: 'sigstore-js 5.json', file: 'other' }), /digest/)
    },
  )

  it.each(names)('is refused for another identity (%s)', async (verifier) => {
    const asked = { bundle: 'sigstore-python 4.5.1.json', identity: 'https://x' }
    refused(await verify(verifier, asked), /identity|SANs/)
  })

  it.each(names)('is refused once a byte of its statement is changed (%s)', async (verifier) => {
    const text = await readFile(join(bench.path, 'cosign 3.1.2.json'), 'utf8')
    const bundle = JSON.parse(text) as { dsseEnvelope: { payload: string } }
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()
    bundle.dsseEnvelope.payload = Buffer.from(payload.replace('com/builder', 'com/buildex')).toString(
      'base64',
    )
    await writeFile(join(bench.path, 'changed.json'), JSON.stringify(bundle))
    refused(await verify(verifier, { bundle: 'changed.json' }), /signature|hash/i)
  })
})

function verify(verifier: Name, asked: Partial<Asked> & { bundle: string }): Promise<Outcome> {
  const good = { file: 'file', identity: bench.identity, issuer: bench.server.url }
  return verifiers[verifier]({ ...good, ...asked })
}

function refused({ code, stderr }: Outcome, reason: RegExp): void {
  expect(stderr).toMatch(reason)
  expect(code).toBe(1)
}

async function statement(): Promise<object> {
  const digest = createHash('sha256').update(await readFile(join(bench.path, 'file')))
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'file', digest: { sha256: digest.digest('hex') } }],
    predicateType: TYPE,
    predicate,
  }
}
