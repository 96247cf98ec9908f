/** What a policy requires, and seals that have it by name only. */
import { describe, expect, it } from 'vitest'
import { decodeBase64, sha256 } from '../../base/index.ts'
import { makeEntry, policy } from '../arrange.ts'
import { verifyBundle, type BundleRequest, type Requirement } from '../index.ts'
import {
  attestation,
  bytes,
  cosignBundle,
  envelopeBundle,
  FILE_NAME,
  fileBundle,
  fileBundle2,
  loggedAgain,
  refuses,
  refusesOnly,
  requestOf,
  statement,
  tlogEntry,
  verifies,
  type Json,
} from './arrange.ts'

const requiring = (...requires: readonly Requirement[]): Partial<BundleRequest> => ({
  policy: { ...policy, requires },
})
/** Of version 0.1, whose entries need no proof. */
function withoutProof(bundle: Json): Json {
  const { certificate, tlogEntries } = bundle.verificationMaterial
  bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1'
  bundle.verificationMaterial.x509CertificateChain = { certificates: [certificate] }
  delete bundle.verificationMaterial.certificate
  delete tlogEntries[0].inclusionProof
  return bundle
}
const named = (name: string): Json => {
  const [subject] = statement().subject
  return envelopeBundle(statement({ subject: [{ ...subject, name }] }))
}

describe('a policy that requires a bundle', () => {
  it('is met by the proof of the log entry', () => {
    for (const seal of [fileBundle(), fileBundle2(), envelopeBundle(), attestation()])
      verifies(seal, requiring('bundle'))
  })

  it('is not met by the promise of the log, not even of one entry of two', () => {
    const two = envelopeBundle()
    const { payload, signatures } = two.dsseEnvelope
    const body = loggedAgain(decodeBase64(payload), decodeBase64(signatures[0].sig))
    two.verificationMaterial.tlogEntries.push(tlogEntry(makeEntry({ body, logIndex: 7 }), 'dsse'))
    const reversed = withoutProof(structuredClone(two))
    reversed.verificationMaterial.tlogEntries.reverse()
    for (const seal of [cosignBundle(), withoutProof(fileBundle()), withoutProof(two), reversed]) {
      verifies(seal)
      refusesOnly(seal, 'policy', requiring('bundle'))
    }
    const { checks } = verifyBundle(requestOf(cosignBundle(), requiring('bundle')))
    expect(checks.find(({ name }) => name === 'policy')).toMatchObject({
      reason: 'the policy requires a bundle with an inclusion proof',
    })
  })
})

describe('a policy that requires an attestation', () => {
  it('is met by one of this name and digest, also as a path', () => {
    for (const seal of [attestation(), named(FILE_NAME), named(`dist/${FILE_NAME}`)])
      verifies(seal, requiring('attestation'))
  })

  it('is not met by a signature, by one of another name, or where nobody knows the name', () => {
    refusesOnly(fileBundle(), 'policy', requiring('attestation'))
    refuses(named('other-1.0.tar.gz'), 'attestation', requiring('attestation'))
    const byDigest = { artifact: { sha256: sha256(bytes) } }
    verifies(named('other-1.0.tar.gz'), byDigest)
    for (const name of [FILE_NAME, 'other-1.0.tar.gz'])
      refusesOnly(named(name), 'policy', { ...byDigest, ...requiring('attestation') })
  })
})
