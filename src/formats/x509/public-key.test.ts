import fc from 'fast-check'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { WheelsealError } from '../../base/index.ts'
import { derBitString, derNull, derOid, derSequence, derUnsigned } from '../der/index.ts'
import { foreignKeys, leaf, leafKey, root } from './arrange.ts'
import {
  certificatePem,
  parseCertificatesPem,
  parsePublicKey,
  parsePublicKeyPem,
  publicKeyPem,
  spkiOf as publicHalfOf,
  verifyWithSpki,
} from './index.ts'

const malformed = expect.objectContaining({ code: 'x509.malformed' })
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }))
const message = new Uint8Array([1, 2, 3])
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ed25519 = generateKeyPairSync('ed25519')

/** Points whose order divides 8, and the spellings of some that are not reduced. */
const SMALL_ORDER = [
  `01${'00'.repeat(31)}`,
  `01${'00'.repeat(30)}80`,
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  `ec${'ff'.repeat(30)}7f`,
  `ec${'ff'.repeat(31)}`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]

describe('parsePublicKey', () => {
  it.each(['P-256', 'P-384', 'P-521'])(
    'knows %s, and its signatures with the hash of its size',
    (namedCurve) => {
      const hash = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' }[namedCurve]
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
      const spki = spkiOf(publicKey)
      expect(parsePublicKey(spki).kind).toBe(namedCurve)
      expect(verifyWithSpki(spki, message, new Uint8Array(sign(hash, message, privateKey)))).toBe(true)
      expect(verifyWithSpki(spki, message, new Uint8Array(sign('sha224', message, privateKey)))).toBe(false)
    },
  )

  it('knows Ed25519', () => {
    const spki = spkiOf(ed25519.publicKey)
    expect(parsePublicKey(spki).kind).toBe('ed25519')
    expect(verifyWithSpki(spki, message, new Uint8Array(sign(null, message, ed25519.privateKey)))).toBe(true)
  })

  it('knows RSA and its size; short keys verify nothing', () => {
    expect(parsePublicKey(spkiOf(rsa.publicKey))).toMatchObject({
      kind: 'rsa',
      modulusBits: 2048,
      exponent: 65_537n,
    })
    expect(parsePublicKey(spkiOf(weakRsa.publicKey))).toMatchObject({ modulusBits: 1024 })
    const signed = (key: KeyObject): Uint8Array => new Uint8Array(sign('sha256', message, key))
    expect(verifyWithSpki(spkiOf(rsa.publicKey), message, signed(rsa.privateKey))).toBe(true)
    expect(verifyWithSpki(spkiOf(weakRsa.publicKey), message, signed(weakRsa.privateKey))).toBe(false)
  })

  it('reads an array anew whose bytes have become another key', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signature = new Uint8Array(sign('sha256', message, other.privateKey))
    const spki = Uint8Array.from(leafKey.spki)
    expect(verifyWithSpki(spki, message, signature)).toBe(false)
    spki.set(spkiOf(other.publicKey))
    expect(verifyWithSpki(spki, message, signature)).toBe(true)
    spki.fill(0)
    expect(() => parsePublicKey(spki)).toThrow(malformed)
  })

  const bits = derSequence(derUnsigned(new Uint8Array([0x81, 7])), derUnsigned(new Uint8Array([3])))
  it.each([
    ['nothing', new Uint8Array()],
    ['a point that is not on the curve', leafKey.spki.with(60, (leafKey.spki[60] ?? 0) ^ 1)],
    ['DSA', foreignKeys.dsa],
    ['X25519', spkiOf(generateKeyPairSync('x25519').publicKey)],
    ['RSA-PSS', foreignKeys.rsaPss],
    ['secp256k1', foreignKeys.secp256k1],
    ['a curve spelt out', foreignKeys.explicitCurve],
    ['RSA without its NULL', derSequence(derSequence(derOid('1.2.840.113549.1.1.1')), derBitString(bits))],
    [
      'Ed25519 with a NULL',
      derSequence(derSequence(derOid('1.3.101.112'), derNull()), derBitString(new Uint8Array(32))),
    ],
    ['an RSA key of more than 4 KiB', derSequence(derBitString(new Uint8Array(5000)))],
    ['bytes after it', Uint8Array.from([...leafKey.spki, 0])],
  ])('refuses %s', (_name, spki) => {
    expect(() => parsePublicKey(spki)).toThrow(malformed)
  })
})

it.each(SMALL_ORDER)('refuses the Ed25519 key %s, of small order', (hex) => {
  const spki = derSequence(
    derSequence(derOid('1.3.101.112')),
    derBitString(new Uint8Array(Buffer.from(hex, 'hex'))),
  )
  expect(() => parsePublicKey(spki)).toThrow('small order')
})

describe('PEM', () => {
  it('is what OpenSSL writes', () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    expect(publicKeyPem(spkiOf(rsa.publicKey))).toBe(pem)
    expect(parsePublicKeyPem(String(pem))).toEqual(spkiOf(rsa.publicKey))
  })

  it('reads several certificates, with any line breaks between and no last one', () => {
    const [one, two] = [certificatePem(leaf.der), certificatePem(root.der)]
    expect(parseCertificatesPem(one + two).map(({ der }) => der)).toEqual([leaf.der, root.der])
    expect(parseCertificatesPem(`\n${one}\r\n\n${two.replaceAll('\n', '\r\n')}`)).toHaveLength(2)
    expect(parseCertificatesPem(one.trimEnd())).toHaveLength(1)
  })

  const pem = certificatePem(root.der)
  it.each([
    ['nothing', ''],
    ['text before a block', `subject=CN\n${pem}`],
    ['text after a block', `${pem}x`],
    ['two blocks on one line', `${pem.trimEnd()}${pem}`],
    ['another type', pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')],
    ['types that differ', pem.replace('END CERTIFICATE', 'END CERTIFICATES')],
    ['a header inside', pem.replace('-----\n', '-----\nProc-Type: 4\n\n')],
    ['base64 that is not canonical', pem.replace(/\n-----END/, '=\n-----END')],
    ['a space in the base64', pem.replace('\nMII', '\n MII')],
    ['DER that is no certificate', certificatePem(new Uint8Array([0x30, 0]))],
    ['a private key', String(ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['65 blocks', pem.repeat(65)],
    ['more than 256 KiB', `${pem}${'\n'.repeat(262_144)}`],
  ])('refuses %s', (_name, text) => {
    expect(() => parseCertificatesPem(text)).toThrow(malformed)
  })

  it('takes one public key, and only one that can be used', () => {
    expect(() => parsePublicKeyPem(publicKeyPem(leafKey.spki).repeat(2))).toThrow(malformed)
    expect(() => parsePublicKeyPem(publicKeyPem(leaf.der))).toThrow(malformed)
  })

  it('never fails with anything but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: pem.length }), (text, at) => {
        try {
          parseCertificatesPem(pem.slice(0, at) + text + pem.slice(at))
        } catch (error) {
          expect(error).toBeInstanceOf(WheelsealError)
        }
      }),
    )
  })
})

describe('the public half of a key', () => {
  it('is an array of its own for every caller', () => {
    const given = publicHalfOf(leafKey.key)
    given.fill(0)
    expect(publicHalfOf(leafKey.key)).toEqual(leafKey.spki)
  })
})
