import { bytesEqual } from '../../base/index.ts'
import { nodeHash } from './hashes.ts'

/** Each member may be an enemy's, but for what the caller has verified by other means. */
export interface UnverifiedInclusion {
  readonly leafHash: Uint8Array
  readonly index: number
  readonly size: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

export interface UnverifiedConsistency {
  readonly first: number
  readonly second: number
  readonly firstRoot: Uint8Array
  readonly secondRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

const HASH_BYTES = 32

/** RFC 9162 §2.1.3.2 (the tree is that of RFC 6962). */
export function verifyInclusion({ leafHash, index, size, proof, root }: UnverifiedInclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leafHash, root, ...proof]))
    return false
  let [position, last, hash] = [index, size - 1, leafHash]
  for (const sibling of proof) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash)
      ;[position, last] = skipMissing(position, last)
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && bytesEqual(hash, root)
}

/** RFC 9162 §2.1.4.2. An empty tree has no proof: everything is consistent with it, and nothing is shown. */
export function verifyConsistency(unverified: UnverifiedConsistency): boolean {
  const { first, second, firstRoot, secondRoot, proof } = unverified
  if (!isCount(first) || !isCount(second) || first === 0 || first > second) return false
  if (!areHashes([firstRoot, secondRoot, ...proof])) return false
  if (first === second) return proof.length === 0 && bytesEqual(firstRoot, secondRoot)
  return foldConsistency(unverified)
}

function foldConsistency({ first, second, firstRoot, secondRoot, proof }: UnverifiedConsistency): boolean {
  const [start, ...rest] = isPowerOfTwo(first) ? [firstRoot, ...proof] : proof
  if (start === undefined) return false
  let [position, last] = [first - 1, second - 1]
  while (position % 2 === 1) [position, last] = [half(position), half(last)]
  let [oldHash, newHash] = [start, start]
  for (const sibling of rest) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      ;[oldHash, newHash] = [nodeHash(sibling, oldHash), nodeHash(sibling, newHash)]
      ;[position, last] = skipMissing(position, last)
    } else {
      newHash = nodeHash(newHash, sibling)
    }
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && bytesEqual(oldHash, firstRoot) && bytesEqual(newHash, secondRoot)
}

/** On the right edge of a tree that is not full, levels without a sibling are passed over. */
function skipMissing(position: number, last: number): [number, number] {
  let [at, end] = [position, last]
  while (at % 2 === 0 && at !== 0) [at, end] = [half(at), half(end)]
  return [at, end]
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isPowerOfTwo(value: number): boolean {
  let rest = value
  while (rest % 2 === 0) rest /= 2
  return rest === 1
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === HASH_BYTES)
}
