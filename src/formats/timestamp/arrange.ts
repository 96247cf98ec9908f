/** For tests only: an authority, a request and a response that are as they should be, each part replaceable. */
import { sign, type KeyObject } from 'node:crypto'
import { sha256, utf8 } from '../../base/index.ts'
import {
  contextConstructed,
  derElement,
  derExplicit,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derUnsigned,
  TAG,
} from '../der/index.ts'
import { makeRoot, newKey, NOW, rootKey } from '../x509/arrange.ts'
import { buildTimestampLeaf, parseCertificate, type Certificate, type IssuedRequest } from '../x509/index.ts'
import { derAlgorithm } from './hash.ts'
import { encodeInfo, type TimestampInfo } from './info.ts'
import { messageImprint } from './imprint.ts'
import { OID } from './oids.ts'
import { parseTimestampResponse, type TimestampResponse } from './response.ts'
import { sortedSet } from './set.ts'

export { NOW, newKey }
const YEAR_SECONDS = 31_557_600
export const message: Uint8Array = utf8('the bytes of a signature')
export const root: Certificate = makeRoot()
export const leafKey = newKey()

export function makeTimestampLeaf(changes: Partial<IssuedRequest> = {}): Certificate {
  return parseCertificate(
    buildTimestampLeaf({
      name: { organization: 'example.test', commonName: 'tsa' },
      spki: leafKey.spki,
      issuer: root,
      issuerKey: rootKey.key,
      serial: sha256(utf8('tsa')).subarray(0, 20).with(0, 0x41),
      notBeforeSeconds: NOW - 300,
      notAfterSeconds: NOW + YEAR_SECONDS,
      ...changes,
    }),
  )
}
export const leaf: Certificate = makeTimestampLeaf()
export const chain: readonly Certificate[] = [leaf, root]

export const info: TimestampInfo = {
  policy: '1.3.6.1.4.1.57264.2',
  imprint: messageImprint('sha256', sha256(message)),
  serial: new Uint8Array(20).fill(0x41),
  timeSeconds: NOW,
  nonce: undefined,
}

export const attribute = (oid: string, ...values: readonly Uint8Array[]): Uint8Array =>
  derSequence(derOid(oid), derSet(...values))

/** Raw DER in the place of each field. `attributes` are sorted unless `order` says otherwise. */
export interface ResponseCraft {
  readonly status: readonly Uint8Array[]
  readonly contentType: string
  readonly version: Uint8Array
  readonly digests: readonly Uint8Array[]
  readonly encapsulated: Uint8Array
  readonly certificates: readonly Uint8Array[]
  readonly signers: number
  readonly afterSigners: readonly Uint8Array[]
  readonly signerVersion: Uint8Array
  readonly issuerDer: Uint8Array
  readonly serial: Uint8Array
  readonly digestAlgorithm: Uint8Array
  readonly digestAttribute: Uint8Array
  readonly typeAttribute: Uint8Array
  readonly certificateAttribute: Uint8Array
  readonly moreAttributes: readonly Uint8Array[]
  readonly isUnsorted: boolean
  readonly signatureAlgorithm: Uint8Array
  readonly hash: string
  readonly key: KeyObject
  readonly afterSignature: readonly Uint8Array[]
}

export const certificateId = (...parts: readonly Uint8Array[]): Uint8Array =>
  attribute(OID.signingCertificateV2, derSequence(derSequence(derSequence(...parts))))

/** A response whose signature holds over whatever the parts say. `content` is the DER of the TSTInfo. */
export function craft(
  changes: Partial<ResponseCraft> = {},
  content: Uint8Array = encodeInfo(info),
): Uint8Array {
  const parts: ResponseCraft = {
    status: [derSmallInteger(0)],
    contentType: OID.signedData,
    version: derSmallInteger(3),
    digests: [derAlgorithm(OID.sha256)],
    encapsulated: derSequence(derOid(OID.timestampInfo), derExplicit(0, derOctetString(content))),
    certificates: [],
    signers: 1,
    afterSigners: [],
    signerVersion: derSmallInteger(1),
    issuerDer: leaf.issuerDer,
    serial: derUnsigned(leaf.serial),
    digestAlgorithm: derAlgorithm(OID.sha256),
    digestAttribute: attribute(OID.messageDigest, derOctetString(sha256(content))),
    typeAttribute: attribute(OID.contentType, derOid(OID.timestampInfo)),
    certificateAttribute: certificateId(derOctetString(sha256(leaf.der))),
    moreAttributes: [],
    isUnsorted: false,
    signatureAlgorithm: derAlgorithm(OID.ecdsaSha256),
    hash: 'sha256',
    key: leafKey.key,
    afterSignature: [],
    ...changes,
  }
  const signedData = derSequence(
    parts.version,
    derSet(...parts.digests),
    parts.encapsulated,
    ...parts.certificates,
    derSet(...Array.from({ length: parts.signers }, () => signerInfo(parts))),
    ...parts.afterSigners,
  )
  return derSequence(
    derSequence(...parts.status),
    derSequence(derOid(parts.contentType), derExplicit(0, signedData)),
  )
}

function signerInfo(parts: ResponseCraft): Uint8Array {
  const attributes = [
    parts.typeAttribute,
    parts.digestAttribute,
    parts.certificateAttribute,
    ...parts.moreAttributes,
  ]
  const encode = (tag: number): Uint8Array =>
    parts.isUnsorted ? derElement(tag, ...attributes.toReversed()) : sortedSet(tag, attributes)
  return derSequence(
    parts.signerVersion,
    derSequence(parts.issuerDer, parts.serial),
    parts.digestAlgorithm,
    encode(contextConstructed(0)),
    parts.signatureAlgorithm,
    derOctetString(new Uint8Array(sign(parts.hash, encode(TAG.set), parts.key))),
    ...parts.afterSignature,
  )
}

export const crafted = (changes: Partial<ResponseCraft> = {}, content?: Uint8Array): TimestampResponse =>
  parseTimestampResponse(craft(changes, content))
