import { utf8Decode } from '../../base/index.ts'
import {
  contextPrimitive,
  DerReader,
  readBoolean,
  readDer,
  readNamedBits,
  readOid,
  readSmallInteger,
  readUtf8String,
  TAG,
} from '../der/index.ts'
import type { Certificate } from './certificate.ts'
import { parsing, x509Errors } from './errors.ts'
import { isGeneralName, readGeneralName, type GeneralName } from './names.ts'
import { OID } from './oids.ts'

export interface BasicConstraints {
  readonly isAuthority: boolean
  readonly pathLength: number | undefined
}

/** RFC 5280 §4.2.1.3: position in the list is the bit's number. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof KEY_USAGES)[number]

export function keyUsageBit(usage: KeyUsage): number {
  return KEY_USAGES.indexOf(usage)
}

export function basicConstraints(certificate: Certificate): BasicConstraints {
  return (
    readExtension(certificate, OID.basicConstraints, (value) => readDer(value, readConstraints)) ?? {
      isAuthority: false,
      pathLength: undefined,
    }
  )
}

/** Undefined when the certificate does not restrict its key. */
export function keyUsages(certificate: Certificate): ReadonlySet<KeyUsage> | undefined {
  return readExtension(certificate, OID.keyUsage, (value) => {
    const reader = new DerReader(value)
    const bits = readNamedBits(reader.read(TAG.bitString))
    reader.end()
    return new Set(KEY_USAGES.filter((_, bit) => bits.has(bit)))
  })
}

/** OIDs; empty when the extension is absent. */
export function extendedKeyUsages(certificate: Certificate): readonly string[] {
  return readExtension(certificate, OID.extendedKeyUsage, readKeyPurposes) ?? []
}

export function subjectAlternativeNames(certificate: Certificate): readonly GeneralName[] {
  return readExtension(certificate, OID.subjectAlternativeName, readNames) ?? []
}

export function subjectKeyId(certificate: Certificate): Uint8Array | undefined {
  return readExtension(certificate, OID.subjectKeyId, (value) => {
    const reader = new DerReader(value)
    const { content } = reader.read(TAG.octetString)
    reader.end()
    return content
  })
}

/** The key identifier of RFC 5280 §4.2.1.1; undefined when the extension is absent or holds none. */
export function authorityKeyId(certificate: Certificate): Uint8Array | undefined {
  return readExtension(certificate, OID.authorityKeyId, (value) =>
    readDer(value, (content) => {
      const id = content.readOptional(contextPrimitive(0))?.content
      while (!content.isAtEnd) content.read()
      return id
    }),
  )
}

/**
 * The extension `1.3.6.1.4.1.57264.1.ARC` as text: raw bytes for .1 to .6, a DER UTF8String from .8 on. Undefined when
 * absent. Throws `x509.malformed`.
 */
export function fulcioExtension(certificate: Certificate, arc: number): string | undefined {
  const oid = FULCIO_ARCS[arc] ?? `${OID.fulcio}.${arc}`
  return readExtension(certificate, oid, (value) => {
    if (arc <= LAST_RAW_ARC) return readRawText(value)
    const reader = new DerReader(value)
    const text = readUtf8String(reader.read(TAG.utf8String))
    reader.end()
    return text
  })
}

/** Throws `x509.malformed` when an extension that verification relies on cannot be read. */
export function checkKnownExtensions(certificate: Certificate): void {
  basicConstraints(certificate)
  keyUsages(certificate)
  extendedKeyUsages(certificate)
  subjectAlternativeNames(certificate)
  subjectKeyId(certificate)
  authorityKeyId(certificate)
}

const LAST_RAW_ARC = 6
/** The texts of those that every verification asks for. */
const FULCIO_ARCS = Array.from({ length: 25 }, (_, arc) => `${OID.fulcio}.${arc}`)
const MAX_NAMES = 16
const MAX_PURPOSES = 32

function readExtension<Value>(
  { extensions }: Certificate,
  oid: string,
  read: (value: Uint8Array) => Value,
): Value | undefined {
  const extension = extensions.find((candidate) => candidate.oid === oid)
  return extension === undefined ? undefined : parsing(`extension ${oid}`, () => read(extension.value))
}

function readConstraints(content: DerReader): BasicConstraints {
  const authority = content.readOptional(TAG.boolean)
  const isAuthority = authority !== undefined && readBoolean(authority)
  const length = content.readOptional(TAG.integer)
  const pathLength = length === undefined ? undefined : readSmallInteger(length)
  if (authority !== undefined && !isAuthority)
    throw x509Errors('x509.malformed', 'a default value is encoded, which DER does not allow')
  if (!isAuthority && pathLength !== undefined)
    throw x509Errors('x509.malformed', 'a path length in a certificate that is not a CA certificate')
  return { isAuthority, pathLength }
}

function readKeyPurposes(value: Uint8Array): string[] {
  return readDer(value, (content) => {
    const purposes: string[] = []
    while (!content.isAtEnd) purposes.push(readOid(content.read(TAG.oid)))
    checkCount(purposes.length, MAX_PURPOSES)
    return purposes
  })
}

function readNames(value: Uint8Array): GeneralName[] {
  return readDer(value, (content) => {
    const names: GeneralName[] = []
    while (!content.isAtEnd) {
      const element = content.read()
      if (!isGeneralName(element)) throw x509Errors('x509.malformed', 'not a general name')
      names.push(readGeneralName(element))
    }
    checkCount(names.length, MAX_NAMES)
    return names
  })
}

function checkCount(count: number, most: number): void {
  if (count === 0 || count > most)
    throw x509Errors('x509.malformed', `${count} members, 1 to ${most} are allowed`)
}

function readRawText(value: Uint8Array): string {
  try {
    return utf8Decode(value)
  } catch (cause) {
    throw x509Errors('x509.malformed', 'a text that is not UTF-8', { cause })
  }
}
