import { concatBytes } from '../../base/index.ts'
import {
  contextConstructed,
  DerReader,
  readDer,
  readOid,
  readSmallInteger,
  TAG,
  type DerElement,
} from '../der/index.ts'
import { malformed, parsing } from './errors.ts'
import { readAlgorithm } from './hash.ts'
import { parseInfo, readSerial, type TimestampInfo } from './info.ts'
import { OID } from './oids.ts'
import { isSorted } from './set.ts'
import { readSigningCertificate, type SigningCertificate } from './signing-certificate.ts'
import { readStatus, STATUS, type TimestampStatus } from './status.ts'

/** The one SignerInfo (RFC 5652 §5.3). */
export interface TimestampSigner {
  readonly issuerDer: Uint8Array
  readonly serial: Uint8Array
  readonly digestOid: string
  readonly signatureOid: string
  /** By OID: the DER of the only value. */
  readonly attributes: ReadonlyMap<string, Uint8Array>
  /** The attribute signingCertificateV2. */
  readonly certificate: SigningCertificate | undefined
  /** What the signature is over: the attributes as the SET OF that they are. */
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
}

/** Nothing in it is proved before `verifyTimestamp` has said so. */
export interface TimestampToken {
  readonly info: TimestampInfo
  /** DER of `info`, which the attribute messageDigest is over. */
  readonly content: Uint8Array
  readonly signer: TimestampSigner
  /** DER of what the authority sent along. */
  readonly certificates: readonly Uint8Array[]
}

export type TimestampResponse =
  | { readonly isGranted: true; readonly token: TimestampToken }
  | ({ readonly isGranted: false } & TimestampStatus)

const MAX_RESPONSE_BYTES = 64 * 1024
const MAX_CERTIFICATES = 8
const MAX_ATTRIBUTES = 16
const SIGNED_DATA_VERSION = 3
const SIGNER_INFO_VERSION = 1

/**
 * A TimeStampResp in strict DER: granted without modifications, one signer named by issuer and serial number, signed
 * attributes in order, nothing unsigned. Throws `timestamp.malformed`.
 */
export function parseTimestampResponse(der: Uint8Array): TimestampResponse {
  if (der.length > MAX_RESPONSE_BYTES) {
    throw malformed(`a timestamp response of ${der.length} bytes, at most ${MAX_RESPONSE_BYTES} are allowed`)
  }
  return parsing('response', () => readDer(der, readResponse))
}

function readResponse(content: DerReader): TimestampResponse {
  const status = readStatus(content.read(TAG.sequence))
  const isGranted = status.status === STATUS.granted
  if (isGranted && status.failures.length === 0) return { isGranted, token: readToken(content) }
  // RFC 3161 §2.4.2: only a granted response may hold a token. One with modifications is none that was asked for.
  content.readOptional(TAG.sequence)
  return { ...status, isGranted: false }
}

function readToken(reader: DerReader): TimestampToken {
  const contentInfo = reader.enter()
  expectOid(contentInfo, OID.signedData)
  const outer = contentInfo.enter(contextConstructed(0))
  contentInfo.end()
  const signedData = outer.enter()
  outer.end()
  const token = readSignedData(signedData)
  signedData.end()
  return token
}

function readSignedData(fields: DerReader): TimestampToken {
  expectVersion(fields, SIGNED_DATA_VERSION)
  const digestOids = readSet(fields.enter(TAG.set), readAlgorithm)
  const content = readContent(fields.enter())
  const certificates = readCertificates(fields.enterOptional(contextConstructed(0)))
  const [signer, ...others] = readSet(fields.enter(TAG.set), (set) => readSigner(set.enter()))
  if (signer === undefined || others.length > 0) throw malformed('a timestamp must have exactly one signer')
  if (!digestOids.includes(signer.digestOid))
    throw malformed('the digest algorithm of the signer is not in the list of the response')
  return { info: parseInfo(content), content, signer, certificates }
}

function readContent(encapsulated: DerReader): Uint8Array {
  expectOid(encapsulated, OID.timestampInfo)
  const outer = encapsulated.enter(contextConstructed(0))
  encapsulated.end()
  const { content } = outer.read(TAG.octetString)
  outer.end()
  return content
}

function readCertificates(set: DerReader | undefined): Uint8Array[] {
  if (set === undefined) return []
  return readSet(set, (reader) => reader.read(TAG.sequence).encoded)
}

function readSigner(fields: DerReader): TimestampSigner {
  expectVersion(fields, SIGNER_INFO_VERSION)
  const name = fields.enter()
  const issuerDer = name.read(TAG.sequence).encoded
  const serial = readSerial(name.read(TAG.integer))
  name.end()
  const digestOid = readAlgorithm(fields)
  const attributes = fields.read(contextConstructed(0))
  const values = readAttributes(attributes)
  const certificate = values.get(OID.signingCertificateV2)
  const signatureOid = readAlgorithm(fields)
  const signature = fields.read(TAG.octetString).content
  fields.end()
  return {
    issuerDer,
    serial,
    digestOid,
    signatureOid,
    attributes: values,
    certificate: certificate === undefined ? undefined : readSigningCertificate(certificate),
    signedBytes: concatBytes(new Uint8Array([TAG.set]), attributes.encoded.subarray(1)),
    signature,
  }
}

/** Each once, with one value, in the order of DER: what is signed has one spelling. */
function readAttributes({ content }: DerElement): ReadonlyMap<string, Uint8Array> {
  const list = new DerReader(content)
  const elements: Uint8Array[] = []
  const attributes = new Map<string, Uint8Array>()
  while (!list.isAtEnd) {
    const element = list.read(TAG.sequence)
    elements.push(element.encoded)
    if (elements.length > MAX_ATTRIBUTES) throw malformed(`more than ${MAX_ATTRIBUTES} signed attributes`)
    const [oid, value] = readAttribute(new DerReader(element.content))
    if (attributes.has(oid)) throw malformed(`the signed attribute ${oid} occurs twice`)
    attributes.set(oid, value)
  }
  if (!isSorted(elements)) throw malformed('the signed attributes are not in DER order')
  return attributes
}

function readAttribute(fields: DerReader): [string, Uint8Array] {
  const oid = readOid(fields.read(TAG.oid))
  const values = fields.enter(TAG.set)
  fields.end()
  const { encoded } = values.read()
  values.end()
  return [oid, encoded]
}

function readSet<Value>(set: DerReader, read: (set: DerReader) => Value): Value[] {
  const values: Value[] = []
  while (!set.isAtEnd) {
    if (values.length === MAX_CERTIFICATES) throw malformed(`a set of more than ${MAX_CERTIFICATES} members`)
    values.push(read(set))
  }
  return values
}

function expectOid(reader: DerReader, expected: string): void {
  const found = readOid(reader.read(TAG.oid))
  if (found !== expected) throw malformed(`content of type ${found}, ${expected} is expected`)
}

function expectVersion(reader: DerReader, expected: number): void {
  const version = readSmallInteger(reader.read(TAG.integer))
  if (version !== expected) throw malformed(`version ${version}, ${expected} is expected`)
}
