import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { prepare, verifyTargets } from '../../src/client/verify/index.ts'
import { sha256Hex, WheelsealError, type Http } from '../../src/base/index.ts'
import { planOf } from '../../src/cli/verify-flags.ts'
import { createCommandInput, systemClock } from '../../src/host/index.ts'
import { present } from '../support/judges.ts'
import { cases, readCase, readCases, type Case } from './cases.ts'

const nobody: Http = { request: () => Promise.reject(new Error('a bundle asks nobody')) }
const { files, standardInput } = createCommandInput()
const io = { files, standardInput, http: nobody, clock: systemClock, cacheFolder: '/nowhere' }

/** Every case once by file and, where a digest can do, once by digest; without any network. */
describe.runIf(present(cases))('wheelseal verify on the bundles of sigstore-conformance', () => {
  const all = readCases()

  it('reads them all', () => {
    expect(all.length).toBeGreaterThanOrEqual(65)
  })

  it.each(all.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    expect(await isVerified(one, one.artifactPath)).toBe(!one.mustFail)
    if (one.mustFail) {
      const digest = sha256Hex(new Uint8Array(readFileSync(one.artifactPath)))
      expect(await isVerified(one, `sha256:${digest}`)).toBe(false)
    }
  })
})

describe.runIf(present(cases))('wheelseal verify without a word about the trust root', () => {
  const one = readCase('happy-path-v0.3')

  it('takes what public Sigstore has signed, the first time and without a network', async () => {
    expect(await isVerifiedFromSeed(one)).toBe(true)
    expect(await isVerifiedFromSeed({ ...one, san: `${one.san}x` })).toBe(false)
  })
})

async function isVerifiedFromSeed({ san, issuer, bundlePath, artifactPath }: Case): Promise<boolean> {
  const who = { certificateIdentity: san, certificateOidcIssuer: issuer }
  const plan = await planOf([artifactPath], { bundle: bundlePath, offline: true, ...who }, [])
  expect(plan.trust).toEqual({ kind: 'public' })
  const [outcome] = await verifyTargets(await prepare(plan, io), () => undefined)
  return outcome?.verified === true
}

async function isVerified(one: Case, subject: string): Promise<boolean> {
  const who =
    one.keyPath === undefined
      ? { certificateIdentity: one.san, certificateOidcIssuer: one.issuer }
      : { key: one.keyPath }
  const plan = await planOf([subject], { bundle: one.bundlePath, trustedRoot: one.rootPath, ...who }, [])
  try {
    const [outcome] = await verifyTargets(await prepare(plan, io), () => undefined)
    return outcome?.verified === true
  } catch (error) {
    if (error instanceof WheelsealError) return false
    throw error
  }
}
