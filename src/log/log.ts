import { baseErrors, bytesEqual, type Clock } from '../base/index.ts'
import {
  appendedNodes,
  consistencyProof,
  inclusionProof,
  leafHash,
  treeRoot,
  type NodeReader,
} from '../formats/merkle/index.ts'
import { logErrors } from './errors.ts'
import type { LogLeaf, LogStore } from './store.ts'

export interface TreeHead {
  readonly size: number
  readonly root: Uint8Array
}

export interface Appended {
  readonly index: number
  /** When the leaf was committed first; never earlier than that of any leaf before it. */
  readonly timeMs: number
  readonly isDuplicate: boolean
}

export interface TransparencyLog {
  /**
   * Durable when it resolves; the same bytes again give the first index. A function makes the leaf from its time, for
   * formats that hold it. Throws `log.poisoned`, and `base.too-large` above 65,535 bytes.
   */
  append(leaf: Uint8Array | ((timeMs: number) => Uint8Array)): Promise<Appended>
  /** False once a commit has failed. */
  takesEntries(): boolean
  head(): Promise<TreeHead>
  /** The head that the log had at that size. Throws `log.range`. */
  headAt(size: number): Promise<TreeHead>
  /** Undefined beyond the head: what a failed commit may have left is nobody's entry. */
  leaf(index: number): Promise<LogLeaf | undefined>
  /** By leaf hash, up to the head. */
  find(hash: Uint8Array): Promise<number | undefined>
  /** RFC 6962 §2.1.1. Throws `log.range`. */
  inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]>
  /** RFC 6962 §2.1.2. Throws `log.range`. */
  consistencyProof(first: number, second: number): Promise<readonly Uint8Array[]>
}

export interface LogParts {
  readonly store: LogStore
  readonly clock: Clock
}

/** The entry bundles of C2SP tlog-tiles give a leaf's length two bytes. */
const MAX_LEAF_BYTES = 65_535

/** Once and explicitly: `genesis` becomes the leaf at index 0, so that no client meets that index. Throws `log.exists`. */
export async function createLog({ store, clock }: LogParts, genesis: Uint8Array): Promise<void> {
  if ((await store.size()) !== 0) throw logErrors('log.exists', 'the log has entries already')
  await commit(store, { index: 0, bytes: genesis, timeMs: clock.nowMs() })
}

/** Throws `log.missing`. */
export async function openLog({ store, clock }: LogParts): Promise<TransparencyLog> {
  const size = await store.size()
  const last = size === 0 ? undefined : await store.leaf(size - 1)
  if (last === undefined) throw logErrors('log.missing', 'the log has no genesis entry')
  const writer = createWriter({ store, clock }, { size, timeMs: last.timeMs })
  const read = readerOf(store)
  return {
    append: writer.append,
    takesEntries: () => writer.takesEntries(),
    head: async () => ({ size: writer.size(), root: await treeRoot(read, writer.size()) }),
    headAt: (at) => inRange(async () => ({ size: at, root: await treeRoot(read, at) }), at, writer.size()),
    leaf: async (index) => (index < writer.size() ? store.leaf(index) : undefined),
    find: async (hash) => {
      const index = await store.find(hash)
      return index !== undefined && index < writer.size() ? index : undefined
    },
    inclusionProof: (index, treeSize) =>
      inRange(() => inclusionProof(read, { index, size: treeSize }), treeSize, writer.size()),
    consistencyProof: (first, second) =>
      inRange(() => consistencyProof(read, { first, second }), second, writer.size()),
  }
}

interface Writer {
  append: TransparencyLog['append']
  takesEntries(): boolean
  size(): number
}

/** Appends one after another: the index, the time and the edge of the tree belong to whoever is first. */
function createWriter({ store, clock }: LogParts, start: { size: number; timeMs: number }): Writer {
  let { size, timeMs } = start
  let queue: Promise<unknown> = Promise.resolve()
  let poison: unknown
  const appendNow = async (make: (timeMs: number) => Uint8Array): Promise<Appended> => {
    if (poison !== undefined) throw logErrors('log.poisoned', 'an earlier commit failed', { cause: poison })
    const now = Math.max(timeMs, clock.nowMs())
    const bytes = make(now)
    if (bytes.length > MAX_LEAF_BYTES) {
      throw baseErrors('base.too-large', `a leaf of ${bytes.length} bytes, ${MAX_LEAF_BYTES} are allowed`)
    }
    const known = await store.find(leafHash(bytes))
    if (known !== undefined) return duplicate(store, known, bytes)
    try {
      await commit(store, { index: size, bytes, timeMs: now })
    } catch (error) {
      poison = error
      throw logErrors('log.poisoned', 'the commit failed', { cause: error })
    }
    size += 1
    timeMs = now
    return { index: size - 1, timeMs: now, isDuplicate: false }
  }
  return {
    size: () => size,
    takesEntries: () => poison === undefined,
    append: (leaf) => {
      const mine = queue.then(() => appendNow(typeof leaf === 'function' ? leaf : () => leaf))
      queue = mine.catch(() => undefined)
      return mine
    },
  }
}

/** The index of leaf hashes is believed only when the leaf bears it out: a wrong hit would promise what is not there. */
async function duplicate(store: LogStore, index: number, bytes: Uint8Array): Promise<Appended> {
  const leaf = await store.leaf(index)
  if (leaf === undefined || !bytesEqual(leaf.bytes, bytes)) {
    throw new Error(`the index of leaf hashes names leaf ${index}, which is missing or another`)
  }
  return { index, timeMs: leaf.timeMs, isDuplicate: true }
}

async function commit(store: LogStore, leaf: LogLeaf): Promise<void> {
  const hash = leafHash(leaf.bytes)
  const nodes = await appendedNodes({ read: readerOf(store), size: leaf.index, leafHashes: [hash] })
  await store.commit({ ...leaf, hash, nodes })
}

function readerOf(store: LogStore): NodeReader {
  return async (level, index) => {
    const hash = await store.node(level, index)
    if (hash === undefined) throw new Error(`node ${index} of level ${level} is missing`)
    return hash
  }
}

async function inRange<T>(work: () => Promise<T>, size: number, committed: number): Promise<T> {
  if (!Number.isSafeInteger(size) || size < 0 || size > committed)
    throw logErrors('log.range', `the log has ${committed} entries, asked was ${size}`)
  try {
    return await work()
  } catch (error) {
    if (error instanceof RangeError) throw logErrors('log.range', error.message, { cause: error })
    throw error
  }
}
