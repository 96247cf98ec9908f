/** Bytes of all needles together; a search needs about 30 bytes for each of them. */
const MAX_TOTAL_BYTES = 2 << 20
const ROOT = 0

/**
 * Finds many byte strings at once, in one pass and with one step a byte, whatever is searched (Aho and Corasick, 1975).
 * A state stands for the longest end of what was read that is a beginning of a needle.
 */
export interface Needles {
  next(state: number, byte: number): number
  /** So many of the last bytes may still become a needle, or are one. */
  depth(state: number): number
  /** The length of the longest needle of this kind that ends here; 0 for none. */
  found(state: number, kind: NeedleKind): number
}

export type NeedleKind = 'secret' | 'prefix'

export interface Needle {
  readonly bytes: Uint8Array
  readonly kind: NeedleKind
}

/** Undefined where they are more than can be searched for. */
export function createNeedles(needles: readonly Needle[]): Needles | undefined {
  let total = 0
  for (const { bytes } of needles) total += bytes.length
  if (total > MAX_TOTAL_BYTES) return undefined
  const tree = emptyTree(total + 1)
  for (const needle of needles) insert(tree, needle)
  linkFailures(tree)
  return {
    next: (state, byte) => next(tree, state, byte),
    depth: (state) => at(tree.depth, state),
    found: (state, kind) => at(tree[kind], state),
  }
}

export const START_STATE = ROOT

/** Nodes as columns; the children of a node are a list of siblings, except for the root's, which are a table. */
interface Tree {
  size: number
  readonly ofRoot: Int32Array
  readonly byte: Uint8Array
  readonly firstChild: Int32Array
  readonly sibling: Int32Array
  readonly failure: Int32Array
  readonly depth: Int32Array
  readonly secret: Int32Array
  readonly prefix: Int32Array
}

function emptyTree(nodes: number): Tree {
  const column = (): Int32Array => new Int32Array(nodes)
  return {
    size: 1,
    ofRoot: new Int32Array(256),
    byte: new Uint8Array(nodes),
    firstChild: column(),
    sibling: column(),
    failure: column(),
    depth: column(),
    secret: column(),
    prefix: column(),
  }
}

function insert(tree: Tree, { bytes, kind }: Needle): void {
  let node = ROOT
  for (const byte of bytes) node = child(tree, node, byte) || addChild(tree, node, byte)
  if (node !== ROOT) tree[kind][node] = bytes.length
}

function child({ ofRoot, byte, firstChild, sibling }: Tree, node: number, wanted: number): number {
  if (node === ROOT) return at(ofRoot, wanted)
  let found = at(firstChild, node)
  while (found !== 0 && byte[found] !== wanted) found = at(sibling, found)
  return found
}

function addChild(tree: Tree, node: number, byte: number): number {
  const added = tree.size++
  tree.byte[added] = byte
  tree.depth[added] = at(tree.depth, node) + 1
  if (node === ROOT) tree.ofRoot[byte] = added
  tree.sibling[added] = at(tree.firstChild, node)
  tree.firstChild[node] = added
  return added
}

/** Breadth first, so that a node's failure, which is nearer to the root, is complete before it. */
function linkFailures(tree: Tree): void {
  const queue = new Int32Array(tree.size)
  let [taken, added] = [0, 1]
  while (taken < added) {
    const node = at(queue, taken++)
    for (let one = at(tree.firstChild, node); one !== 0; one = at(tree.sibling, one)) {
      linkFailure(tree, node, one)
      queue[added++] = one
    }
  }
}

function linkFailure(tree: Tree, parent: number, node: number): void {
  const failure = parent === ROOT ? ROOT : next(tree, at(tree.failure, parent), at(tree.byte, node))
  tree.failure[node] = failure
  tree.secret[node] ||= at(tree.secret, failure)
  tree.prefix[node] ||= at(tree.prefix, failure)
}

function at(column: Int32Array | Uint8Array, node: number): number {
  return column[node] ?? 0
}

function next(tree: Tree, state: number, byte: number): number {
  let from = state
  for (;;) {
    const found = child(tree, from, byte)
    if (found !== 0 || from === ROOT) return found
    from = at(tree.failure, from)
  }
}
