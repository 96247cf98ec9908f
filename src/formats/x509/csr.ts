import { bytesEqual } from '../../base/index.ts'
import {
  contextConstructed,
  derNull,
  derOid,
  type DerReader,
  derSequence,
  readDer,
  readOctetsOfBits,
  readOid,
  readSmallInteger,
  TAG,
} from '../der/index.ts'
import { parsing, x509Errors } from './errors.ts'
import { checkName } from './names.ts'
import { OID } from './oids.ts'
import { parsePem } from './pem.ts'
import { parsePublicKey, type PublicKey } from './public-key.ts'
import { verifyWithSpki } from './signature.ts'

/** Byte arrays are views into the DER. Whom the request names and what it asks for is not read: nobody vouches for it. */
export interface CertificateRequest {
  /** What the key signed. */
  readonly info: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
}

const MAX_REQUEST_BYTES = 16 * 1024
const MAX_PEM_LENGTH = 2 * MAX_REQUEST_BYTES
const MAX_ATTRIBUTES = 16

/** AlgorithmIdentifier by kind of key: the hash of the key's size, as for every other proof of possession. */
const ALGORITHMS: Readonly<Record<PublicKey['kind'], Uint8Array>> = {
  'P-256': derSequence(derOid(OID.ecdsaSha256)),
  'P-384': derSequence(derOid(OID.ecdsaSha384)),
  'P-521': derSequence(derOid('1.2.840.10045.4.3.4')),
  rsa: derSequence(derOid('1.2.840.113549.1.1.11'), derNull()),
  ed25519: derSequence(derOid(OID.ed25519)),
}

/** Exactly one CERTIFICATE REQUEST block (RFC 7468 §7). Throws `x509.malformed`. */
export function parseCertificateRequestPem(text: string): CertificateRequest {
  if (text.length > MAX_PEM_LENGTH)
    throw x509Errors('x509.malformed', `a PEM file of ${text.length} characters`)
  const [der, ...others] = parsePem(text, 'CERTIFICATE REQUEST')
  if (der === undefined || others.length > 0)
    throw x509Errors('x509.malformed', 'more than one certificate request')
  return parseCertificateRequest(der)
}

/** RFC 2986 §4 in strict DER, with a key that `parsePublicKey` knows. Throws `x509.malformed`. */
export function parseCertificateRequest(der: Uint8Array): CertificateRequest {
  if (der.length > MAX_REQUEST_BYTES)
    throw x509Errors('x509.malformed', `a certificate request of ${der.length} bytes`)
  const request = parsing('certificate request', () => readDer(der, readRequest))
  parsePublicKey(request.spki)
  return request
}

/**
 * Whether the holder of the requested key signed the request, with the hash of the key's size (SHA-256 for P-256 and
 * RSA). Never throws. It tells nothing about when and for whom: the request holds neither time nor challenge.
 */
export function provesPossession({ info, spki, algorithm, signature }: CertificateRequest): boolean {
  return bytesEqual(algorithm, ALGORITHMS[parsePublicKey(spki).kind]) && verifyWithSpki(spki, info, signature)
}

function readRequest(content: DerReader): CertificateRequest {
  const info = content.read(TAG.sequence).encoded
  const algorithm = content.read(TAG.sequence).encoded
  const signature = readOctetsOfBits(content.read(TAG.bitString))
  return { info, spki: readDer(info, readInfo), algorithm, signature }
}

function readInfo(content: DerReader): Uint8Array {
  const version = readSmallInteger(content.read(TAG.integer))
  if (version !== 0) throw x509Errors('x509.malformed', `version ${version + 1}, only 1 is known`)
  checkName(content.read(TAG.sequence))
  const spki = content.read(TAG.sequence).encoded
  checkAttributes(content.enter(contextConstructed(0)))
  return spki
}

/** Walked for their form only. */
function checkAttributes(attributes: DerReader): void {
  for (let count = 1; !attributes.isAtEnd; count += 1) {
    if (count > MAX_ATTRIBUTES) throw x509Errors('x509.malformed', `more than ${MAX_ATTRIBUTES} attributes`)
    const attribute = attributes.enter()
    readOid(attribute.read(TAG.oid))
    const values = attribute.enter(TAG.set)
    attribute.end()
    do values.read()
    while (!values.isAtEnd)
  }
}
