import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, sha256, sha256Hex, utf8 } from '../base/index.ts'
import { dsseSignedBytes, IN_TOTO, hashedRekordBody } from '../formats/sigstore/index.ts'
import { certificatePem, publicKeyPem } from '../formats/x509/index.ts'
import { ISSUER, keys, leaf, makeEntry, newKey, NOW, SAN, signature } from './arrange.ts'
import {
  attestation,
  bytes,
  cosignBundle,
  envelopeBundle,
  fileBundle,
  fileBundle2,
  FILE_NAME,
  makeTimestamp,
  provenance,
  refuses,
  refusesOnly,
  requestOf,
  signature2,
  statement,
  tlogEntry,
  tlogEntry2,
  verifies,
  type Json,
} from './attacks/arrange.ts'
import {
  artifactOf,
  CHECK_NAMES,
  exactly,
  verdictSentence,
  verifyBundle,
  verifyProvenance,
  type ExtensionRule,
  type Policy,
} from './index.ts'

const chained = (bundle: Json, version: string): Json => {
  const { certificate, ...material } = bundle.verificationMaterial
  const x509CertificateChain = { certificates: [certificate] }
  return {
    ...bundle,
    mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}`,
    verificationMaterial: { ...material, x509CertificateChain },
  }
}
const withoutProof = (bundle: Json): Json => {
  delete bundle.verificationMaterial.tlogEntries[0].inclusionProof
  return bundle
}

describe('an attestation of many megabytes', () => {
  it('is verified, and refused where one byte of it is another', () => {
    const bundle = envelopeBundle(statement({ predicate: { a: 'x'.repeat(20 << 20) } }))
    verifies(bundle)
    const { payload } = bundle.dsseEnvelope
    bundle.dsseEnvelope.payload = `${payload.slice(0, 1 << 20)}A${payload.slice((1 << 20) + 1)}`
    refuses(bundle, 'signature')
  })
})

describe('verifyBundle', () => {
  it('verifies bundles of every version, over a file and over an attestation', () => {
    for (const make of [fileBundle, envelopeBundle]) {
      verifies(make())
      verifies({ ...make(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3' })
      verifies(chained(make(), '0.1'))
      verifies(chained(make(), '0.2'))
    }
  })

  it('takes the promise for the proof in version 0.1 and in the bundle of cosign, and nowhere else', () => {
    verifies(withoutProof(chained(fileBundle(), '0.1')))
    verifies(cosignBundle())
    refuses(withoutProof(chained(fileBundle(), '0.2')), 'bundle')
    refuses(withoutProof(fileBundle()), 'bundle')
  })

  it('takes the proof for the promise where a timestamp says when', () => {
    const bundle = fileBundle()
    delete bundle.verificationMaterial.tlogEntries[0].inclusionPromise
    refusesOnly(bundle, 'time')
    const timestamps = fileBundle2().verificationMaterial.timestampVerificationData
    bundle.verificationMaterial.timestampVerificationData = timestamps
    verifies(bundle)
    refuses(chained(bundle, '0.1'), 'bundle')
  })

  it('verifies entries of Rekor 2: of a file, and of an attestation in both forms', () => {
    verifies(fileBundle2())
    const bundle = envelopeBundle()
    const { payload, signatures } = bundle.dsseEnvelope
    const content = new Uint8Array(Buffer.from(signatures[0].sig, 'base64'))
    const payloadBytes = new Uint8Array(Buffer.from(payload, 'base64'))
    const pae = dsseSignedBytes({ payload: payloadBytes, payloadType: IN_TOTO })
    const hash = (of: Uint8Array): Json => ({ algorithm: 'SHA2_256', digest: encodeBase64(sha256(of)) })
    const file = { hashedRekordV002: { data: hash(pae), signature: signature2(content) } }
    const dsse = { dsseV002: { payloadHash: hash(payloadBytes), signatures: [signature2(content)] } }
    const timestamp = { signedTimestamp: encodeBase64(makeTimestamp(content)) }
    bundle.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [timestamp] }
    for (const entry of [tlogEntry2(file, 'hashedrekord'), tlogEntry2(dsse, 'dsse')]) {
      bundle.verificationMaterial.tlogEntries = [entry]
      verifies(bundle)
    }
    const ofPayload = { hashedRekordV002: { data: hash(payloadBytes), signature: signature2(content) } }
    bundle.verificationMaterial.tlogEntries = [tlogEntry2(ofPayload, 'hashedrekord')]
    refuses(bundle, 'entry')
  })

  it('tells who, when and where, with the earliest of the times', () => {
    expect(verifyBundle(requestOf(fileBundle2()))).toMatchObject({
      verified: true,
      identity: { san: SAN },
      signedAtSeconds: NOW + 7,
      logIndex: 1,
    })
    const both = fileBundle2()
    both.verificationMaterial.tlogEntries.push(...fileBundle().verificationMaterial.tlogEntries)
    expect(verifyBundle(requestOf(both))).toMatchObject({ verified: true, signedAtSeconds: NOW + 5 })
  })

  it('refuses what cannot be read by the check of that name, and reports every check', () => {
    for (const text of ['', '{', '[]', 'null', '{}', '{"mediaType":"x","base64Signature":"x"}']) {
      const verdict = verifyBundle(requestOf(text))
      expect(verdict).toMatchObject({ verified: false, reason: 'verify.bundle' })
      expect(verdict.checks.map(({ name }) => name)).toEqual(CHECK_NAMES)
      expect(verdict.checks.slice(1).map(({ outcome }) => outcome)).not.toContain('passed')
    }
  })

  it('demands that every entry of a bundle holds', () => {
    const bundle = fileBundle()
    const other = tlogEntry(makeEntry({ body: utf8('another body'), logIndex: 103 }))
    bundle.verificationMaterial.tlogEntries.push(other)
    refusesOnly(bundle, 'entry')
    bundle.verificationMaterial.tlogEntries.reverse()
    refusesOnly(bundle, 'entry')
    bundle.verificationMaterial.tlogEntries = [
      bundle.verificationMaterial.tlogEntries[1],
      tlogEntry(makeEntry()),
    ]
    refuses(bundle, 'logged')
  })

  it('checks the extensions that a rule asks for, also those that have no word of their own', () => {
    const rule = exactly('0'.repeat(40))
    const asking = (...extensions: readonly ExtensionRule[]): Policy => ({
      anyOf: [{ san: exactly(SAN), issuer: exactly(ISSUER), extensions }],
    })
    const digest = asking({ extension: 'sourceRepositoryDigest', rule })
    refusesOnly(fileBundle(), 'claims', { policy: digest })
    const { checks } = verifyBundle({ ...requestOf(fileBundle()), policy: digest })
    expect(checks.find(({ name }) => name === 'claims')).toMatchObject({
      reason: 'the certificate has no sourceRepositoryDigest',
    })
    verifies(fileBundle(), { policy: asking() })
  })
})

describe('a managed key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const keyed = (): Json => {
    const bundle = fileBundle()
    const own = new Uint8Array(sign('sha256', bytes, privateKey))
    const pem = publicKeyPem(key)
    const body = hashedRekordBody({
      algorithm: 'sha256',
      digest: sha256(bytes),
      signature: own,
      publicKeyPem: pem,
    })
    bundle.messageSignature.signature = encodeBase64(own)
    bundle.verificationMaterial.publicKey = { hint: 'any' }
    delete bundle.verificationMaterial.certificate
    bundle.verificationMaterial.tlogEntries = [tlogEntry(makeEntry({ body }))]
    return bundle
  }
  const { policy: _policy, ...nobody } = requestOf('')

  it('verifies when it is the one that was named, and tells its fingerprint', () => {
    const verdict = verifyBundle({ ...nobody, bundle: JSON.stringify(keyed()), key })
    expect(verdict).toMatchObject({ verified: true, keySha256: sha256Hex(key), logIndex: 102 })
    expect(verdict.identity).toBeUndefined()
    expect(verdictSentence(verdict, 'x')).toContain(`signed by the key sha256:${sha256Hex(key)} at`)
  })

  it('18: counts only when it was named, and then no certificate does', () => {
    refuses(keyed(), 'key')
    refusesOnly(fileBundle(), 'key', { key })
    refusesOnly(fileBundle(), 'key', { key: keys.leaf.spki })
    refusesOnly({ ...cosignBundle() }, 'key', { key: keys.leaf.spki })
    refuses(keyed(), 'signature', { key: newKey().spki })
    refuses(keyed(), 'key', { key: utf8('no key') })
  })

  it('must be the key of the entry, which is no certificate', () => {
    const pems = [publicKeyPem(newKey().spki), certificatePem(leaf.der)]
    for (const pem of pems) {
      const bundle = keyed()
      const own = new Uint8Array(Buffer.from(bundle.messageSignature.signature, 'base64'))
      const record = {
        algorithm: 'sha256',
        digest: sha256(bytes),
        signature: own,
        publicKeyPem: pem,
      } as const
      const made = makeEntry({ body: hashedRekordBody(record) })
      bundle.verificationMaterial.tlogEntries = [tlogEntry(made)]
      refusesOnly(bundle, 'entry', { key })
    }
    const certified = fileBundle()
    const record = {
      algorithm: 'sha256',
      digest: sha256(bytes),
      signature,
      publicKeyPem: publicKeyPem(keys.leaf.spki),
    } as const
    certified.verificationMaterial.tlogEntries = [tlogEntry(makeEntry({ body: hashedRekordBody(record) }))]
    refusesOnly(certified, 'entry')
  })

  it('signs no file when it is of Ed25519, as cosign has it', () => {
    const pair = generateKeyPairSync('ed25519')
    const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }))
    const bundle = keyed()
    bundle.messageSignature.signature = encodeBase64(new Uint8Array(sign(null, bytes, pair.privateKey)))
    refuses(bundle, 'signature', { key: spki })
    const { checks } = verifyBundle(requestOf(bundle, { key: spki }))
    expect(checks.find(({ name }) => name === 'signature')?.reason).toContain(
      'supported for attestations only',
    )
  })

  it('verifies in the bundle of cosign too, whose own copy of the key is passed over', () => {
    const bundle = cosignBundle()
    const { messageSignature, verificationMaterial } = keyed()
    const [entry] = verificationMaterial.tlogEntries
    bundle.base64Signature = messageSignature.signature
    bundle.rekorBundle.SignedEntryTimestamp = entry.inclusionPromise.signedEntryTimestamp
    bundle.rekorBundle.Payload.body = entry.canonicalizedBody
    for (const pem of [publicKeyPem(key), publicKeyPem(newKey().spki)]) {
      bundle.cert = encodeBase64(utf8(pem))
      verifies(bundle, { key })
    }
    refuses(bundle, 'key')
  })
})

describe('PEP 740', () => {
  it('verifies an attestation by itself, and every one of a provenance object', () => {
    verifies(attestation())
    const other = attestation(
      statement({ predicateType: 'https://slsa.dev/provenance/v1', predicate: { x: 1 } }),
    )
    verifies(other)
    const verdicts = verifyProvenance(requestOf(provenance(attestation(), other)))
    expect(verdicts.map(({ verified }) => verified)).toEqual([true, true])
    expect(verifyProvenance(requestOf(attestation())).map(({ verified }) => verified)).toEqual([true])
  })

  it('never gives an empty list, and refuses an object of several where one seal must be', () => {
    for (const bad of [provenance(), { version: 1, attestation_bundles: [] }, '{}']) {
      expect(verifyProvenance(requestOf(bad)).map(({ verified }) => verified)).toEqual([false])
    }
    refuses(provenance(attestation(), attestation()), 'bundle')
    const mixed = verifyProvenance(
      requestOf(provenance(attestation(), attestation(statement({ subject: [] })))),
    )
    expect(mixed.map(({ verified }) => verified)).toEqual([true, false])
  })

  it('knows a file under every spelling of its name, and by digest alone', () => {
    const named = (name: string): Json =>
      attestation(statement({ subject: [{ name, digest: { sha256: sha256Hex(bytes) } }] }))
    verifies(named('Demo-1.0.0-py3-none-any.whl'))
    verifies(named(FILE_NAME))
    for (const name of ['demo-1.1-py3-none-any.whl', 'demo-1.0-py2-none-any.whl', 'demo-1.0.tar.gz', ''])
      refusesOnly(named(name), 'attestation')
    verifies(named('other-1.0.tar.gz'), { artifact: { sha256: sha256(bytes) } })
  })

  it('knows no subject that names no distribution, as pypi-attestations has it', () => {
    const named = (name: string): Json =>
      attestation(statement({ subject: [{ name, digest: { sha256: sha256Hex(bytes) } }] }))
    for (const name of ['demo', 'demo.whl', 'demo-1.0.txt', 'demo-1.0-py3-none-any.whl.sig']) {
      const [ofThis, byDigest] = [artifactOf(bytes, name), { sha256: sha256(bytes) }]
      for (const artifact of [ofThis, byDigest]) refusesOnly(named(name), 'attestation', { artifact })
      verifies(envelopeBundle(statement({ subject: [{ name, digest: { sha256: sha256Hex(bytes) } }] })), {
        artifact: ofThis,
      })
    }
  })
})
