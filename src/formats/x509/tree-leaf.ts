import { bytesEqual, concatBytes, Cursor } from '../../base/index.ts'

/** What a leaf of a CT log says of a precertificate, without its time: the same for each of its submissions. */
export interface PrecertificateOfLeaf {
  /** SHA-256 of the issuer's SPKI. */
  readonly issuerKeyHash: Uint8Array
  readonly tbs: Uint8Array
}

const HASH_BYTES = 32
/** Version 1, timestamped_entry. */
const LEAF_HEAD = new Uint8Array([0, 0])
const [X509_ENTRY, PRECERT_ENTRY] = [0, 1]

/** MerkleTreeLeaf of RFC 6962 §3.4 for a certificate. */
export function certificateTreeLeaf(timestampMs: number, der: Uint8Array): Uint8Array {
  const time = new DataView(new ArrayBuffer(8))
  time.setBigUint64(0, BigInt(timestampMs))
  const length = new Uint8Array([der.length >> 16, (der.length >> 8) & 0xff, der.length & 0xff])
  const noExtensions = new Uint8Array(2)
  return concatBytes(
    LEAF_HEAD,
    new Uint8Array(time.buffer),
    new Uint8Array([0, X509_ENTRY]),
    length,
    der,
    noExtensions,
  )
}

/** Undefined for a leaf of anything else. Throws `base.truncated` and `base.trailing` for what is no leaf. */
export function precertificateOfLeaf(leaf: Uint8Array): PrecertificateOfLeaf | undefined {
  const cursor = new Cursor(leaf)
  const isLeaf = bytesEqual(cursor.take(LEAF_HEAD.length), LEAF_HEAD)
  cursor.uint64()
  if (!isLeaf || cursor.uint(2) !== PRECERT_ENTRY) return undefined
  const precertificate = { issuerKeyHash: cursor.take(HASH_BYTES), tbs: cursor.vector(3) }
  cursor.vector(2)
  cursor.end()
  return precertificate
}
