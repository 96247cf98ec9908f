import { describe, expect, it } from 'vitest'
import { decodeBase64, encodeBase64, utf8 } from '../../base/index.ts'
import {
  attestation,
  cosignBundle,
  envelopeBundle,
  fileBundle,
  fileBundle2,
  provenance,
  statement,
  type Json,
} from '../../verify/attacks/arrange.ts'
import { entry, leaf, root, signature } from '../../verify/arrange.ts'
import { IN_TOTO, parseSeals, parseStatement } from './index.ts'

const parse = (json: Json): ReturnType<typeof parseSeals> =>
  parseSeals(typeof json === 'string' ? json : JSON.stringify(json))
const refusal = (code: string, message = ''): object =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string })
const { kindVersion: _kind, ...logged } = parse(fileBundle())[0]!.entries[0]!
const { uuid: _uuid, ...known } = entry

describe('parseSeals', () => {
  it('takes a bundle apart', () => {
    const [seal, ...others] = parse(fileBundle())
    expect(others).toEqual([])
    expect(seal).toMatchObject({ format: 'bundle 0.3', signature, certificate: leaf.der, timestamps: [] })
    expect(logged).toEqual(known)
    expect(seal?.envelope).toBeUndefined()
    expect(parse(envelopeBundle())[0]?.envelope?.payloadType).toBe(IN_TOTO)
  })

  it('knows no time of an entry without a promise, whatever the bundle says', () => {
    const bundle = fileBundle2()
    bundle.verificationMaterial.tlogEntries[0].integratedTime = '1'
    const [seal] = parse(bundle)
    expect(seal?.entries[0]).not.toHaveProperty('integratedTimeSeconds')
    expect(seal?.timestamps).toHaveLength(1)
  })

  it('reads zeros and lists that protobuf left out, and members that are null', () => {
    const bundle = fileBundle2()
    const [one] = bundle.verificationMaterial.tlogEntries
    delete one.logIndex
    delete one.inclusionProof.hashes
    Object.assign(one, { inclusionPromise: null, integratedTime: null })
    expect(parse(bundle)[0]?.entries[0]).toMatchObject({ logIndex: 0, inclusionProof: { hashes: [] } })
  })

  it('takes apart the bundle of cosign, whose entry has no proof', () => {
    const [seal] = parse(cosignBundle())
    expect(seal).toMatchObject({ format: 'cosign bundle', signature, certificate: leaf.der })
    const { inclusionProof: _proof, ...promised } = known
    expect(seal?.entries).toEqual([promised])
  })

  it('takes apart attestations, one or all of a provenance object', () => {
    const [seal] = parse(attestation())
    expect(seal).toMatchObject({ format: 'pep 740 attestation', certificate: leaf.der })
    expect(parse(provenance(attestation(), attestation()))).toEqual([seal, seal].map(() => expect.anything()))
  })

  type Break = (bundle: Json) => void
  const material = (bundle: Json): Json => bundle.verificationMaterial
  const firstEntry = (bundle: Json): Json => material(bundle).tlogEntries[0]
  it.each<[string, Break]>([
    ['a media type that is not known', (bundle) => (bundle.mediaType += ';x')],
    ['no material', (bundle) => delete bundle.verificationMaterial],
    ['no signature', (bundle) => delete bundle.messageSignature],
    ['a signature and an envelope', (bundle) => (bundle.dsseEnvelope = envelopeBundle().dsseEnvelope)],
    ['no certificate', (bundle) => delete material(bundle).certificate],
    ['a certificate and a key', (bundle) => (material(bundle).publicKey = { hint: 'x' })],
    ['a chain in version 0.3', (bundle) => (material(bundle).x509CertificateChain = { certificates: [] })],
    ['a digest of a wrong length', (bundle) => (bundle.messageSignature.messageDigest.digest = 'AAAA')],
    ['a digest of MD5', (bundle) => (bundle.messageSignature.messageDigest.algorithm = 'MD5')],
    ['a number that is no text', (bundle) => (firstEntry(bundle).logIndex = 102)],
    ['a number with a sign', (bundle) => (firstEntry(bundle).logIndex = '-1')],
    ['a number with a leading zero', (bundle) => (firstEntry(bundle).logIndex = '0102')],
    ['a number above 2^53', (bundle) => (firstEntry(bundle).logIndex = '9007199254740993')],
    [
      'base64 without padding',
      (bundle) => (firstEntry(bundle).logId.keyId = firstEntry(bundle).logId.keyId.replaceAll('=', '')),
    ],
    ['a log id of 31 bytes', (bundle) => (firstEntry(bundle).logId.keyId = encodeBase64(new Uint8Array(31)))],
    ['an entry without a kind', (bundle) => delete firstEntry(bundle).kindVersion],
    ['an entry without a body', (bundle) => delete firstEntry(bundle).canonicalizedBody],
    ['an entry without a checkpoint', (bundle) => delete firstEntry(bundle).inclusionProof.checkpoint],
    [
      'nine entries',
      (bundle) => (material(bundle).tlogEntries = Array.from({ length: 9 }, () => firstEntry(fileBundle()))),
    ],
    ['a member that nobody knows', (bundle) => (firstEntry(bundle).extra = 1)],
  ])('refuses a bundle with %s', (_what, change) => {
    const bundle = fileBundle()
    change(bundle)
    expect(() => parse(bundle)).toThrow(refusal('sigstore.bundle', 'not a bundle: '))
  })

  it('refuses a root in the chain, and a chain that cannot be read', () => {
    const chain = (...ders: readonly Uint8Array[]): Json => {
      const bundle = fileBundle()
      bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2'
      const { certificate: _certificate, ...rest } = bundle.verificationMaterial
      const certificates = ders.map((der) => ({ rawBytes: encodeBase64(der) }))
      bundle.verificationMaterial = { ...rest, x509CertificateChain: { certificates } }
      return bundle
    }
    expect(parse(chain(leaf.der))[0]?.certificate).toEqual(leaf.der)
    expect(() => parse(chain(leaf.der, root.der))).toThrow(
      refusal('sigstore.bundle', 'must not contain the root certificate'),
    )
    expect(() => parse(chain(leaf.der, utf8('x')))).toThrow(refusal('sigstore.bundle', 'cannot be read'))
  })

  it('says what a file holds that is none of the formats', () => {
    expect(() => parse('{"dists":1}')).toThrow(refusal('sigstore.bundle', 'it has the members dists'))
    expect(() => parse('{}')).toThrow(refusal('sigstore.bundle', 'it has no members'))
    expect(() => parse('<html>')).toThrow(refusal('sigstore.bundle', 'not JSON'))
    expect(() => parse({ ...cosignBundle(), mediaType: 'x' })).toThrow(refusal('sigstore.bundle'))
  })

  it.each<[string, Break]>([
    ['another version', (one) => (one.version = 2)],
    [
      'two entries',
      (one) =>
        one.verification_material.transparency_entries.push(fileBundle().verificationMaterial.tlogEntries[0]),
    ],
    ['no entry', (one) => (one.verification_material.transparency_entries = [])],
    ['no proof', (one) => delete one.verification_material.transparency_entries[0].inclusionProof],
    ['no signature', (one) => delete one.envelope.signature],
    ['a member that nobody knows', (one) => (one.x = 1)],
  ])('refuses an attestation with %s', (_what, change) => {
    const one = attestation()
    change(one)
    expect(() => parse(one)).toThrow(refusal('sigstore.attestation'))
    expect(() => parse(provenance(attestation(), one))).toThrow(refusal('sigstore.attestation'))
  })

  it.each(['.0', 'e0', 'E+0'])(
    'refuses a bundle of cosign with a count that Go does not read: %s',
    (ending) => {
      const text = JSON.stringify(cosignBundle())
      expect(parse(text)).toHaveLength(1)
      for (const name of ['integratedTime', 'logIndex']) {
        const spelt = text.replace(new RegExp(String.raw`"${name}":\d+`), (found) => `${found}${ending}`)
        expect(() => parse(spelt)).toThrow(refusal('sigstore.bundle', 'in digits alone'))
      }
    },
  )

  it('refuses a bundle of cosign whose entry or certificate is malformed', () => {
    for (const change of [
      (one: Json) => delete one.rekorBundle,
      (one: Json) => (one.rekorBundle.Payload.logIndex = '1'),
      (one: Json) => (one.cert = encodeBase64(utf8('no PEM'))),
      (one: Json) => (one.base64Signature = ''),
      (one: Json) => (one.extra = 1),
    ]) {
      const one = cosignBundle()
      change(one)
      expect(() => parse(one)).toThrow(refusal('sigstore.bundle', 'not a cosign bundle'))
    }
  })
})

describe('parseStatement', () => {
  const read = (changes: Json): ReturnType<typeof parseStatement> =>
    parseStatement(utf8(JSON.stringify(statement(changes))))

  it('reads subjects, type and predicate, and passes over what else a subject has', () => {
    const subject = [{ name: 'a', digest: { sha256: 'ab' }, uri: 'x' }, { digest: {} }]
    expect(read({ subject, predicate: { x: 1 } })).toMatchObject({
      subjects: [
        { name: 'a', digests: { sha256: 'ab' } },
        { name: '', digests: {} },
      ],
      predicate: { x: 1 },
    })
  })

  it('refuses what is no statement', () => {
    for (const changes of [{ _type: 'x' }, { subject: [] }, { subject: 1 }, { predicateType: '' }])
      expect(() => read(changes)).toThrow(refusal('sigstore.statement'))
    for (const bytes of [utf8('x'), utf8('[]'), decodeBase64('/w==')])
      expect(() => parseStatement(bytes)).toThrow(refusal('sigstore.statement'))
  })
})
