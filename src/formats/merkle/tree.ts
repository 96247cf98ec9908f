import { sha256 } from '../../base/index.ts'
import { nodeHash } from './hashes.ts'

/** The complete subtree over the leaves [index · 2^level, (index + 1) · 2^level). Level 0 are the leaf hashes. */
export interface NodePosition {
  readonly level: number
  readonly index: number
}

export interface TreeNode extends NodePosition {
  readonly hash: Uint8Array
}

/** Gives the hash of a complete subtree, or rejects: a proof is never made from a guess. */
export type NodeReader = (level: number, index: number) => Promise<Uint8Array>

/** Leaves from `begin` up to `end`; `begin` is a multiple of the smallest power of two that holds them. */
export interface LeafRange {
  readonly begin: number
  readonly end: number
}

/** RFC 6962 §2.1: the hash of an empty tree. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array())

/** The root of the first `size` leaves. */
export function treeRoot(read: NodeReader, size: number): Promise<Uint8Array> {
  return size === 0 ? Promise.resolve(EMPTY_ROOT) : rangeRoot(read, { begin: 0, end: size })
}

/** MTH of RFC 6962 §2.1 over a range that is not empty. */
export async function rangeRoot(read: NodeReader, { begin, end }: LeafRange): Promise<Uint8Array> {
  const length = end - begin
  const level = Math.ceil(Math.log2(length))
  if (2 ** level === length) return read(level, begin / length)
  const middle = begin + splitPoint(length)
  const [left, right] = await Promise.all([
    rangeRoot(read, { begin, end: middle }),
    rangeRoot(read, { begin: middle, end }),
  ])
  return nodeHash(left, right)
}

/** The largest power of two that is smaller than `length`, which is at least 2. Sizes may pass 2^32: no bit operators. */
export function splitPoint(length: number): number {
  let power = 1
  while (power * 2 < length) power *= 2
  return power
}

/** The complete subtrees that a tree of `size` leaves consists of, left to right: all that its root and an append need. */
export function edgeNodes(size: number): readonly NodePosition[] {
  const nodes: NodePosition[] = []
  let level = 0
  for (let count = size; count > 0; count = Math.floor(count / 2)) {
    if (count % 2 === 1) nodes.unshift({ level, index: count - 1 })
    level += 1
  }
  return nodes
}

export interface Append {
  /** Reads nodes of the edge only. */
  readonly read: NodeReader
  /** Leaves before the append. */
  readonly size: number
  readonly leafHashes: readonly Uint8Array[]
}

/** Every complete subtree that the new leaves complete, the leaves themselves included: two a leaf in the long run. */
export async function appendedNodes({ read, size, leafHashes }: Append): Promise<readonly TreeNode[]> {
  const nodes: TreeNode[] = []
  let [first, hashes] = [size, leafHashes]
  for (let level = 0; hashes.length > 0; level += 1) {
    for (const [offset, hash] of hashes.entries()) nodes.push({ level, index: first + offset, hash })
    const sibling = first % 2 === 1 ? [await read(level, first - 1)] : []
    hashes = parents(sibling.concat(hashes))
    first = Math.floor(first / 2)
  }
  return nodes
}

function parents(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const result: Uint8Array[] = []
  for (let at = 0; at + 1 < hashes.length; at += 2) {
    const [left, right] = hashes.slice(at, at + 2)
    if (left !== undefined && right !== undefined) result.push(nodeHash(left, right))
  }
  return result
}
