import { createHash, sign, type KeyObject } from 'node:crypto'
import {
  contextPrimitive,
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derImplicit,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  derTime,
  derUnsigned,
  derUtf8String,
  readDer,
  readOctetsOfBits,
  TAG,
} from '../der/index.ts'
import { utf8 } from '../../base/index.ts'
import type { Certificate } from './certificate.ts'
import { keyUsageBit, subjectKeyId, type KeyUsage } from './extensions.ts'
import { encodeName, type DistinguishedName } from './names.ts'
import { OID } from './oids.ts'
import { encodeSctList, type SignedCertificateTimestamp } from './sct.ts'

/** What every certificate that is issued here needs. */
interface Issuance {
  /** Big-endian magnitude, at most 20 bytes with the top bit clear (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array
  readonly notBeforeSeconds: number
  readonly notAfterSeconds: number
}

export interface RootRequest extends Issuance {
  readonly name: DistinguishedName
  /** EC P-256 or P-384. */
  readonly key: KeyObject
  readonly spki: Uint8Array
}

/** For a certificate with a name under another one. */
export interface IssuedRequest extends Issuance {
  readonly name: DistinguishedName
  readonly spki: Uint8Array
  readonly issuer: Certificate
  readonly issuerKey: KeyObject
}

export interface LeafRequest extends Issuance {
  readonly spki: Uint8Array
  readonly issuer: Certificate
  readonly issuerKey: KeyObject
  /** The only subject alternative name. */
  readonly uri: string
  /** Sigstore's arc below `1.3.6.1.4.1.57264.1`, ascending. */
  readonly extensions: readonly { readonly arc: number; readonly value: string }[]
}

/** A leaf between its two signatures. */
export interface PendingLeaf {
  /** What a CT log puts in its leaf: without poison, without SCT list. */
  readonly tbs: Uint8Array
  /** DER, poisoned and signed. */
  readonly precertificate: Uint8Array
  /** DER of the final certificate: the same bytes with the SCT list in the poison's place. */
  complete(scts: readonly SignedCertificateTimestamp[]): Uint8Array
}

interface Tbs extends Issuance {
  readonly issuerDer: Uint8Array
  readonly subjectDer: Uint8Array
  readonly spki: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

const CA_USAGES: readonly KeyUsage[] = ['keyCertSign', 'cRLSign']
const LAST_RAW_ARC = 6

/** Self-signed, CA:TRUE, no extended key usage (Fulcio certificate specification). */
export function buildRoot({ name, key, spki, ...issuance }: RootRequest): Uint8Array {
  const subjectDer = encodeName(name)
  const extensions = [keyUsage(CA_USAGES), authorityConstraints(), subjectKey(spki)]
  return signCertificate({ ...issuance, issuerDer: subjectDer, subjectDer, spki, extensions }, key)
}

/** CA:TRUE with path length 0, for code signing only. */
export function buildIntermediate(request: IssuedRequest): Uint8Array {
  const { name, spki, issuer, issuerKey, ...issuance } = request
  const extensions = [
    keyUsage(CA_USAGES),
    codeSigning(),
    authorityConstraints(0),
    subjectKey(spki),
    authorityKey(issuer),
  ]
  const tbs = { ...issuance, issuerDer: issuer.subjectDer, subjectDer: encodeName(name), spki, extensions }
  return signCertificate(tbs, issuerKey)
}

/** The certificate that signs timestamps: critical extended key usage time stamping and nothing else (RFC 3161 §2.3). */
export function buildTimestampLeaf(request: IssuedRequest): Uint8Array {
  const { name, spki, issuer, issuerKey, ...issuance } = request
  const extensions = [
    keyUsage(['digitalSignature']),
    extension(OID.extendedKeyUsage, true, derSequence(derOid(OID.timeStamping))),
    subjectKey(spki),
    authorityKey(issuer),
  ]
  const tbs = { ...issuance, issuerDer: issuer.subjectDer, subjectDer: encodeName(name), spki, extensions }
  return signCertificate(tbs, issuerKey)
}

/** Fulcio's leaf: empty subject, one critical URI, everything else in the order of stock Fulcio. */
export function buildLeaf({ issuer, issuerKey, spki, uri, ...request }: LeafRequest): PendingLeaf {
  const tbs: Tbs = {
    ...request,
    issuerDer: issuer.subjectDer,
    subjectDer: derSequence(),
    spki,
    extensions: [
      keyUsage(['digitalSignature']),
      codeSigning(),
      subjectKey(spki),
      authorityKey(issuer),
      extension(OID.subjectAlternativeName, true, derSequence(derImplicit(6, utf8(uri)))),
      ...request.extensions.map(({ arc, value }) => fulcioExtension(arc, value)),
    ],
  }
  const withLast = (last: Uint8Array): Tbs => ({ ...tbs, extensions: [...tbs.extensions, last] })
  return {
    tbs: encodeTbs(tbs, issuerKey),
    precertificate: signCertificate(withLast(extension(OID.poison, true, derNull())), issuerKey),
    complete: (scts) =>
      signCertificate(
        withLast(extension(OID.sctList, false, derOctetString(encodeSctList(scts)))),
        issuerKey,
      ),
  }
}

function signCertificate(tbs: Tbs, key: KeyObject): Uint8Array {
  const encoded = encodeTbs(tbs, key)
  const { hash, identifier } = signatureAlgorithm(key)
  return derSequence(encoded, identifier, derBitString(new Uint8Array(sign(hash, encoded, key))))
}

function encodeTbs(tbs: Tbs, key: KeyObject): Uint8Array {
  return derSequence(
    derExplicit(0, derSmallInteger(2)),
    derUnsigned(tbs.serial),
    signatureAlgorithm(key).identifier,
    tbs.issuerDer,
    derSequence(derTime(tbs.notBeforeSeconds), derTime(tbs.notAfterSeconds)),
    tbs.subjectDer,
    tbs.spki,
    derExplicit(3, derSequence(...tbs.extensions)),
  )
}

function signatureAlgorithm(key: KeyObject): { hash: string; identifier: Uint8Array } {
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (curve === 'prime256v1') return { hash: 'sha256', identifier: derSequence(derOid(OID.ecdsaSha256)) }
  if (curve === 'secp384r1') return { hash: 'sha384', identifier: derSequence(derOid(OID.ecdsaSha384)) }
  throw new TypeError('certificates are signed with a P-256 or P-384 key')
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), ...(isCritical ? [derBoolean(true)] : []), derOctetString(value))
}

function keyUsage(usages: readonly KeyUsage[]): Uint8Array {
  return extension(OID.keyUsage, true, derNamedBits(usages.map(keyUsageBit)))
}

function codeSigning(): Uint8Array {
  return extension(OID.extendedKeyUsage, false, derSequence(derOid(OID.codeSigning)))
}

function authorityConstraints(pathLength?: number): Uint8Array {
  const length = pathLength === undefined ? [] : [derSmallInteger(pathLength)]
  return extension(OID.basicConstraints, true, derSequence(derBoolean(true), ...length))
}

function subjectKey(spki: Uint8Array): Uint8Array {
  return extension(OID.subjectKeyId, false, derOctetString(keyId(spki)))
}

function authorityKey(issuer: Certificate): Uint8Array {
  const id = subjectKeyId(issuer) ?? keyId(issuer.spki)
  return extension(OID.authorityKeyId, false, derSequence(derElement(contextPrimitive(0), id)))
}

function fulcioExtension(arc: number, value: string): Uint8Array {
  return extension(`${OID.fulcio}.${arc}`, false, arc <= LAST_RAW_ARC ? utf8(value) : derUtf8String(value))
}

/** RFC 5280 §4.2.1.2, method 1: a name for the key and no security, hence SHA-1. */
function keyId(spki: Uint8Array): Uint8Array {
  const bits = readDer(spki, (content) => {
    content.read(TAG.sequence)
    return readOctetsOfBits(content.read(TAG.bitString))
  })
  return new Uint8Array(createHash('sha1').update(bits).digest())
}
