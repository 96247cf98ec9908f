import { bytesEqual, describeError } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import type { LogEntry } from './entry.ts'
import type { TreeHead } from './files.ts'
import { tilePath, tilesCompleted, tileWidth } from './geometry.ts'
import { KEY_BYTES } from './pending.ts'
import { keysOfEntry, type LogState } from './state.ts'
import { createTileReader, type TileReader } from './tiles.ts'
import { TreeEdge } from './tree-edge.ts'

export interface LogCheck {
  /** As derived from the leaves alone. */
  readonly head: TreeHead
  /** What does not fit, the first hundred in order, one sentence each; empty for a log that is whole. */
  readonly problems: readonly string[]
}

const MAX_PROBLEMS = 100

/**
 * Derives the whole tree anew from the entries as they are read back, and compares every hash of every tile, the keys'
 * index, the order of times and the root. Reads everything, once, in the memory of the tree's edge; entries that are
 * added meanwhile are left for the next time.
 */
export async function checkState(state: LogState): Promise<LogCheck> {
  const { head, geometry } = state
  const check = newCheck(state)
  const width = tileWidth(geometry)
  const { applied } = state.pending
  // Now, since it moves on to bundles meanwhile.
  const rest = state.pending.entries(applied, head.size)
  for (let from = 0; from < applied; from += width) {
    const isRead = await checkBundle(check, from)
    // Without it, nothing above can be derived.
    if (!isRead) return finish(check)
  }
  for (const [at, entry] of rest.entries()) checkEntry(check, entry, applied + at)
  if (!bytesEqual(check.edge.root(), head.root))
    note(check, `the root of ${head.size} entries is another one`)
  return finish(check)
}

interface Check {
  readonly state: LogState
  readonly tiles: TileReader
  readonly edge: TreeEdge
  readonly problems: string[]
  timeMs: number
}

function newCheck(state: LogState): Check {
  const { files, geometry } = state
  const edge = new TreeEdge(geometry, { applied: 0, upper: [] })
  // A reader of its own: what the log has cached proves nothing about the disk.
  return { state, tiles: createTileReader(files, geometry), edge, problems: [], timeMs: 0 }
}

function finish({ edge, problems }: Check): LogCheck {
  return { head: { size: edge.size, root: edge.root() }, problems }
}

function note({ problems }: Check, problem: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push(problem)
}

/** Its entries, their keys, and every tile that it completes. */
async function checkBundle(check: Check, from: number): Promise<boolean> {
  const { state, tiles, edge } = check
  const width = tileWidth(state.geometry)
  let entries: readonly LogEntry[]
  try {
    entries = await tiles.entries(from, width)
  } catch (error) {
    note(check, `entries from ${from} on are missing or cut: ${describeError(error)}`)
    return false
  }
  for (const [at, entry] of entries.entries()) {
    checkEntry(check, entry, from + at)
    await checkKeys(check, entry, from + at)
  }
  for (const position of tilesCompleted(state.geometry, { from, to: from + width })) {
    const path = tilePath(position)
    const expected = edge.tile(position)
    const read = await state.files.read(path, 0, expected.length + 1).catch(() => undefined)
    if (read === undefined || !bytesEqual(read, expected)) note(check, `${path} is missing or another`)
  }
  edge.settle(from + width)
  return true
}

function checkEntry(check: Check, { leaf, timeMs }: LogEntry, index: number): void {
  check.edge.append(leafHash(leaf))
  if (timeMs < check.timeMs) note(check, `entry ${index} is older than the one before`)
  check.timeMs = timeMs
}

async function checkKeys(check: Check, entry: LogEntry, index: number): Promise<void> {
  for (const key of keysOfEntry(check.state, entry)) {
    const found = await check.state.index.find(key.subarray(0, KEY_BYTES), { from: index, limit: 1 })
    if (found[0] !== index) note(check, `entry ${index} is not found by its keys`)
  }
}
