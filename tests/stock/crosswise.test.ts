import { beforeAll, describe, expect, it } from 'vitest'
import { bundleClients, openBench, type Bench } from '../support/bundle-clients.ts'
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

let bench: Bench

describe.runIf(present(cosign2, cosign3, sigstorePython))('what each client signs with wheelseal up', () => {
  beforeAll(async () => {
    bench = await openBench()
    for (const name of bundleNames) succeeded(await bundleClients[name].sign(bench, `${name}.json`))
    for (const name of pairNames) succeeded(await signPair(bench, pairClients[name], name))
    return bench.stop
  })

  it.each(everyTwo(bundleNames))(
    'verifies as a bundle: $signer signed, $verifier verifies',
    async ({ signer, verifier }) => {
      succeeded(await bundleClients[verifier].verify(bench, { ...good(), bundle: `${signer}.json` }))
    },
  )

  it.each(everyTwo(pairNames))(
    'verifies as .sig and .crt: $signer signed, $verifier verifies',
    async ({ signer, verifier }) => {
      succeeded(await verifyPair(bench, pairClients[verifier], { ...good(), pair: signer }))
    },
  )

  it.each(neighbours(bundleNames))(
    '$verifier refuses the bundle of $signer for $wrong.what',
    async ({ signer, verifier, wrong }) => {
      const asked = { ...good(), bundle: `${signer}.json`, ...wrong.change }
      refused(await bundleClients[verifier].verify(bench, asked), wrong.reason)
    },
  )

  it.each(neighbours(pairNames))(
    '$verifier refuses .sig and .crt of $signer for $wrong.what',
    async ({ signer, verifier, wrong }) => {
      const asked = { ...good(), pair: signer, ...wrong.change }
      refused(await verifyPair(bench, pairClients[verifier], asked), wrong.reason)
    },
  )

  function good() {
    return { file: 'file', identity: bench.identity, issuer: bench.server.url }
  }
})

function everyTwo<Name>(names: readonly Name[]): { signer: Name; verifier: Name }[] {
  return names.flatMap((signer) => names.map((verifier) => ({ signer, verifier })))
}

/** Each client as the judge of one other, by everything that is wrong. */
function neighbours<Name>(names: readonly Name[]) {
  return names.flatMap((verifier, index) =>
    wrongs.map((wrong) => ({ wrong, verifier, signer: names.at(index - 1)! })),
  )
}

function succeeded({ code, stderr }: Outcome): void {
  expect(code, stderr).toBe(0)
}

function refused({ code, stderr }: Outcome, reason: RegExp): void {
  expect(stderr).toMatch(reason)
  expect(code).toBe(1)
}
