import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  bundleClients,
  openBench,
  type Asked,
  type Bench,
  type BundleClient,
} from '../support/bundle-clients.ts'
import { cosign2, cosign3, present, sigstorePython } from '../support/judges.ts'
import { pairClients, signPair, verifyPair } from '../support/pair-clients.ts'
import type { Outcome } from '../support/program.ts'

/** What each asks for that is not so, and the word by which every client must refuse it. */
const wrongs = [
  { what: 'an altered file', change: { file: 'other' }, reason: /signature|digest/i },
  { what: 'another identity', change: { identity: 'https://x' }, reason: /identity|identities|SANs/ },
  { what: 'another issuer', change: { issuer: 'https://x' }, reason: /issuer/i },
] as const

type BundleName = keyof typeof bundleClients
type PairName = keyof typeof pairClients
const bundleNames = Object.keys(bundleClients) as BundleName[]
const pairNames = Object.keys(pairClients) as PairName[]
const files: readonly BundleName[] = ['cosign 3.1.2', 'sigstore-python 4.5.1']

let bench: Bench
/** With the trust export and no TUF repository. */
const good = () => ({ file: 'file', identity: bench.identity, issuer: bench.server.url })
const sealOf = (name: BundleName) => `${name}.json`
const attestationOf = (name: BundleName) => `${name}.attestation.json`

/** Each client signs and attests once; each judges what the others made. */
describe.runIf(present(cosign2, cosign3, sigstorePython))('what each client signs with wheelseal up', () => {
  beforeAll(async () => {
    bench = await openBench()
    for (const name of bundleNames) {
      succeeded(await bundleClients[name].sign(bench, sealOf(name)))
      succeeded(await bundleClients[name].attest(bench, attestationOf(name)))
    }
    for (const name of pairNames) succeeded(await signPair(bench, pairClients[name], name))
    return bench.stop
  })

  describe('as a bundle', () => {
    it.each(everyTwo(bundleNames))(
      'verifies: $signer signed, $verifier verifies',
      async ({ signer, verifier }) => {
        succeeded(await verify(verifier, { bundle: sealOf(signer) }))
      },
    )

    it.each([...neighbours(bundleNames), ...ownOf<BundleName>('cosign 3.1.2')])(
      '$verifier refuses that of $signer for $wrong.what',
      async ({ signer, verifier, wrong }) => {
        refused(await verify(verifier, { bundle: sealOf(signer), ...wrong.change }), wrong.reason)
      },
    )

    it('has log entry and timestamp in one, and is OK in the words of cosign 3.1.2', async () => {
      const bundle = sealOf('cosign 3.1.2')
      const { verificationMaterial } = JSON.parse(await readFile(join(bench.path, bundle), 'utf8')) as Sealed
      expect(verificationMaterial.tlogEntries).toHaveLength(1)
      expect(verificationMaterial.timestampVerificationData.rfc3161Timestamps).toHaveLength(1)
      expect((await verify('cosign 3.1.2', { bundle })).stderr).toContain('Verified OK')
    })
  })

  describe('as .sig and .crt', () => {
    it.each(everyTwo(pairNames))(
      'verifies: $signer signed, $verifier verifies',
      async ({ signer, verifier }) => {
        succeeded(await verifyPair(bench, pairClients[verifier], { ...good(), pair: signer }))
      },
    )

    it.each(neighbours(pairNames))(
      '$verifier refuses that of $signer for $wrong.what',
      async ({ signer, verifier, wrong }) => {
        const asked = { ...good(), pair: signer, ...wrong.change }
        refused(await verifyPair(bench, pairClients[verifier], asked), wrong.reason)
      },
    )
  })

  describe('as an attestation', () => {
    it.each(everyTwo(bundleNames))(
      'verifies: $signer attested, $verifier verifies',
      async ({ signer, verifier }) => {
        succeeded(await verifyAttestation(verifier, { bundle: attestationOf(signer) }))
      },
    )

    it.each(files)('says nothing about another file (%s)', async (verifier) => {
      const asked = { bundle: attestationOf('sigstore-js 5'), file: 'other' }
      refused(await verifyAttestation(verifier, asked), /digest/)
    })

    it.each(bundleNames)('is refused for another identity (%s)', async (verifier) => {
      const asked = { bundle: attestationOf('sigstore-python 4.5.1'), identity: 'https://x' }
      refused(await verifyAttestation(verifier, asked), /identity|SANs/)
    })

    it.each(bundleNames)('is refused once a byte of its statement is changed (%s)', async (verifier) => {
      await writeChanged('changed.json')
      refused(await verifyAttestation(verifier, { bundle: 'changed.json' }), /signature|hash/i)
    })
  })
})

interface Sealed {
  readonly verificationMaterial: {
    readonly tlogEntries: readonly unknown[]
    readonly timestampVerificationData: { readonly rfc3161Timestamps: readonly unknown[] }
  }
}

type Part = Partial<Asked> & { readonly bundle: string }

function verify(verifier: BundleName, asked: Part): Promise<Outcome> {
  return client(verifier).verify(bench, { ...good(), ...asked })
}

function verifyAttestation(verifier: BundleName, asked: Part): Promise<Outcome> {
  return client(verifier).verifyAttestation(bench, { ...good(), ...asked })
}

function client(name: BundleName): BundleClient {
  return bundleClients[name]
}

/** The attestation of cosign, with another builder. */
async function writeChanged(name: string): Promise<void> {
  const text = await readFile(join(bench.path, attestationOf('cosign 3.1.2')), 'utf8')
  const bundle = JSON.parse(text) as { dsseEnvelope: { payload: string } }
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()
  const changed = payload.replace('com/builder', 'com/buildex')
  expect(changed).not.toBe(payload)
  bundle.dsseEnvelope.payload = Buffer.from(changed).toString('base64')
  await writeFile(join(bench.path, name), JSON.stringify(bundle))
}

function everyTwo<Name>(names: readonly Name[]): { signer: Name; verifier: Name }[] {
  return names.flatMap((signer) => names.map((verifier) => ({ signer, verifier })))
}

/** Each client as the judge of one other, by everything that is wrong. */
function neighbours<Name>(names: readonly Name[]) {
  return names.flatMap((verifier, index) =>
    wrongs.map((wrong) => ({ wrong, verifier, signer: names.at(index - 1)! })),
  )
}

function ownOf<Name>(name: Name) {
  return wrongs.map((wrong) => ({ wrong, verifier: name, signer: name }))
}

function succeeded({ code, stderr }: Outcome): void {
  expect(code, stderr).toBe(0)
}

function refused({ code, stderr }: Outcome, reason: RegExp): void {
  expect(stderr).toMatch(reason)
  expect(code).toBe(1)
}
