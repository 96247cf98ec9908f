/** Parsers of DER and PEM. What a strict parser accepts must be what its builder writes. */
import { bytesEqual, encodeHex } from '../../src/base/index.ts'
import * as der from '../../src/formats/der/index.ts'
import { parseEcdsaPublicKey, parseEcdsaSignature, verifyDigest } from '../../src/formats/ecdsa/index.ts'
import { chain, message as stamped } from '../../src/formats/timestamp/arrange.ts'
import {
  parseTimestampRequest,
  parseTimestampResponse,
  verifyTimestamp,
} from '../../src/formats/timestamp/index.ts'
import { intermediate, leafKey, NOW, root } from '../../src/formats/x509/arrange.ts'
import * as x509 from '../../src/formats/x509/index.ts'
import type { Target } from './run.ts'
import {
  certificates,
  message,
  request,
  requestPem,
  signature,
  spkis,
  timestampRequests,
  timestampResponses,
} from './seeds.ts'

const digest = new Uint8Array(32).fill(7)
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString(bytes.length % 3 === 0 ? 'latin1' : 'utf8')

export function mustEqual(what: string, read: Uint8Array, written: Uint8Array): void {
  if (!bytesEqual(read, written))
    throw new Error(`${what}: read ${encodeHex(read)}, written ${encodeHex(written)}`)
}

export function mustRefuse(isAccepted: boolean, what: string): void {
  if (isAccepted) throw new Error(`accepts ${what}`)
}

/** By tag: reads the value and writes it again. */
const VALUES: Readonly<Record<number, (element: der.DerElement) => Uint8Array>> = {
  [der.TAG.boolean]: (element) => der.derBoolean(der.readBoolean(element)),
  [der.TAG.integer]: (element) => der.derUnsigned(der.readUnsigned(element)),
  [der.TAG.bitString]: (element) => der.derBitString(der.readOctetsOfBits(element)),
  [der.TAG.octetString]: ({ content }) => der.derOctetString(content),
  [der.TAG.null]: (element) => (der.readNull(element), der.derNull()),
  [der.TAG.oid]: (element) => der.derOid(der.readOid(element)),
  [der.TAG.utf8String]: (element) => der.derUtf8String(der.readUtf8String(element)),
  [der.TAG.utcTime]: (element) => der.derTime(der.readTime(element)),
  [der.TAG.generalizedTime]: (element) => der.derTime(der.readTime(element)),
}

function walk(reader: der.DerReader): void {
  while (!reader.isAtEnd) {
    const tag = reader.nextTag ?? 0
    if ((tag & 0x20) === 0) {
      const element = reader.read()
      mustEqual('an element', der.derElement(tag, element.content), element.encoded)
      const again = VALUES[tag]?.(element)
      if (again !== undefined) mustEqual(`tag ${tag}`, element.encoded, again)
    } else {
      walk(reader.enter(tag))
    }
  }
}

function readNamedBits(bytes: Uint8Array): void {
  const element = new der.DerReader(bytes).read(der.TAG.bitString)
  const bits = [...der.readNamedBits(element)]
  if (bits.length > 0) mustEqual('named bits', element.encoded, der.derNamedBits(bits))
}

function readCertificate(bytes: Uint8Array): void {
  const certificate = x509.parseCertificate(bytes)
  mustEqual('a certificate', certificate.der, bytes)
  for (const read of [x509.basicConstraints, x509.keyUsages, x509.extendedKeyUsages, x509.authorityKeyId])
    read(certificate)
  x509.subjectAlternativeNames(certificate)
  x509.subjectKeyId(certificate)
  x509.precertificateTbs(certificate)
  const intermediates = [certificate, intermediate, certificate]
  for (const leaf of [certificate, intermediate]) {
    x509.checkChain({ leaf, intermediates, roots: [root, certificate], atSeconds: NOW + 1 })
  }
  for (let arc = 1; arc < 26; arc += 1) x509.fulcioExtension(certificate, arc)
  readScts(certificate)
}

function readScts(certificate: x509.Certificate): void {
  const scts = x509.embeddedScts(certificate)
  const value = certificate.extensions.find(({ oid }) => oid === x509.OID.sctList)?.value
  if (value !== undefined) mustEqual('an SCT list', value, der.derOctetString(x509.encodeSctList(scts)))
}

function readRequest(bytes: Uint8Array): void {
  const text = bytes[0] === der.TAG.sequence ? requestPem(bytes) : textOf(bytes)
  x509.provesPossession(x509.parseCertificateRequestPem(text))
}

function readPublicKey(bytes: Uint8Array): void {
  x509.verifyWithSpki(bytes, message, signature)
  const { key } = x509.parsePublicKey(bytes)
  const again = new Uint8Array(key.export({ type: 'spki', format: 'der' }))
  mustEqual('a public key', bytes, again)
}

function readEcdsa(bytes: Uint8Array): void {
  const pair = parseEcdsaSignature(bytes)
  if (pair !== undefined)
    mustEqual('a signature', bytes, der.derSequence(der.derUnsigned(pair.r), der.derUnsigned(pair.s)))
  const key = parseEcdsaPublicKey(bytes)
  if (key !== undefined) mustEqual('a point', bytes.subarray(-key.point.length), key.point)
  mustRefuse(verifyDigest({ spki: bytes, digest, signature }), 'a signature over something else')
  mustRefuse(verifyDigest({ spki: leafKey.spki, digest, signature: bytes }), 'another signature')
}

function readResponse(bytes: Uint8Array): void {
  verifyTimestamp({ response: parseTimestampResponse(bytes), stamped: { message: stamped }, chain })
}

const DER = ['der.malformed']
const X509 = ['x509.malformed']
const pem = (list: readonly Uint8Array[], write: (bytes: Uint8Array) => string): Uint8Array[] =>
  list.map((one) => bytesOf(write(one)))

export const derTargets: readonly Target[] = [
  {
    name: 'der',
    codes: DER,
    seeds: [...certificates, ...timestampResponses, ...spkis],
    read: (bytes) => walk(new der.DerReader(bytes)),
  },
  {
    name: 'named bits',
    codes: DER,
    seeds: [der.derNamedBits([0]), der.derNamedBits([5, 6]), der.derNamedBits([25])],
    read: readNamedBits,
  },
  { name: 'certificate', codes: X509, seeds: certificates, read: readCertificate },
  {
    name: 'certificates in PEM',
    codes: X509,
    seeds: [
      ...pem(certificates, x509.certificatePem),
      bytesOf(certificates.map(x509.certificatePem).join('\r\n')),
    ],
    read: (bytes) => void x509.parseCertificatesPem(textOf(bytes)),
  },
  {
    name: 'public key in PEM',
    codes: X509,
    seeds: pem(spkis, x509.publicKeyPem),
    read: (bytes) => void x509.parsePublicKeyPem(textOf(bytes)),
  },
  {
    name: 'certificate request',
    codes: X509,
    seeds: [request, bytesOf(requestPem(request))],
    read: readRequest,
  },
  { name: 'public key', codes: X509, seeds: spkis, read: readPublicKey },
  { name: 'ecdsa', codes: [], seeds: [signature, ...spkis], read: readEcdsa },
  {
    name: 'timestamp request',
    codes: ['timestamp.malformed'],
    seeds: timestampRequests,
    read: (bytes) => void parseTimestampRequest(bytes),
  },
  {
    name: 'timestamp response',
    codes: ['timestamp.malformed'],
    seeds: timestampResponses,
    read: readResponse,
  },
]
