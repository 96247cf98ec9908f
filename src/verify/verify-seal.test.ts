import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeHex, sha256, utf8 } from '../base/index.ts'
import { derSequence, derUnsigned } from '../formats/der/index.ts'
import { hashedRekordBody, type LogEntry, readHashedRekordBody } from '../formats/sigstore/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import {
  artifact,
  entry,
  ISSUER,
  keys,
  makeEntry,
  makeLeaf,
  newKey,
  NOW,
  request,
  SAN,
  signature,
  signDigestOf,
  withSeal,
  withLeaf,
} from './arrange.ts'
import { verifySeal, CHECK_NAMES } from './index.ts'
import { check, outcomes, refused, refusedOnly } from './refused.ts'

describe('verifySeal', () => {
  it('verifies a seal that is as it should be, and says who, when and where', () => {
    const verdict = verifySeal(request)
    expect(verdict).toMatchObject({
      verified: true,
      identity: { san: SAN, issuer: ISSUER },
      signedAtSeconds: NOW + 5,
      logIndex: 102,
    })
    expect(verdict.checks.map(({ outcome }) => outcome)).toEqual(CHECK_NAMES.map(() => 'passed'))
  })

  it('evaluates everything that can be, after the first failure too', () => {
    const changed = { ...withSeal({ signature: signDigestOf('other') }), policy: { anyOf: [] } }
    expect(outcomes(changed)).toMatchObject({
      chain: 'passed',
      identity: 'failed',
      signature: 'failed',
      entry: 'failed',
      inclusion: 'passed',
      set: 'passed',
    })
  })

  it('never verifies when nothing at all is there', () => {
    const nothing = { signature: new Uint8Array(), certificate: new Uint8Array(), entries: [] }
    refused(withSeal(nothing), 'certificate')
  })
})

describe('attacks on the signature and the bytes', () => {
  it('1: refuses the seal of another file, and names both digests', () => {
    const other = { sha256: sha256(utf8('other bytes')) }
    refused({ ...request, artifact: other }, 'signature')
    expect(check({ ...request, artifact: other }, 'entry')).toMatchObject({
      outcome: 'failed',
      expected: `sha256:${encodeHex(other.sha256)}`,
      found: `sha256:${encodeHex(artifact.sha256)}`,
    })
  })

  it('refuses a signature by another key over the same bytes', () => {
    const other = signDigestOf('the bytes of a wheel', keys.stranger)
    const body = hashedRekordBody({ ...readHashedRekordBody(entry.body), signature: other })
    refusedOnly(withSeal({ signature: other, entries: [makeEntry({ body })] }), 'signature')
  })

  it('15: refuses BER, bytes after the signature, and the compact form', () => {
    const ber = concatBytes(new Uint8Array([0x30, 0x81]), signature.subarray(1))
    const trailing = concatBytes(signature, new Uint8Array(1))
    const zeros = derSequence(derUnsigned(new Uint8Array([0])), derUnsigned(new Uint8Array([0])))
    for (const changed of [ber, trailing, zeros, new Uint8Array(64).fill(1)]) {
      refused(withSeal({ signature: changed }), 'signature')
    }
  })

  it.each(['P-384', 'P-521'])('15: refuses a %s key with SHA-256', (curve) => {
    const key = newKey(curve)
    const certificate = makeLeaf({ spki: key.spki })
    const other = signDigestOf('the bytes of a wheel', key)
    const body = hashedRekordBody({
      algorithm: 'sha256',
      digest: artifact.sha256,
      signature: other,
      publicKeyPem: certificatePem(certificate.der),
    })
    refusedOnly(
      withSeal({ signature: other, certificate: certificate.der, entries: [makeEntry({ body })] }),
      'certificate',
    )
  })
})

describe('several entries', () => {
  it('passes over entries about something else', () => {
    const other = makeEntry({ body: utf8('another body'), integratedTimeSeconds: NOW })
    expect(verifySeal(withSeal({ entries: [other, entry, other] }))).toMatchObject({
      verified: true,
      signedAtSeconds: NOW + 5,
    })
    refusedOnly(withSeal({ entries: [other, other] }), 'entry')
  })

  it('takes the earliest time of those that hold, also when a later one would suit better', () => {
    const at = (seconds: number): LogEntry => makeEntry({ integratedTimeSeconds: NOW + seconds })
    expect(verifySeal(withSeal({ entries: [at(9), at(3), at(7)] }))).toMatchObject({
      signedAtSeconds: NOW + 3,
    })
    refusedOnly(withSeal({ entries: [at(3), at(-9)] }), 'time')
  })

  it('never joins the halves of two entries', () => {
    const unpromised = { ...entry, signedEntryTimestamp: signature }
    const unproven = { ...entry, inclusionProof: { ...entry.inclusionProof, hashes: [] } }
    expect(verifySeal(withSeal({ entries: [unpromised, unproven] })).verified).toBe(false)
  })
})

describe('keys of another kind', () => {
  it('refuses an RSA certificate, which Rekor would log', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const certificate = makeLeaf({
      spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    })
    const other = new Uint8Array(sign('sha256', utf8('the bytes of a wheel'), privateKey))
    expect(outcomes({ ...withLeaf(certificate) })).toMatchObject({
      certificate: 'failed',
      signature: 'failed',
    })
    refused(withSeal({ certificate: certificate.der, signature: other }), 'certificate')
  })
})
