import { concatBytes, sha256 } from '../../base/index.ts'

const LEAF = new Uint8Array([0])
const NODE = new Uint8Array([1])

/** RFC 6962 §2.1: the hash of one entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, entry))
}

/** RFC 6962 §2.1: the hash of two subtrees. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right))
}
