import type { TreeNode } from '../formats/merkle/index.ts'

export interface LogLeaf {
  readonly index: number
  readonly bytes: Uint8Array
  readonly timeMs: number
}

export interface NewLeaf extends LogLeaf {
  readonly hash: Uint8Array
  /** Every complete subtree that the leaf completes, its own hash at level 0 included. */
  readonly nodes: readonly TreeNode[]
}

/**
 * What one log keeps. One process writes. A commit is whole and durable when it resolves, or it never was; `size` never
 * goes back. Every lookup is by an index of the store: no call's work grows with the log.
 */
export interface LogStore {
  /** Leaves committed; 0 for a log that was never created. */
  size(): Promise<number>
  /** Rejects unless `leaf.index` is the size. */
  commit(leaf: NewLeaf): Promise<void>
  leaf(index: number): Promise<LogLeaf | undefined>
  /** The index of the leaf of that hash. */
  find(hash: Uint8Array): Promise<number | undefined>
  node(level: number, index: number): Promise<Uint8Array | undefined>
}
