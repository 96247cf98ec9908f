/** Seals that cosign 3.1.2 refused when it was asked, each broken where nobody signs or by a signer who is careless. */
import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { decodeBase64, encodeBase64, sha256 } from '../../base/index.ts'
import { signCheckpoint } from '../../formats/note/index.ts'
import { dsseSignedBytes, hashedRekordBody } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { entry, keys, leaf, LOG_NAME, makeEntry, NOW, signature } from '../arrange.ts'
import {
  attestation,
  bytes,
  checkpoint2,
  envelopeBundle,
  FILE_NAME,
  fileBundle,
  fileBundle2,
  LOG_2,
  loggedAgain,
  makeTimestamp,
  refuses,
  refusesOnly,
  statement,
  tlogEntry,
  verifies,
  type Json,
} from './arrange.ts'

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

  it('an index of Rekor 2 that is not the one in its tree', () => {
    const bundle = fileBundle2()
    bundle.verificationMaterial.tlogEntries[0].logIndex = '77'
    refusesOnly(bundle, 'inclusion')
    const older = unpromised()
    older.verificationMaterial.tlogEntries[0].logIndex = '77'
    verifies(older)
  })

  it('a checkpoint of Rekor 1 with a signature of others, or of the other version of Rekor', () => {
    const withNote = (make: () => Json, change: (note: string, rootHash: Uint8Array) => string): Json => {
      const bundle = make()
      const { checkpoint, rootHash } = bundle.verificationMaterial.tlogEntries[0].inclusionProof
      checkpoint.envelope = change(checkpoint.envelope, decodeBase64(rootHash))
      return bundle
    }
    const witness = `— witness.example ${encodeBase64(new Uint8Array(80).fill(7))}\n`
    verifies(withNote(fileBundle2, (note) => note + witness))
    refusesOnly(
      withNote(fileBundle, (note) => note + witness),
      'checkpoint',
    )
    const ofTree = withNote(fileBundle2, (_note, rootHash) =>
      checkpoint2(rootHash, { origin: `${LOG_2} - 17` }),
    )
    refusesOnly(ofTree, 'checkpoint')
    const ofNone = withNote(fileBundle, (_note, root) =>
      signCheckpoint({ origin: LOG_NAME, size: 3, root }, { name: LOG_NAME, key: keys.log.key }),
    )
    refusesOnly(ofNone, 'checkpoint')
  })

  it('an attestation that was logged as a file in Rekor 1', () => {
    const bundle = envelopeBundle()
    const { payload, payloadType, signatures } = bundle.dsseEnvelope
    const signed = dsseSignedBytes({ payload: decodeBase64(payload), payloadType })
    const body = hashedRekordBody({
      algorithm: 'sha256',
      digest: sha256(signed),
      signature: decodeBase64(signatures[0].sig),
      publicKeyPem: certificatePem(leaf.der),
    })
    bundle.verificationMaterial.tlogEntries = [tlogEntry(makeEntry({ body }))]
    refusesOnly(bundle, 'entry')
  })

  it('two entries of one log at one index', () => {
    const twice = (logIndex: number): Json => {
      const bundle = envelopeBundle()
      const { payload, signatures } = bundle.dsseEnvelope
      const body = loggedAgain(decodeBase64(payload), decodeBase64(signatures[0].sig))
      bundle.verificationMaterial.tlogEntries.push(tlogEntry(makeEntry({ body, logIndex }), 'dsse'))
      return bundle
    }
    verifies(twice(entry.logIndex + 1))
    refuses(twice(entry.logIndex), 'logged')
  })

  it('a second digest of the file that is of other bytes', () => {
    const [subject] = statement().subject
    for (const algorithm of ['sha384', 'sha512']) {
      const right = createHash(algorithm).update(bytes).digest('hex')
      const about = (digest: string): Json =>
        envelopeBundle(
          statement({ subject: [{ ...subject, digest: { ...subject.digest, [algorithm]: digest } }] }),
        )
      verifies(about(right))
      refusesOnly(about(right.replaceAll('0', '1')), 'attestation')
    }
  })

  it('a path in an attestation of PEP 740, as pypi-attestations has it', () => {
    const [subject] = statement().subject
    const named = statement({ subject: [{ ...subject, name: `dist/${FILE_NAME}` }] })
    verifies(envelopeBundle(named))
    refusesOnly(attestation(named), 'attestation')
  })

  it('half a character in a hint, and a list where an object belongs', () => {
    const halved = envelopeBundle()
    halved.dsseEnvelope.signatures[0].keyid = '\u{d800}'
    refuses(halved, 'bundle')
    const listed = fileBundle()
    listed.verificationMaterial.timestampVerificationData = []
    refuses(listed, 'bundle')
    const hinted = fileBundle()
    delete hinted.verificationMaterial.certificate
    hinted.verificationMaterial.publicKey = []
    refuses(hinted, 'bundle')
  })

  it('a statement with members that none has, a predicate that is no object, or 33 digests of one file', () => {
    const [subject] = statement().subject
    const digests = (count: number): Json =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [n, 'ab']))
    const withDigests = (count: number): Json => ({
      subject: [{ ...subject, digest: { ...subject.digest, ...digests(count) } }],
    })
    for (const changes of [{ predicate: { any: 'thing' } }, withDigests(31)])
      verifies(envelopeBundle(statement(changes)))
    for (const changes of [
      { Subject: [{ name: 'other', digest: { sha256: '00'.repeat(32) } }] },
      { subject: [{ ...subject, more: 1 }] },
      { predicate: [] },
      { predicate: 'text' },
      withDigests(32),
    ])
      refusesOnly(envelopeBundle(statement(changes)), 'attestation')
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
