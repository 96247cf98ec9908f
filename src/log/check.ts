import { setImmediate as othersTurn } from 'node:timers/promises'
import { bytesEqual, describeError } from '../base/index.ts'
import { EMPTY_ROOT, leafHash } from '../formats/merkle/index.ts'
import type { LogEntry } from './entry.ts'
import type { TreeHead } from './files.ts'
import { bundlePath, tilePath, tilesCompleted, tileWidth } from './geometry.ts'
import { KEY_BYTES } from './pending.ts'
import { readState } from './recover.ts'
import { keysOfEntry, type LogState, type StateParts } from './state.ts'
import { createTileReader, type TileReader } from './tiles.ts'
import { TreeEdge } from './tree-edge.ts'

export interface LogCheck {
  /** As derived from the leaves alone. */
  readonly head: TreeHead
  /** What does not fit, the first hundred in order, one sentence each; empty for a log that is whole. */
  readonly problems: readonly string[]
}

const MAX_PROBLEMS = 100

/** The check of a log that nobody has open, whole enough to be opened or not. Writes nothing. */
export async function inspectFiles(parts: StateParts): Promise<LogCheck> {
  try {
    return await checkState((await readState(parts)).state)
  } catch (error) {
    return { head: { size: 0, root: EMPTY_ROOT }, problems: [describeError(error)] }
  }
}

/**
 * Derives the whole tree anew from the entries as they are read back, and compares every hash of every tile, the keys'
 * index, the order of times and the root. Reads everything, once, in the memory of the tree's edge, and lets others have
 * their turn in between; entries that are added meanwhile are left for the next time.
 */
export async function checkState(state: LogState): Promise<LogCheck> {
  const { head, geometry } = state
  const check = await newCheck(state)
  const width = tileWidth(geometry)
  const { applied } = state.pending
  // Now, since it moves on to bundles meanwhile.
  const rest = state.pending.entries(applied, head.size)
  for (let from = 0; from < applied; from += width) {
    await othersTurn()
    await checkLeaves(check, from)
    if (check.edge.size !== from + width) return finish(check)
    await checkTiles(check, from)
  }
  for (const [at, entry] of rest.entries()) checkEntry(check, entry, applied + at)
  if (!bytesEqual(check.edge.root(), head.root))
    note(check, `the root of ${head.size} entries differs from the recorded root`)
  return finish(check)
}

interface Check {
  readonly state: LogState
  readonly tiles: TileReader
  readonly edge: TreeEdge
  readonly problems: string[]
  /** Entries that the index of keys must know. */
  readonly indexed: number
  timeMs: number
}

async function newCheck(state: LogState): Promise<Check> {
  const { files, geometry, index, head } = state
  const edge = new TreeEdge(geometry, { applied: 0, upper: [] })
  const problems: string[] = []
  const indexed = await index.mark().catch((error: unknown) => {
    problems.push(`the index of keys cannot be read: ${describeError(error)}`)
    return 0
  })
  if (indexed > head.size)
    problems.push(`the index of keys covers ${indexed} entries, but the log has ${head.size}`)
  // A reader of its own: what the log has cached proves nothing about the disk.
  return { state, tiles: createTileReader(files, geometry), edge, problems, indexed, timeMs: 0 }
}

function finish({ edge, problems }: Check): LogCheck {
  return { head: { size: edge.size, root: edge.root() }, problems }
}

function note({ problems }: Pick<Check, 'problems'>, problem: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push(problem)
}

/** Of a bundle: its entries and their keys; where it cannot be read, the hashes of its tile stand for them. */
async function checkLeaves(check: Check, from: number): Promise<void> {
  const { state, tiles } = check
  const width = tileWidth(state.geometry)
  let entries: readonly LogEntry[]
  try {
    entries = await tiles.entries(from, width)
    await checkEnd(check, from)
  } catch (error) {
    note(check, `entries from ${from} on are missing or damaged: ${describeError(error)}`)
    return standIn(check, from)
  }
  for (const [at, entry] of entries.entries()) {
    checkEntry(check, entry, from + at)
    if (from + at < check.indexed) await checkKeys(check, entry, from + at)
  }
  if (entries.length !== width) note(check, `the bundle from ${from} on has ${entries.length} entries`)
}

/** What stands behind its last entry is read nowhere else, and was not written by a log. */
async function checkEnd({ state, tiles, problems }: Check, from: number): Promise<void> {
  const path = bundlePath(from / tileWidth(state.geometry))
  const behind = await state.files.read(path, await tiles.bundleBytes(from), 1)
  if (behind.length > 0) note({ problems }, `${path} has extra bytes after its last entry`)
}

/** What they say is judged by the tiles above and by the root. Without them, nothing more can be derived. */
async function standIn(check: Check, from: number): Promise<void> {
  const width = tileWidth(check.state.geometry)
  try {
    for (let at = 0; at < width; at += 1) check.edge.append(await check.tiles.node(0, from + at))
  } catch (error) {
    note(check, `their hashes are missing too, so later entries were not checked: ${describeError(error)}`)
  }
}

/** Every tile that the bundle completes. */
async function checkTiles({ state, edge, ...check }: Check, from: number): Promise<void> {
  const to = from + tileWidth(state.geometry)
  for (const position of tilesCompleted(state.geometry, { from, to })) {
    const path = tilePath(position)
    const expected = edge.tile(position)
    const read = await state.files.read(path, 0, expected.length + 1).catch(() => undefined)
    if (read === undefined || !bytesEqual(read, expected)) note(check, `${path} is missing or damaged`)
  }
  edge.settle(to)
}

function checkEntry(check: Check, { leaf, timeMs }: LogEntry, index: number): void {
  check.edge.append(leafHash(leaf))
  if (timeMs < check.timeMs) note(check, `entry ${index} is dated before the previous entry`)
  check.timeMs = timeMs
}

/** A damaged leaf may have no keys, and a damaged index no answer. */
async function checkKeys(check: Check, entry: LogEntry, index: number): Promise<void> {
  try {
    for (const key of keysOfEntry(check.state, entry)) {
      const found = await check.state.index.find(key.subarray(0, KEY_BYTES), { from: index, limit: 1 })
      if (found[0] !== index) note(check, `entry ${index} is not found by its keys`)
    }
  } catch (error) {
    note(check, `the keys of entry ${index} cannot be looked up: ${describeError(error)}`)
  }
}
