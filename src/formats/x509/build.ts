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

export interface ServerRootRequest extends RootRequest {
  /** Lower-case host names. Those below them are permitted too, which no constraint can leave out. */
  readonly hosts: readonly string[]
}

export interface ServerLeafRequest extends IssuedRequest {
  readonly host: string
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

/** What stands before the extensions. */
interface Subject extends Issuance {
  readonly issuerDer: Uint8Array
  readonly subjectDer: Uint8Array
  readonly spki: Uint8Array
}

const CA_USAGES: readonly KeyUsage[] = ['keyCertSign', 'cRLSign']
const LAST_RAW_ARC = 6
/** Kinds of GeneralName (RFC 5280 §4.2.1.6). */
const DNS_NAME = 2
const IP_ADDRESS = 7

/** Self-signed, CA:TRUE, no extended key usage (Fulcio certificate specification). */
export function buildRoot({ name, key, spki, ...issuance }: RootRequest): Uint8Array {
  const subjectDer = encodeName(name)
  const extensions = [keyUsage(CA_USAGES), authorityConstraints(), subjectKey(spki)]
  return certify({ ...issuance, issuerDer: subjectDer, subjectDer, spki }, extensions, key)
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
  const subject = { ...issuance, issuerDer: issuer.subjectDer, subjectDer: encodeName(name), spki }
  return certify(subject, extensions, issuerKey)
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
  const subject = { ...issuance, issuerDer: issuer.subjectDer, subjectDer: encodeName(name), spki }
  return certify(subject, extensions, issuerKey)
}

/** For TLS servers of these host names and of nothing else, as a critical constraint; path length 0 (RFC 5280 §4.2.1.10). */
export function buildServerRoot({ name, key, spki, hosts, ...issuance }: ServerRootRequest): Uint8Array {
  const subjectDer = encodeName(name)
  const extensions = [
    keyUsage(CA_USAGES),
    serverAuthentication(),
    authorityConstraints(0),
    nameConstraints(hosts),
    subjectKey(spki),
  ]
  return certify({ ...issuance, issuerDer: subjectDer, subjectDer, spki }, extensions, key)
}

/** For one TLS server. */
export function buildServerLeaf({ host, ...request }: ServerLeafRequest): Uint8Array {
  const { name, spki, issuer, issuerKey, ...issuance } = request
  const extensions = [
    keyUsage(['digitalSignature']),
    serverAuthentication(),
    extension(OID.basicConstraints, true, derSequence()),
    subjectKey(spki),
    authorityKey(issuer),
    extension(OID.subjectAlternativeName, false, derSequence(dnsName(host))),
  ]
  const subject = { ...issuance, issuerDer: issuer.subjectDer, subjectDer: encodeName(name), spki }
  return certify(subject, extensions, issuerKey)
}

/** Fulcio's leaf: empty subject, one critical URI, everything else in the order of stock Fulcio. */
export function buildLeaf({ issuer, issuerKey, spki, uri, ...request }: LeafRequest): PendingLeaf {
  const subject = { ...request, issuerDer: issuer.subjectDer, subjectDer: derSequence(), spki }
  const fields = encodeSubject(subject, issuerKey)
  const extensions = [
    keyUsage(['digitalSignature']),
    codeSigning(),
    subjectKey(spki),
    authorityKey(issuer),
    extension(OID.subjectAlternativeName, true, derSequence(derImplicit(6, utf8(uri)))),
    ...request.extensions.map(({ arc, value }) => fulcioExtension(arc, value)),
  ]
  const signWith = (last: Uint8Array): Uint8Array =>
    signCertificate(encodeTbs(fields, [...extensions, last]), issuerKey)
  return {
    tbs: encodeTbs(fields, extensions),
    precertificate: signWith(extension(OID.poison, true, derNull())),
    complete: (scts) => signWith(extension(OID.sctList, false, derOctetString(encodeSctList(scts)))),
  }
}

function certify(subject: Subject, extensions: readonly Uint8Array[], key: KeyObject): Uint8Array {
  return signCertificate(encodeTbs(encodeSubject(subject, key), extensions), key)
}

function signCertificate(tbs: Uint8Array, key: KeyObject): Uint8Array {
  const { hash, identifier } = signatureAlgorithm(key)
  return derSequence(tbs, identifier, derBitString(new Uint8Array(sign(hash, tbs, key))))
}

function encodeTbs(subject: readonly Uint8Array[], extensions: readonly Uint8Array[]): Uint8Array {
  return derSequence(...subject, derExplicit(3, derSequence(...extensions)))
}

function encodeSubject(subject: Subject, key: KeyObject): readonly Uint8Array[] {
  return [
    derExplicit(0, derSmallInteger(2)),
    derUnsigned(subject.serial),
    signatureAlgorithm(key).identifier,
    subject.issuerDer,
    derSequence(derTime(subject.notBeforeSeconds), derTime(subject.notAfterSeconds)),
    subject.subjectDer,
    subject.spki,
  ]
}

interface SignatureAlgorithm {
  readonly hash: string
  /** DER. */
  readonly identifier: Uint8Array
}

const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: { hash: 'sha256', identifier: derSequence(derOid(OID.ecdsaSha256)) },
  secp384r1: { hash: 'sha384', identifier: derSequence(derOid(OID.ecdsaSha384)) },
}

function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  const algorithm = ALGORITHMS[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (algorithm !== undefined) return algorithm
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

function serverAuthentication(): Uint8Array {
  return extension(OID.extendedKeyUsage, false, derSequence(derOid(OID.serverAuth)))
}

/** permittedSubtrees of DNS names; of IP addresses and everything else that is named, the excluded subtrees are all. */
function nameConstraints(hosts: readonly string[]): Uint8Array {
  const permitted = hosts.map((host) => derSequence(dnsName(host)))
  const excluded = [8, 32].map((octets) => derSequence(derImplicit(IP_ADDRESS, new Uint8Array(octets))))
  return extension(
    OID.nameConstraints,
    true,
    derSequence(derExplicit(0, ...permitted), derExplicit(1, ...excluded)),
  )
}

function dnsName(host: string): Uint8Array {
  return derImplicit(DNS_NAME, utf8(host))
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
