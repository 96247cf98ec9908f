/** Seals that cosign 3.1.2 refused when it was asked, each broken where nobody signs or by a signer who is careless. */
import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { encodeBase64 } from '../../base/index.ts'
import { NOW, signature } from '../arrange.ts'
import { bytes, fileBundle, fileBundle2, makeTimestamp, refusesOnly, verifies, type Json } from './arrange.ts'

describe('what cosign refuses', () => {
  it('a digest of the file by another algorithm than the one that was signed', () => {
    for (const make of [fileBundle, fileBundle2]) {
      const bundle: Json = make()
      const digest = encodeBase64(new Uint8Array(createHash('sha512').update(bytes).digest()))
      bundle.messageSignature.messageDigest = { algorithm: 'SHA2_512', digest }
      refusesOnly(bundle, 'signature')
      verifies(make())
    }
  })

  it('a time in an entry at which the certificate was not valid, though nobody promised it', () => {
    const withTime = (make: () => Json, integratedTime: string): Json => {
      const bundle = make()
      bundle.verificationMaterial.tlogEntries[0].integratedTime = integratedTime
      return bundle
    }
    for (const make of [unpromised, fileBundle2]) {
      for (const good of ['0', String(NOW), String(NOW + 600)]) verifies(withTime(make, good))
      for (const bad of ['5', String(NOW - 1), String(NOW + 601)]) refusesOnly(withTime(make, bad), 'time')
    }
  })
})

/** Of Rekor v1, where a timestamp says when. */
function unpromised(): Json {
  const bundle = fileBundle()
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial
  delete tlogEntries[0].inclusionPromise
  timestampVerificationData.rfc3161Timestamps = [{ signedTimestamp: encodeBase64(makeTimestamp(signature)) }]
  return bundle
}
