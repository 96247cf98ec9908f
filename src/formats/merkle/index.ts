/**
 * The mathematics of an append-only Merkle tree, RFC 6962 §2.1: SHA-256, leaves and nodes in separate domains.
 *
 * A log keeps the hashes of complete subtrees and hands them in as a `NodeReader`; `treeRoot`, `inclusionProof` and
 * `consistencyProof` read O(log n) of them for a tree of any size, and `appendedNodes` says which ones an append adds.
 * `verifyInclusion` and `verifyConsistency` need nothing but their arguments and are safe on an enemy's proof.
 * Nothing here stores, signs, or knows what a leaf means.
 */
export { leafHash, nodeHash } from './hashes.ts'
export {
  appendedNodes,
  edgeNodes,
  EMPTY_ROOT,
  treeRoot,
  type NodePosition,
  type NodeReader,
  type TreeNode,
} from './tree.ts'
export { consistencyProof, inclusionProof } from './proofs.ts'
export {
  verifyConsistency,
  verifyInclusion,
  type UnverifiedConsistency,
  type UnverifiedInclusion,
} from './verify.ts'
