import fc from 'fast-check'
import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bytesEqual, encodeHex, utf8, WheelsealError } from '../../base/index.ts'
import {
  contextConstructed,
  contextPrimitive,
  derBoolean,
  derElement,
  derExplicit,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  DerReader,
  derSequence,
  derSmallInteger,
  derUtf8String,
  TAG,
} from '../der/index.ts'
import { intermediate, leaf, makeLeaf, NOW, root, sct } from './arrange.ts'
import {
  authorityKeyId,
  basicConstraints,
  embeddedScts,
  extendedKeyUsages,
  fulcioExtension,
  keyUsages,
  parseCertificate,
  subjectAlternativeNames,
  subjectKeyId,
  OID,
} from './index.ts'

const malformed = expect.objectContaining({ code: 'x509.malformed' })

/** The parts of a certificate as encoded elements, so that a test changes one and puts them together again. */
function partsOf(der: Uint8Array): Uint8Array[] {
  const content = new DerReader(der).enter()
  const tbs = content.enter()
  const parts: Uint8Array[] = []
  while (!tbs.isAtEnd) parts.push(tbs.read().encoded)
  return parts
}

const outer = (der: Uint8Array): Uint8Array[] => {
  const content = new DerReader(der).enter()
  content.read()
  return [content.read().encoded, content.read().encoded]
}

/** Replaces parts of the leaf by position: 0 version, 1 serial, 2 algorithm, 3 issuer, 4 validity, 5 subject, 6 key, 7 extensions. */
function leafWith(changes: Readonly<Record<number, Uint8Array>>): Uint8Array {
  const parts = partsOf(leaf.der).map((part, at) => changes[at] ?? part)
  return derSequence(derSequence(...parts), ...outer(leaf.der))
}

const extension = (oid: string, value: Uint8Array, ...critical: Uint8Array[]): Uint8Array =>
  derSequence(derOid(oid), ...critical, derOctetString(value))
const withExtensions = (...extensions: Uint8Array[]): Uint8Array =>
  leafWith({ 7: derExplicit(3, derSequence(...extensions)) })

describe('parseCertificate', () => {
  it('reads what node reads', () => {
    for (const certificate of [root, intermediate, leaf]) {
      const node = new X509Certificate(certificate.der)
      expect(encodeHex(certificate.serial)).toBe(node.serialNumber.toLowerCase())
      expect(certificate.notBeforeSeconds * 1000).toBe(Date.parse(node.validFrom))
      expect(certificate.notAfterSeconds * 1000).toBe(Date.parse(node.validTo))
      expect(bytesEqual(certificate.spki, node.publicKey.export({ type: 'spki', format: 'der' }))).toBe(true)
      expect(basicConstraints(certificate).isAuthority).toBe(node.ca)
    }
    expect([root.isSelfIssued, intermediate.isSelfIssued, leaf.isSelfIssued]).toEqual([true, false, false])
  })

  it('gives views into the input', () => {
    expect(leaf.tbs.buffer).toBe(leaf.der.buffer)
  })

  const [version, serial, algorithm, , , , , extensions] = partsOf(leaf.der)

  it.each([
    ['version 1', leafWith({ 0: derExplicit(0, derSmallInteger(0)) })],
    ['no version', leafWith({ 0: new Uint8Array() })],
    [
      'version 3 spelt with more bytes after it',
      leafWith({ 0: derExplicit(0, derSmallInteger(2), derNull()) }),
    ],
    ['a negative serial', leafWith({ 1: derElement(TAG.integer, new Uint8Array([0x80])) })],
    ['a serial of 22 bytes', leafWith({ 1: derElement(TAG.integer, new Uint8Array(22).fill(1)) })],
    ['another algorithm inside', leafWith({ 2: derSequence(derOid('1.2.840.10045.4.3.3')) })],
    [
      'a time with an offset',
      leafWith({ 4: derSequence(...[1, 2].map(() => derElement(TAG.utcTime, utf8('2301010000+0000')))) }),
    ],
    [
      'a third time',
      leafWith({ 4: derSequence(...[1, 2, 3].map(() => derElement(TAG.utcTime, utf8('230101000000Z')))) }),
    ],
    ['a name that is no name', leafWith({ 5: derSequence(derNull()) })],
    ['an empty set in a name', leafWith({ 5: derSequence(derElement(TAG.set)) })],
    ['an issuer id', leafWith({ 7: derElement(contextPrimitive(1), new Uint8Array([0, 1])) })],
    ['bytes after the extensions', leafWith({ 7: Uint8Array.from([...extensions!, ...derNull()]) })],
    ['bytes after the certificate', Uint8Array.from([...leaf.der, 0])],
    ['no signature', derSequence(derSequence(...partsOf(leaf.der)), ...outer(leaf.der).slice(0, 1))],
    ['an empty list of extensions', withExtensions()],
    [
      '65 extensions',
      withExtensions(...Array.from({ length: 65 }, (_, n) => extension(`1.2.${n}`, derNull()))),
    ],
    ['an extension twice', withExtensions(extension('1.2.3', derNull()), extension('1.2.3', derNull()))],
    ['criticality spelt out as false', withExtensions(extension('1.2.3', derNull(), derBoolean(false)))],
    ['criticality twice', withExtensions(extension('1.2.3', derNull(), derBoolean(true), derBoolean(true)))],
    ['more than 64 KiB', withExtensions(extension('1.2.3', new Uint8Array(65_536)))],
    ['nothing', new Uint8Array()],
    ['the version alone', version!],
    ['the serial alone', serial!],
    ['the algorithm alone', algorithm!],
  ])('refuses %s', (_name, der) => {
    expect(() => parseCertificate(der)).toThrow(malformed)
  })

  it.each([
    OID.basicConstraints,
    OID.keyUsage,
    OID.extendedKeyUsage,
    OID.subjectAlternativeName,
    OID.subjectKeyId,
    OID.authorityKeyId,
  ])('refuses at once an extension %s that cannot be read later', (oid) => {
    expect(() => parseCertificate(withExtensions(extension(oid, derNull())))).toThrow(malformed)
  })

  it.each([127, 128, 255, 256, 65_000])('reads an extension of %i bytes', (length) => {
    const value = new Uint8Array(length).fill(5)
    const read = parseCertificate(withExtensions(extension('1.2.3', value, derBoolean(true))))
    expect(read.extensions).toEqual([{ oid: '1.2.3', isCritical: true, value }])
  })

  it('never fails with anything but its own error', () => {
    const attempt = (der: Uint8Array): void => {
      try {
        const certificate = parseCertificate(der)
        embeddedScts(certificate)
        fulcioExtension(certificate, 8)
      } catch (error) {
        expect(error).toBeInstanceOf(WheelsealError)
        expect(error).toEqual(malformed)
      }
    }
    fc.assert(fc.property(fc.uint8Array(), attempt))
    const change = fc.record({ at: fc.nat({ max: leaf.der.length - 1 }), octet: fc.nat({ max: 255 }) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat({ max: 4 }), (changes, cut) => {
        const der = Uint8Array.from(leaf.der.subarray(0, leaf.der.length - cut))
        for (const { at, octet } of changes) der[at] = octet
        attempt(der)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('extensions', () => {
  const reading =
    <Value>(oid: string, read: (certificate: ReturnType<typeof parseCertificate>) => Value) =>
    (value: Uint8Array): Value =>
      read(parseCertificate(withExtensions(extension(oid, value))))
  const constraints = reading('2.5.29.19', basicConstraints)
  const usages = reading('2.5.29.15', keyUsages)
  const purposes = reading('2.5.29.37', extendedKeyUsages)
  const names = reading('2.5.29.17', subjectAlternativeNames)
  const keyId = reading('2.5.29.35', authorityKeyId)
  const context = (number: number, text: string): Uint8Array =>
    derElement(contextPrimitive(number), utf8(text))

  it('of the profile read back', () => {
    expect(keyUsages(leaf)).toEqual(new Set(['digitalSignature']))
    expect(keyUsages(root)).toEqual(new Set(['keyCertSign', 'cRLSign']))
    expect(extendedKeyUsages(leaf)).toEqual(['1.3.6.1.5.5.7.3.3'])
    expect(extendedKeyUsages(root)).toEqual([])
    expect(basicConstraints(root)).toEqual({ isAuthority: true, pathLength: undefined })
    expect(basicConstraints(intermediate)).toEqual({ isAuthority: true, pathLength: 0 })
    expect(basicConstraints(leaf)).toEqual({ isAuthority: false, pathLength: undefined })
    expect(authorityKeyId(leaf)).toEqual(subjectKeyId(intermediate))
    expect(authorityKeyId(root)).toBeUndefined()
    expect(subjectAlternativeNames(root)).toEqual([])
    expect(fulcioExtension(leaf, 1)).toBe('https://gitlab.example')
    expect(fulcioExtension(leaf, 8)).toBe('https://gitlab.example')
    expect(fulcioExtension(leaf, 9)).toBeUndefined()
  })

  it('names of every kind are read', () => {
    const other = derElement(contextConstructed(4), derSequence())
    expect(
      names(derSequence(context(6, 'https://a/b'), context(1, 'a@b'), context(2, 'a.b'), other)),
    ).toEqual([
      { kind: 'uri', value: 'https://a/b' },
      { kind: 'email', value: 'a@b' },
      { kind: 'dns', value: 'a.b' },
      { kind: 'other', value: encodeHex(other) },
    ])
  })

  it.each([
    ['a NUL in a URI', () => names(derSequence(context(6, 'https://good.example\0.evil')))],
    ['a line break in a URI', () => names(derSequence(context(6, 'https://good.example\n')))],
    ['letters beyond ASCII in a URI', () => names(derSequence(context(6, 'https://göod.example')))],
    ['a control character in an e-mail address', () => names(derSequence(context(1, 'a\u007fb')))],
    ['no names', () => names(derSequence())],
    ['17 names', () => names(derSequence(...Array.from({ length: 17 }, () => context(6, 'a'))))],
    ['a name of a kind that is not', () => names(derSequence(context(9, 'a')))],
    ['a name that is a string', () => names(derSequence(derUtf8String('a')))],
    ['CA:FALSE spelt out', () => constraints(derSequence(derBoolean(false)))],
    [
      'a path length in a certificate that is not a CA certificate',
      () => constraints(derSequence(derSmallInteger(1))),
    ],
    [
      'a negative path length',
      () => constraints(derSequence(derBoolean(true), derElement(TAG.integer, new Uint8Array([0xff])))),
    ],
    ['constraints that are a null', () => constraints(derNull())],
    ['usage bits with a trailing zero', () => usages(derElement(TAG.bitString, new Uint8Array([0, 0x80])))],
    ['usages followed by bytes', () => usages(Uint8Array.from([...derNamedBits([0]), 0]))],
    ['no purposes', () => purposes(derSequence())],
    ['33 purposes', () => purposes(derSequence(...Array.from({ length: 33 }, () => derOid('1.2.3'))))],
    ['a key id that is a sequence', () => keyId(derSequence(derSequence()).subarray(1))],
  ])('refuse %s', (_name, read) => {
    expect(read).toThrow(malformed)
  })

  it('an authority key id may be absent, or have its issuer beside it', () => {
    expect(keyId(derSequence())).toBeUndefined()
    expect(keyId(derSequence(context(0, 'id'), derElement(contextConstructed(1)), context(2, 'n')))).toEqual(
      utf8('id'),
    )
  })

  it.each([
    ['not DER', 8, utf8('https://gitlab.example')],
    ['another string type', 8, derElement(TAG.ia5String, utf8('a'))],
    ['bytes after the text', 9, Uint8Array.from([...derUtf8String('a'), 0])],
    ['not UTF-8', 8, derElement(TAG.utf8String, new Uint8Array([0xff]))],
    ['not UTF-8, in the old form', 1, new Uint8Array([0xff])],
  ])('of Fulcio refuse a value that is %s', (_name, arc, value) => {
    const certificate = parseCertificate(withExtensions(extension(`1.3.6.1.4.1.57264.1.${arc}`, value)))
    expect(() => fulcioExtension(certificate, arc)).toThrow(malformed)
  })

  it('of Fulcio may hold text of any length and script', () => {
    const value = `größe ${'x'.repeat(300)}`
    const extensions = [{ arc: 24, value }]
    const certificate = parseCertificate(
      makeLeaf(intermediate, { extensions, notBeforeSeconds: NOW }).complete([sct]),
    )
    expect(fulcioExtension(certificate, 24)).toBe(value)
  })
})
