import { bytesEqual } from '../base/index.ts'
import { EMPTY_ROOT, leafHash, treeRoot, type NodeReader } from '../formats/merkle/index.ts'
import type { LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { KeyIndex, KeyRow, LogFiles, TreeHead } from './files.ts'
import { tileWidth, type Geometry } from './geometry.ts'
import { createPending, KEY_BYTES, type Pending } from './pending.ts'
import type { Segment } from './segment.ts'
import { createTileReader, type TileReader } from './tiles.ts'
import type { TreeEdge } from './tree-edge.ts'

/** Keys by which a leaf is found besides its hash, derived from its bytes alone. 32 bytes each, hashes. */
export type KeysOf = (leaf: Uint8Array) => readonly Uint8Array[]

export interface StateParts {
  readonly files: LogFiles
  readonly index: KeyIndex
  readonly geometry: Geometry
  readonly keysOf: KeysOf
}

/** What is true of the log at the moment: on disk, and in memory until it is. */
export interface LogState extends StateParts {
  readonly edge: TreeEdge
  readonly pending: Pending
  readonly tiles: TileReader
  /** The newest committed head: nothing beyond it is answered. */
  head: TreeHead
  /** Of the newest leaf. */
  timeMs: number
}

export function createState(parts: StateParts, { applied, entries, edge, head }: Segment): LogState {
  const pending = createPending(applied)
  for (const entry of entries) pending.add(entry, keysOfEntry(parts, entry))
  const tiles = createTileReader(parts.files, parts.geometry)
  return { ...parts, edge, pending, tiles, head, timeMs: 0 }
}

/** Leaf hash first. */
export type EntryKeys = readonly [Uint8Array, ...Uint8Array[]]

export function keysOfEntry({ keysOf }: Pick<StateParts, 'keysOf'>, { leaf }: LogEntry): EntryKeys {
  return [leafHash(leaf), ...keysOf(leaf)]
}

export function rowsOf(keys: readonly Uint8Array[], index: number): KeyRow[] {
  return keys.map((key) => ({ key: key.subarray(0, KEY_BYTES), index }))
}

/** Throws `log.corrupt` for a node that is neither in memory nor on disk. */
export function nodeReader({ edge, tiles }: LogState): NodeReader {
  return async (level, index) => edge.node(level, index) ?? tiles.node(level, index)
}

/** Of the tree of so many leaves, at most those of the head. */
export async function rootAt(state: LogState, size: number): Promise<Uint8Array> {
  if (size === state.head.size) return state.head.root
  return size === 0 ? EMPTY_ROOT : treeRoot(nodeReader(state), size)
}

/** Throws `log.corrupt`. */
export async function entryAt(state: LogState, index: number): Promise<LogEntry> {
  const [entry] = await readEntries(state, index, 1)
  if (entry === undefined) throw logErrors('log.corrupt', `entry ${index} is missing`)
  return entry
}

/** Of one bundle. Disks rot: what stands there must be what the tree has, or a damaged entry would pass for one that is missing. */
async function readEntries(state: LogState, from: number, count: number): Promise<readonly LogEntry[]> {
  const { pending, tiles } = state
  if (from >= pending.applied) return pending.entries(from, from + count)
  const entries = await tiles.entries(from, count)
  const read = nodeReader(state)
  for (const [at, entry] of entries.entries()) {
    if (hasHash(entry, await read(0, from + at))) continue
    const fact = `entry ${from + at} does not have its hash in the tree: its bundle or its tile is damaged`
    throw logErrors('log.corrupt', fact)
  }
  return entries
}

/** At most `limit` entries from `index` on, of one bundle; fewer at the end. Throws `log.corrupt`. */
export async function entriesFrom(
  state: LogState,
  index: number,
  limit: number,
): Promise<readonly LogEntry[]> {
  const width = tileWidth(state.geometry)
  const end = Math.min(state.head.size, index + limit, index - (index % width) + width)
  return end <= index ? [] : readEntries(state, index, end - index)
}

/** Candidates, ascending; staged ones included. They count only once the leaf was read and compared. */
export async function candidates(
  { pending, index }: LogState,
  key: Uint8Array,
  range: { readonly from: number; readonly limit: number },
): Promise<readonly number[]> {
  const kept = await index.find(key.subarray(0, KEY_BYTES), range)
  const newer = pending.find(key).filter((one) => one >= range.from && !kept.includes(one))
  return [...kept, ...newer].slice(0, range.limit)
}

/** The first entry of that key that `isSame`: the index keeps half of a key, and is derived, so it proves nothing. */
export async function findEntry(
  state: LogState,
  key: Uint8Array,
  isSame: (entry: LogEntry) => boolean,
): Promise<{ index: number; entry: LogEntry } | undefined> {
  for (const index of await candidates(state, key, { from: 0, limit: MAX_CANDIDATES })) {
    const entry = await entryAt(state, index)
    if (isSame(entry)) return { index, entry }
  }
  return undefined
}

const MAX_CANDIDATES = 4

export function hasHash({ leaf }: LogEntry, hash: Uint8Array): boolean {
  return bytesEqual(leafHash(leaf), hash)
}
