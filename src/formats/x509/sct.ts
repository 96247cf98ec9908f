import { bytesEqual, concatBytes, Cursor, joinBytes } from '../../base/index.ts'
import {
  contextConstructed,
  derExplicit,
  derOid,
  DerReader,
  derSequence,
  readDer,
  TAG,
} from '../der/index.ts'
import type { Certificate } from './certificate.ts'
import { parsing, x509Errors } from './errors.ts'
import { OID } from './oids.ts'

/** RFC 6962 §3.2, version 1, signed with ECDSA and SHA-256 as Sigstore's logs do. */
export interface SignedCertificateTimestamp {
  readonly version: 0
  /** SHA-256 of the log's SPKI. */
  readonly logId: Uint8Array
  readonly timestampMs: number
  readonly extensions: Uint8Array
  /** ECDSA, DER. */
  readonly signature: Uint8Array
}

/** What a log vouches for: that this precertificate came to it at this time. */
export interface LoggedPrecertificate {
  readonly timestampMs: number
  /** SHA-256 of the issuer's SPKI. */
  readonly issuerKeyHash: Uint8Array
  /** Without poison and without SCT list: `precertificateTbs`. */
  readonly tbs: Uint8Array
  readonly extensions: Uint8Array
}

const LOG_ID_BYTES = 32
const POISON = derOid(OID.poison)
const SCT_LIST = derOid(OID.sctList)
/** SignatureAndHashAlgorithm of RFC 5246 §7.4.1.4.1: sha256, ecdsa. */
const SHA256_ECDSA = new Uint8Array([4, 3])
const PRECERT_ENTRY = new Uint8Array([0, 1])

/** The SCTs of a certificate's list; empty when it has none. Throws `x509.malformed`. */
export function embeddedScts({ extensions }: Certificate): readonly SignedCertificateTimestamp[] {
  const extension = extensions.find(({ oid }) => oid === OID.sctList)
  if (extension === undefined) return []
  return parsing('SCT list', () => {
    const outer = new DerReader(extension.value)
    const { content } = outer.read(TAG.octetString)
    outer.end()
    return parseSctList(content)
  })
}

/** SignedCertificateTimestampList of RFC 6962 §3.3, as it stands in the OCTET STRING of the extension. */
export function encodeSctList(scts: readonly SignedCertificateTimestamp[]): Uint8Array {
  return vector(2, joinBytes(scts.map((sct) => vector(2, encodeSct(sct)))))
}

/** The input of the SCT's signature: `digitally-signed struct` of RFC 6962 §3.2 for a precertificate. */
export function sctSignedBytes(entry: LoggedPrecertificate): Uint8Array {
  const [version, signatureType] = [0, 0]
  return concatBytes(new Uint8Array([version, signatureType]), timestampedEntry(entry))
}

/** MerkleTreeLeaf of RFC 6962 §3.4 for a precertificate. */
export function merkleTreeLeaf(entry: LoggedPrecertificate): Uint8Array {
  const [version, leafType] = [0, 0]
  return concatBytes(new Uint8Array([version, leafType]), timestampedEntry(entry))
}

/** RFC 6962 §3.2: the TBS without poison and SCT list, every other byte as it stands. Throws `x509.malformed`. */
export function precertificateTbs({ tbs }: Certificate): Uint8Array {
  return parsing('precertificate', () => readDer(tbs, withoutCtExtensions))
}

function withoutCtExtensions(content: DerReader): Uint8Array {
  const kept: Uint8Array[] = []
  while (!content.isAtEnd) {
    const element = content.read()
    if (element.tag === contextConstructed(3)) kept.push(...filterExtensions(element.content))
    else kept.push(element.encoded)
  }
  return derSequence(...kept)
}

function filterExtensions(explicit: Uint8Array): Uint8Array[] {
  const list = new DerReader(explicit).enter()
  const kept: Uint8Array[] = []
  while (!list.isAtEnd) {
    const { content, encoded } = list.read(TAG.sequence)
    const oid = new DerReader(content).read(TAG.oid).encoded
    if (!bytesEqual(oid, POISON) && !bytesEqual(oid, SCT_LIST)) kept.push(encoded)
  }
  return kept.length === 0 ? [] : [derExplicit(3, derSequence(...kept))]
}

function parseSctList(bytes: Uint8Array): SignedCertificateTimestamp[] {
  const outer = new Cursor(bytes)
  const list = new Cursor(outer.vector(2))
  outer.end()
  const scts: SignedCertificateTimestamp[] = []
  while (list.remaining > 0) scts.push(parseSct(list.vector(2)))
  if (scts.length === 0) throw x509Errors('x509.malformed', 'no entries')
  return scts
}

function parseSct(bytes: Uint8Array): SignedCertificateTimestamp {
  const cursor = new Cursor(bytes)
  const version = cursor.uint(1)
  if (version !== 0) throw x509Errors('x509.malformed', `version ${version + 1}, only 1 is known`)
  const logId = cursor.take(LOG_ID_BYTES)
  const timestampMs = Number(cursor.uint64())
  if (!Number.isSafeInteger(timestampMs))
    throw x509Errors('x509.malformed', 'an SCT time above 2^53 milliseconds')
  const extensions = cursor.vector(2)
  const algorithm = cursor.take(2)
  if (!bytesEqual(algorithm, SHA256_ECDSA))
    throw x509Errors('x509.malformed', 'an SCT that is not signed with ECDSA and SHA-256')
  const signature = cursor.vector(2)
  cursor.end()
  return { version, logId, timestampMs, extensions, signature }
}

function encodeSct({
  version,
  logId,
  timestampMs,
  extensions,
  signature,
}: SignedCertificateTimestamp): Uint8Array {
  return concatBytes(
    new Uint8Array([version]),
    logId,
    uint(8, timestampMs),
    vector(2, extensions),
    SHA256_ECDSA,
    vector(2, signature),
  )
}

function timestampedEntry({ timestampMs, issuerKeyHash, tbs, extensions }: LoggedPrecertificate): Uint8Array {
  return concatBytes(
    uint(8, timestampMs),
    PRECERT_ENTRY,
    issuerKeyHash,
    vector(3, tbs),
    vector(2, extensions),
  )
}

/** A TLS vector. Throws RangeError when the content is longer than its length field can say. */
function vector(width: 2 | 3, content: Uint8Array): Uint8Array {
  return concatBytes(uint(width, content.length), content)
}

function uint(width: number, value: number): Uint8Array {
  if (value < 0 || value >= 256 ** width) throw new RangeError(`${value} does not fit in ${width} bytes`)
  const bytes = new Uint8Array(width)
  for (let at = width - 1, rest = value; at >= 0; at -= 1, rest = Math.floor(rest / 256))
    bytes[at] = rest % 256
  return bytes
}
