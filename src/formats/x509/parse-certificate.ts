import { bytesEqual } from '../../base/index.ts'
import {
  contextConstructed,
  DerReader,
  readBoolean,
  readDer,
  readOctetsOfBits,
  readOid,
  readSmallInteger,
  readTime,
  readUnsigned,
  TAG,
  type DerElement,
} from '../der/index.ts'
import type { Certificate, Extension } from './certificate.ts'
import { parsing, x509Errors } from './errors.ts'
import { checkKnownExtensions } from './extensions.ts'
import { checkName } from './names.ts'

type Body = Omit<Certificate, 'der' | 'tbs' | 'isSelfIssued' | 'signatureAlgorithmOid' | 'signature'> & {
  readonly algorithm: DerElement
}

const MAX_CERTIFICATE_BYTES = 64 * 1024
const MAX_EXTENSIONS = 64
/** 160 random bits may need an octet for the sign. */
const MAX_SERIAL_BYTES = 21
const VERSION_3 = 2

/**
 * RFC 5280 §4.1, version 3 only, in strict DER. The extensions that verification reads are checked here; what only
 * concerns Sigstore (its own arc, the SCT list) is checked by its reader. Throws `x509.malformed`.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw x509Errors(
      'x509.malformed',
      `a certificate of ${der.length} bytes, at most ${MAX_CERTIFICATE_BYTES} are allowed`,
    )
  }
  const certificate = parsing('certificate', () => readDer(der, (content) => readCertificate(der, content)))
  checkKnownExtensions(certificate)
  return certificate
}

function readCertificate(der: Uint8Array, content: DerReader): Certificate {
  const tbs = content.read(TAG.sequence).encoded
  const outer = content.read(TAG.sequence)
  const signature = readOctetsOfBits(content.read(TAG.bitString))
  const { algorithm, ...body } = readDer(tbs, readBody)
  if (!bytesEqual(algorithm.encoded, outer.encoded)) {
    throw x509Errors('x509.malformed', 'the two signature algorithms in the certificate differ')
  }
  const signatureAlgorithmOid = readOid(new DerReader(outer.content).read(TAG.oid))
  const isSelfIssued = bytesEqual(body.issuerDer, body.subjectDer)
  return { ...body, der, tbs, isSelfIssued, signatureAlgorithmOid, signature }
}

function readBody(content: DerReader): Body {
  readVersion(content)
  const serial = readSerial(content.read(TAG.integer))
  const algorithm = content.read(TAG.sequence)
  const issuer = content.read(TAG.sequence)
  const validity = content.enter()
  const [notBeforeSeconds, notAfterSeconds] = [readTime(validity.read()), readTime(validity.read())]
  validity.end()
  const subject = content.read(TAG.sequence)
  checkName(issuer)
  checkName(subject)
  const spki = content.read(TAG.sequence).encoded
  const extensions = readExtensions(content)
  return {
    serial,
    algorithm,
    issuerDer: issuer.encoded,
    subjectDer: subject.encoded,
    notBeforeSeconds,
    notAfterSeconds,
    spki,
    extensions,
  }
}

function readVersion(content: DerReader): void {
  const version = content.enterOptional(contextConstructed(0))
  const number = version === undefined ? 0 : readSmallInteger(version.read(TAG.integer))
  version?.end()
  if (number !== VERSION_3) throw x509Errors('x509.malformed', `version ${number + 1}, only 3 is accepted`)
}

function readSerial(element: DerElement): Uint8Array {
  if (element.content.length > MAX_SERIAL_BYTES)
    throw x509Errors('x509.malformed', 'a serial number above 160 bits')
  return readUnsigned(element)
}

/** The unique identifiers of version 2 are not accepted, so extensions come next or nothing does. */
function readExtensions(content: DerReader): Extension[] {
  const outer = content.enterOptional(contextConstructed(3))
  if (outer === undefined) return []
  const list = outer.enter()
  outer.end()
  const extensions: Extension[] = []
  while (!list.isAtEnd) extensions.push(readExtension(list.enter()))
  const oids = new Set(extensions.map(({ oid }) => oid))
  if (oids.size !== extensions.length) throw x509Errors('x509.malformed', 'an extension occurs twice')
  if (extensions.length === 0 || extensions.length > MAX_EXTENSIONS) {
    throw x509Errors('x509.malformed', `${extensions.length} extensions, 1 to ${MAX_EXTENSIONS} are allowed`)
  }
  return extensions
}

function readExtension(content: DerReader): Extension {
  const oid = readOid(content.read(TAG.oid))
  const critical = content.readOptional(TAG.boolean)
  const isCritical = critical !== undefined && readBoolean(critical)
  // X.690 §11.5: a default value is not written.
  if (critical !== undefined && !isCritical)
    throw x509Errors('x509.malformed', 'a default value is encoded, which DER does not allow')
  const value = content.read(TAG.octetString).content
  content.end()
  return { oid, isCritical, value }
}
