import { generateKeyPairSync, hash as hashBytes, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256, utf8 } from '../../base/index.ts'
import {
  contextConstructed,
  derBitString,
  derElement,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
} from '../der/index.ts'
import { leaf as codeLeaf, makeRoot, newKey as newTestKey, root as codeRoot } from '../x509/arrange.ts'
import type { Certificate } from '../x509/index.ts'
import {
  attribute,
  certificateId,
  chain,
  craft,
  crafted,
  info,
  leaf,
  leafKey,
  makeTimestampLeaf,
  message,
  newKey,
  NOW,
  root,
  type ResponseCraft,
} from './arrange.ts'
import { derAlgorithm } from './hash.ts'
import { encodeInfo } from './info.ts'
import {
  buildTimestampRejection,
  buildTimestampResponse,
  messageImprint,
  parseTimestampResponse,
  verifyTimestamp,
  type Stamped,
  type TimestampResponse,
} from './index.ts'

const verify = (response: TimestampResponse, stamped: Stamped = { message }, certificates = chain) =>
  verifyTimestamp({ response, stamped, chain: certificates })
const ok = { ok: true, timeSeconds: NOW }
const digestBytes = (hash: string, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(hashBytes(hash, bytes, 'buffer'))
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA384 = '2.16.840.1.101.3.4.2.2'
const SHA512 = '2.16.840.1.101.3.4.2.3'
const issuerSerial = ({ issuerDer, serial }: Pick<Certificate, 'issuerDer' | 'serial'>): Uint8Array =>
  derSequence(derSequence(derElement(contextConstructed(4), issuerDer)), derUnsigned(serial))
const idOf = (...parts: readonly Uint8Array[]): Partial<ResponseCraft> => ({
  certificateAttribute: certificateId(...parts),
})
const hashOf = derOctetString(sha256(leaf.der))

describe('verifyTimestamp', () => {
  it('gives the time of what the builder makes, with and without certificates', () => {
    for (const certificates of [[], [leaf.der], [leaf.der, root.der]]) {
      const der = buildTimestampResponse({ info, signer: leaf, key: leafKey.key, certificates })
      expect(verify(parseTimestampResponse(der))).toEqual(ok)
    }
  })

  it('takes a digest in the place of the message', () => {
    expect(verify(crafted(), { hash: 'sha256', digest: sha256(message) })).toEqual(ok)
  })

  it.each<[string, Partial<ResponseCraft>]>([
    ['an issuer and serial number beside the hash', idOf(hashOf, issuerSerial(leaf))],
    ['the default hash spelt out', idOf(derAlgorithm('2.16.840.1.101.3.4.2.1'), hashOf)],
    ['an attribute that says nothing here', { moreAttributes: [attribute('1.2.3', derNull())] }],
  ])('accepts %s', (_name, changes) => {
    expect(verify(crafted(changes))).toEqual(ok)
  })

  it('lets no single bit change', () => {
    const whole = craft({ certificates: [derElement(contextConstructed(0), leaf.der)] })
    const survivors: number[] = []
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const at = Math.floor(bit / 8)
      if (isAccepted(whole.with(at, (whole[at] ?? 0) ^ (1 << (bit % 8))))) survivors.push(bit)
    }
    expect(survivors).toEqual([])
  })

  const isAccepted = (der: Uint8Array): boolean => {
    try {
      return verify(parseTimestampResponse(der)).ok
    } catch {
      return false
    }
  }

  const other = makeTimestampLeaf({ serial: new Uint8Array([0x41, 2]) })
  it.each<[string, Partial<ResponseCraft>, string]>([
    ['a signature by another key', { key: newKey().key }, 'the timestamp is not valid'],
    ['a signature in another hash than it says', { hash: 'sha384' }, 'the timestamp is not valid'],
    ['another signer', { serial: derUnsigned(other.serial) }, 'not signed by the timestamp authority'],
    ['another issuer of the signer', { issuerDer: leaf.subjectDer }, 'not signed by the timestamp authority'],
    [
      'certificates of somebody else',
      { certificates: [derElement(contextConstructed(0), other.der)] },
      'the certificates in the timestamp are not those',
    ],
    ['no content type', { typeAttribute: attribute('1.2.3', derNull()) }, 'content type'],
    [
      'another content type',
      { typeAttribute: attribute('1.2.840.113549.1.9.3', derOid('1.2.840.113549.1.7.1')) },
      'content type',
    ],
    ['no digest', { digestAttribute: attribute('1.2.3', derNull()) }, 'signed digest'],
    [
      'another digest',
      { digestAttribute: attribute('1.2.840.113549.1.9.4', derOctetString(sha256(utf8('x')))) },
      'signed digest',
    ],
    ['no named certificate', { certificateAttribute: attribute('1.2.3', derNull()) }, 'does not name'],
    ['another named certificate', idOf(derOctetString(sha256(other.der))), 'does not name'],
    [
      'a certificate named by SHA-1',
      idOf(derAlgorithm('1.3.14.3.2.26'), derOctetString(new Uint8Array(20))),
      'does not name',
    ],
    ['another named serial number', idOf(hashOf, issuerSerial(other)), 'does not name'],
    [
      'another named issuer',
      idOf(hashOf, issuerSerial({ issuerDer: leaf.subjectDer, serial: leaf.serial })),
      'does not name',
    ],
    [
      'a digest of another length',
      { digestAlgorithm: derAlgorithm(SHA512), digests: [derAlgorithm(SHA512)] },
      'signed digest',
    ],
    [
      'SHA-1',
      { digestAlgorithm: derAlgorithm('1.3.14.3.2.26'), digests: [derAlgorithm('1.3.14.3.2.26')] },
      'is not supported',
    ],
    [
      'RSA in the place of ECDSA',
      { signatureAlgorithm: derAlgorithm('1.2.840.113549.1.1.11') },
      'is not supported',
    ],
    [
      'a signature algorithm of another hash than the digest',
      { signatureAlgorithm: derAlgorithm('1.2.840.10045.4.3.3'), hash: 'sha384' },
      'is not supported',
    ],
  ])('refuses %s', (_name, changes, reason) => {
    expect(verify(crafted(changes))).toEqual({ ok: false, reason: expect.stringContaining(reason) as string })
  })

  const refused = (
    response: TimestampResponse,
    reason: string,
    rest: { stamped?: Stamped; chain?: readonly Certificate[] } = {},
  ) =>
    expect(verify(response, rest.stamped, rest.chain)).toEqual({
      ok: false,
      reason: expect.stringContaining(reason) as string,
    })

  it('refuses what stamps something else', () => {
    refused(crafted(), 'a different signature', { stamped: { message: utf8('another signature') } })
    refused(crafted(), 'a different signature', {
      stamped: { hash: 'sha256', digest: sha256(utf8('x')) },
    })
    refused(crafted(), 'a different signature', { stamped: { hash: 'sha384', digest: sha256(message) } })
    const weak = messageImprint('sha256', sha256(message))
    const sha1 = derSequence(derAlgorithm('1.3.14.3.2.26'), derOctetString(new Uint8Array(20)))
    const content = encodeInfo({ ...info, imprint: { ...weak, encoded: sha1 } })
    refused(crafted({}, content), 'is not supported')
  })

  it('refuses a rejection', () => {
    refused(parseTimestampResponse(buildTimestampRejection('badAlg', 'no')), 'status 2')
  })

  it('refuses a time outside of the chain’s dates', () => {
    const at = (timeSeconds: number): TimestampResponse => crafted({}, encodeInfo({ ...info, timeSeconds }))
    refused(at(leaf.notBeforeSeconds - 1), 'not yet valid')
    refused(at(leaf.notAfterSeconds + 1), 'has expired')
    expect(verify(at(leaf.notAfterSeconds)).ok).toBe(true)
  })

  it('refuses a chain that is none', () => {
    const key = newTestKey()
    refused(crafted(), 'a chain of 0', { chain: [] })
    refused(crafted(), 'a chain of 1', { chain: [leaf] })
    refused(crafted(), 'the chain of the timestamp authority', { chain: [leaf, makeRoot(key)] })
    refused(crafted(), 'not signed by the timestamp authority', { chain: [root, leaf] })
  })

  it('refuses a certificate that is not for time stamping', () => {
    const changes = { issuerDer: codeLeaf.issuerDer, serial: derUnsigned(codeLeaf.serial) }
    refused(crafted(changes), 'time stamping alone', { chain: [codeLeaf, codeRoot] })
  })

  it('refuses an intermediate that has other purposes too', () => {
    const value = derSequence(derOid('1.3.6.1.5.5.7.3.8'), derOid('1.3.6.1.5.5.7.3.3'))
    const extensions = [{ oid: '2.5.29.37', isCritical: false, value }]
    refused(crafted(), 'more than time stamping', { chain: [leaf, { ...root, extensions }, root] })
  })

  it('refuses a certificate whose purpose is not critical, or is more than one', () => {
    const withPurpose = (isCritical: boolean, ...oids: readonly string[]): Certificate => {
      const value = derSequence(...oids.map((oid) => derOid(oid)))
      const others = leaf.extensions.filter(({ oid }) => oid !== '2.5.29.37')
      return { ...leaf, extensions: [...others, { oid: '2.5.29.37', isCritical, value }] }
    }
    const stamping = '1.3.6.1.5.5.7.3.8'
    expect(verify(crafted(), { message }, [withPurpose(true, stamping), root])).toEqual(ok)
    for (const signer of [withPurpose(false, stamping), withPurpose(true, stamping, '1.3.6.1.5.5.7.3.3')])
      refused(crafted(), 'time stamping alone', { chain: [signer, root] })
  })

  it('refuses an authority whose key is neither ECDSA nor RSA', () => {
    const spki = new Uint8Array(
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }),
    )
    const signer = makeTimestampLeaf({ spki })
    refused(crafted(idOf(derOctetString(sha256(signer.der)))), 'neither ECDSA nor RSA', {
      chain: [signer, root],
    })
  })

  it.each([
    { curve: 'P-384', hash: 'sha384', digestOid: SHA384, signatureOid: '1.2.840.10045.4.3.3' },
    { curve: 'P-384', hash: 'sha256', digestOid: SHA256, signatureOid: '1.2.840.10045.4.3.2' },
    { curve: 'P-521', hash: 'sha512', digestOid: SHA512, signatureOid: '1.2.840.10045.4.3.4' },
  ])('knows authorities on $curve that sign with $hash', ({ curve, hash, digestOid, signatureOid }) => {
    const key = newKey(curve)
    const signer = makeTimestampLeaf({ spki: key.spki })
    const content = encodeInfo(info)
    const response = crafted(
      {
        key: key.key,
        hash,
        digests: [derAlgorithm(digestOid)],
        digestAlgorithm: derAlgorithm(digestOid),
        signatureAlgorithm: derAlgorithm(signatureOid),
        digestAttribute: attribute('1.2.840.113549.1.9.4', derOctetString(digestBytes(hash, content))),
        certificateAttribute: certificateId(
          derAlgorithm(digestOid),
          derOctetString(digestBytes(hash, signer.der)),
        ),
      },
      content,
    )
    expect(verify(response, { message }, [signer, root])).toEqual(ok)
  })

  describe('of an authority with an RSA key', () => {
    const rsa = (modulusLength: number): { key: KeyObject; signer: Certificate } => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
      const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
      return { key: privateKey, signer: makeTimestampLeaf({ spki }) }
    }
    const by = (
      { key, signer }: ReturnType<typeof rsa>,
      signatureOid: string,
      hash = 'sha256',
    ): ReturnType<typeof verify> => {
      const certificate = certificateId(derOctetString(sha256(signer.der)))
      const changes = { key, hash, signatureAlgorithm: derAlgorithm(signatureOid) }
      return verify(crafted({ ...changes, certificateAttribute: certificate }), { message }, [signer, root])
    }
    const [RSA, RSA_SHA256, RSA_SHA384] = ['1.1', '1.11', '1.12'].map((arc) => `1.2.840.113549.1.${arc}`)
    const small = rsa(2048)

    it.each([2048, 3072, 4096])('takes its signature of %i bits, whichever of its names it has', (bits) => {
      const made = bits === 2048 ? small : rsa(bits)
      for (const oid of [RSA!, RSA_SHA256!]) expect(by(made, oid)).toEqual(ok)
    })

    it('refuses the name of another hash or kind of key, RSA-PSS, and keys that are smaller or larger', () => {
      for (const oid of [RSA_SHA384!, '1.2.840.10045.4.3.2', '1.2.840.113549.1.1.10'])
        expect(by(small, oid)).toMatchObject({ ok: false, reason: expect.stringContaining('not supported') })
      expect(by(small, RSA!, 'sha384')).toMatchObject({ ok: false })
      const weak = rsa(1024)
      const large = { ...small, signer: makeTimestampLeaf({ spki: rsaSpki(4104) }) }
      for (const made of [weak, large])
        expect(by(made, RSA!)).toMatchObject({ reason: expect.stringContaining('2048 to 4096') })
    })
  })
})

/** Of a key that nobody has. */
function rsaSpki(bits: number): Uint8Array {
  const key = derSequence(
    derUnsigned(new Uint8Array(bits / 8).fill(0xff)),
    derUnsigned(new Uint8Array([1, 0, 1])),
  )
  return derSequence(derSequence(derOid('1.2.840.113549.1.1.1'), derNull()), derBitString(key))
}
