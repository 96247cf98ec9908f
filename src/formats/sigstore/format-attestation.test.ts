import { describe, expect, it } from 'vitest'
import { sha256, utf8, type JsonValue } from '../../base/index.ts'
import { entry, leaf } from '../../verify/arrange.ts'
import { certificatePem } from '../x509/index.ts'
import {
  dsseSignedBytes,
  formatAttestation,
  formatStatement,
  IN_TOTO,
  parseDsseProposal,
  parseSeals,
  parseStatement,
  proposedDsse,
  PROVENANCE_V1,
  PUBLISH_V1,
  sealedEnvelope,
} from './index.ts'

const about = { fileName: 'demo-1.0.tar.gz', sha256: sha256(utf8('x')) }
const predicate: JsonValue = { buildDefinition: { buildType: 'urn:x' }, runDetails: [1, null] }
const envelope = {
  payload: formatStatement({ ...about, predicateType: PUBLISH_V1, predicate: null }),
  payloadType: IN_TOTO,
}
const signature = utf8('signature')
const { uuid: _uuid, ...known } = entry

describe('formatAttestation', () => {
  it('writes what parseSeals reads back', () => {
    const seal = {
      certificate: leaf.der,
      envelope,
      signature,
      entries: [{ ...known, kindVersion: 'dsse 0.0.1' }],
    }
    expect(parseSeals(JSON.stringify(formatAttestation(seal)))).toEqual([
      { ...seal, timestamps: [], format: 'pep 740 attestation' },
    ])
  })
})

describe('formatStatement', () => {
  it.each([
    [PUBLISH_V1, null],
    [PROVENANCE_V1, predicate],
  ])('writes what parseStatement reads back: %s', (predicateType, content) => {
    expect(parseStatement(formatStatement({ ...about, predicateType, predicate: content }))).toEqual({
      subjects: [
        {
          name: 'demo-1.0.tar.gz',
          digests: { sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881' },
        },
      ],
      predicateType,
      predicate: content,
    })
  })
})

describe('proposedDsse', () => {
  it('is read by a log as the envelope that was signed', () => {
    const proposal = sealedEnvelope(envelope, { signature, publicKeyPem: certificatePem(leaf.der) })
    const read = parseDsseProposal(proposedDsse(proposal))
    expect(read).toEqual(proposal)
    expect(dsseSignedBytes(read)).toEqual(dsseSignedBytes(envelope))
  })
})
