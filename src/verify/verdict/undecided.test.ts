import { describe, expect, it } from 'vitest'
import { hashedRekordBody } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { check, entry, keys, makeEntry, makeLeaf, newKey, outcomes, request, withSeal } from '../arrange.ts'
import { cosignBundle, fileBundle, fileBundle2, requestOf } from '../attacks/arrange.ts'
import { CHECK_NAMES, verifyBundle, verifySeal, type CheckName, type Verdict } from '../index.ts'

const named = ({ checks }: Verdict, outcome: string): readonly CheckName[] =>
  checks.filter((one) => one.outcome === outcome).map(({ name }) => name)
const OF_CERTIFICATE = [
  'certificate',
  'code-signing',
  'chain',
  'sct',
  'identity',
  'issuer',
  'claims',
] as const

describe('a check is undecided, and refuses', () => {
  it('where the bundle cannot be read, and with it all others', () => {
    const verdict = verifyBundle(requestOf('['))
    expect(named(verdict, 'failed')).toEqual(['bundle'])
    expect(named(verdict, 'undecided')).toEqual(CHECK_NAMES.slice(1))
  })

  it('where a certificate is expected and a key has signed', () => {
    const { certificate: _certificate, ...seal } = request.seal
    const verdict = verifySeal({ ...request, seal })
    expect(verdict).toMatchObject({ verified: false, reason: 'verify.key' })
    expect(named(verdict, 'undecided')).toEqual([...OF_CERTIFICATE, 'signature'])
  })

  it('where the log entry has neither a promise nor a proof', () => {
    const { signedEntryTimestamp: _set, inclusionProof: _proof, ...bare } = entry
    const found = outcomes(withSeal({ entries: [bare] }))
    expect(found).toMatchObject({ inclusion: 'failed', checkpoint: 'undecided', set: 'undecided' })
  })

  it('where a promise has no proof that its format needs', () => {
    const { inclusionProof: _proof, ...promised } = entry
    const found = outcomes(withSeal({ entries: [promised] }))
    expect(found).toMatchObject({ inclusion: 'failed', checkpoint: 'undecided', set: 'passed' })
  })

  it('where there is no log entry, or more than are looked at', () => {
    expect(check(withSeal({ entries: [] }), 'set')).toMatchObject({
      outcome: 'undecided',
      reason: 'there is no log entry',
    })
    const many = withSeal({ entries: Array.from({ length: 33 }, () => entry) })
    expect(check(many, 'set')).toMatchObject({
      outcome: 'undecided',
      reason: 'not checked: the list of log entries is not valid',
    })
  })

  it('where the file itself is needed and only its SHA-256 is known, which then is the reason', () => {
    const key = newKey('P-384')
    const certificate = makeLeaf({ spki: key.spki })
    const body = hashedRekordBody({
      algorithm: 'sha384',
      digest: new Uint8Array(48),
      signature: request.seal.signature,
      publicKeyPem: certificatePem(certificate.der),
    })
    const entries = [makeEntry({ body, certificate })]
    const verdict = verifySeal(withSeal({ certificate: certificate.der, entries }))
    expect(named(verdict, 'failed')).toEqual([])
    expect(named(verdict, 'undecided')).toEqual(['signature', 'entry'])
    expect(verdict).toMatchObject({ verified: false, reason: 'verify.signature' })
  })

  it('where the bundle has another digest of the file than the one that is known', () => {
    const digest = { algorithm: 'sha512', digest: new Uint8Array(64) } as const
    expect(check(withSeal({ digest }), 'signature')?.outcome).toBe('undecided')
  })
})

describe('a check does not apply, and refuses nothing', () => {
  it('of a certificate where the key is expected that has signed', () => {
    const { certificate: _certificate, ...seal } = request.seal
    const { policy: _policy, ...nobody } = request
    const verdict = verifySeal({ ...nobody, seal, key: keys.leaf.spki })
    expect(named(verdict, 'undecided')).toEqual([])
    expect(named(verdict, 'not-applicable')).toEqual(expect.arrayContaining([...OF_CERTIFICATE]))
  })

  it('of a proof where the format has a promise alone', () => {
    const verdict = verifyBundle(requestOf(cosignBundle()))
    expect(verdict.verified).toBe(true)
    expect(named(verdict, 'not-applicable')).toEqual(expect.arrayContaining(['inclusion', 'checkpoint']))
    expect(named(verdict, 'undecided')).toEqual([])
  })

  it('of a promise where the proof stands in for it', () => {
    const verdict = verifyBundle(requestOf(fileBundle2()))
    expect(verdict.verified).toBe(true)
    expect(named(verdict, 'not-applicable')).toContain('set')
  })

  it('and every check of a whole bundle is decided', () => {
    expect(named(verifyBundle(requestOf(fileBundle())), 'undecided')).toEqual([])
    expect(named(verifySeal(request), 'undecided')).toEqual([])
  })
})
