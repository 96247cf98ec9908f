import { derOctetString, derSequence, DerReader, TAG } from '../der/index.ts'
import { derHashWithNull, hashOid, readAlgorithm, type TimestampHash } from './hash.ts'

/** The digest that is stamped. A response repeats `encoded`, to the byte. */
export interface MessageImprint {
  /** Dotted decimal, of any hash: who stamps and who verifies decide which they accept. */
  readonly hashOid: string
  readonly digest: Uint8Array
  /** DER. */
  readonly encoded: Uint8Array
}

/** For requests that did not come as DER. */
export function messageImprint(hash: TimestampHash, digest: Uint8Array): MessageImprint {
  const oid = hashOid(hash)
  return { hashOid: oid, digest, encoded: derSequence(derHashWithNull(oid), derOctetString(digest)) }
}

export function readImprint(reader: DerReader): MessageImprint {
  const { encoded, content } = reader.read(TAG.sequence)
  const fields = new DerReader(content)
  const oid = readAlgorithm(fields)
  const digest = fields.read(TAG.octetString).content
  fields.end()
  return { hashOid: oid, digest, encoded }
}
