import { hash, sign, type KeyObject } from 'node:crypto'
import {
  contextPrimitive,
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derTime,
  derUnsigned,
  derUtf8String,
  readDer,
  readOctetsOfBits,
  TAG,
} from '../der/index.ts'
import { subjectKeyId, type Certificate } from '../x509/index.ts'

export interface TimestampLeafRequest {
  readonly name: { readonly organization: string; readonly commonName: string }
  readonly spki: Uint8Array
  readonly issuer: Certificate
  /** P-256. */
  readonly issuerKey: KeyObject
  /** Big-endian magnitude, at most 20 bytes with the top bit clear (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array
  readonly notBeforeSeconds: number
  readonly notAfterSeconds: number
}

/** RFC 5280 §4.2.1, RFC 5758 §3.2, RFC 3161 §2.3. */
const OID = {
  organization: '2.5.4.10',
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const
const DIGITAL_SIGNATURE_BIT = 0
const VERSION_3 = 2

/** The certificate that signs timestamps: critical extended key usage time stamping and nothing else (RFC 3161 §2.3). */
export function buildTimestampLeaf({ issuerKey, ...request }: TimestampLeafRequest): Uint8Array {
  const tbs = encodeTbs(request)
  const signature = new Uint8Array(sign('sha256', tbs, issuerKey))
  return derSequence(tbs, derSequence(derOid(OID.ecdsaSha256)), derBitString(signature))
}

function encodeTbs({ name, spki, issuer, ...issuance }: Omit<TimestampLeafRequest, 'issuerKey'>): Uint8Array {
  return derSequence(
    derExplicit(0, derSmallInteger(VERSION_3)),
    derUnsigned(issuance.serial),
    derSequence(derOid(OID.ecdsaSha256)),
    issuer.subjectDer,
    derSequence(derTime(issuance.notBeforeSeconds), derTime(issuance.notAfterSeconds)),
    derSequence(attribute(OID.organization, name.organization), attribute(OID.commonName, name.commonName)),
    spki,
    derExplicit(
      3,
      derSequence(
        extension(OID.keyUsage, derBoolean(true), derNamedBits([DIGITAL_SIGNATURE_BIT])),
        extension(OID.extendedKeyUsage, derBoolean(true), derSequence(derOid(OID.timeStamping))),
        extension(OID.subjectKeyId, derOctetString(keyId(spki))),
        extension(OID.authorityKeyId, derSequence(derElement(contextPrimitive(0), issuerKeyId(issuer)))),
      ),
    ),
  )
}

function attribute(oid: string, text: string): Uint8Array {
  return derSet(derSequence(derOid(oid), derUtf8String(text)))
}

/** The last part is the value; a part before it says that the extension is critical. */
function extension(oid: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return derSequence(derOid(oid), ...parts.slice(0, -1), derOctetString(...parts.slice(-1)))
}

function issuerKeyId(issuer: Certificate): Uint8Array {
  return subjectKeyId(issuer) ?? keyId(issuer.spki)
}

/** RFC 5280 §4.2.1.2, method 1: a name for the key and no security, hence SHA-1. */
function keyId(spki: Uint8Array): Uint8Array {
  const bits = readDer(spki, (content) => {
    content.read(TAG.sequence)
    return readOctetsOfBits(content.read(TAG.bitString))
  })
  return new Uint8Array(hash('sha1', bits, 'buffer'))
}
