import { bytesEqual } from '../base/index.ts'
import { appendedNodes, leafHash, treeRoot, type NodeReader } from '../formats/merkle/index.ts'
import type { TreeHead } from './log.ts'
import type { LogLeaf, LogStore } from './store.ts'

export interface LogCheck {
  /** As derived from the leaves alone. */
  readonly head: TreeHead
  /** What does not fit, the first hundred in order, one sentence each; empty for a log that is whole. */
  readonly problems: readonly string[]
}

const MAX_PROBLEMS = 100

/**
 * Derives the whole tree anew from the leaves as they are read back, and compares every node, the index of leaf hashes
 * and the order of times with what the store keeps. Reads everything, once, in the memory of the tree's edge.
 */
export async function checkLog(store: LogStore): Promise<LogCheck> {
  const problems: string[] = []
  const edge = createEdge()
  const size = await store.size()
  let before: LogLeaf | undefined
  for (let index = 0; index < size; index += 1) {
    const leaf = await store.leaf(index)
    if (leaf === undefined) {
      // Without it, no node above it can be derived.
      return { head: await edge.head(index), problems: [...problems, `leaf ${index} is missing`] }
    }
    const found = [...checkTime(leaf, before), ...(await checkLeaf(store, leaf, edge))]
    problems.push(...found.slice(0, MAX_PROBLEMS - problems.length))
    before = leaf
  }
  return { head: await edge.head(size), problems }
}

function checkTime({ index, timeMs }: LogLeaf, before: LogLeaf | undefined): string[] {
  return before === undefined || before.timeMs <= timeMs ? [] : [`leaf ${index} is older than the one before`]
}

async function checkLeaf(store: LogStore, { index, bytes }: LogLeaf, edge: Edge): Promise<string[]> {
  const hash = leafHash(bytes)
  const problems = (await store.find(hash)) === index ? [] : [`leaf ${index} is not found by its hash`]
  for (const node of await edge.add(index, hash)) {
    const kept = await store.node(node.level, node.index)
    if (kept === undefined || !bytesEqual(kept, node.hash)) {
      problems.push(`node ${node.index} of level ${node.level} is missing or another`)
    }
  }
  return problems
}

interface Edge {
  add(index: number, hash: Uint8Array): ReturnType<typeof appendedNodes>
  head(size: number): Promise<TreeHead>
}

/** The newest complete subtree of each level, which is all that the next leaf and the root need. */
function createEdge(): Edge {
  const newest = new Map<number, { readonly index: number; readonly hash: Uint8Array }>()
  const read: NodeReader = async (level, index) => {
    const node = newest.get(level)
    if (node?.index !== index) throw new Error(`node ${index} of level ${level} is not of the edge`)
    return node.hash
  }
  return {
    add: async (index, hash) => {
      const nodes = await appendedNodes({ read, size: index, leafHashes: [hash] })
      for (const node of nodes) newest.set(node.level, node)
      return nodes
    },
    head: async (size) => ({ size, root: await treeRoot(read, size) }),
  }
}
