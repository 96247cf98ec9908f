import { bytesEqual } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { bundleHeadBytes, decodeBundleEntries, decodeBundleHead, encodeBundle } from './bundle.ts'
import { logErrors } from './errors.ts'
import type { KeyRow, LogFiles } from './files.ts'
import { bundlePath, tilePath, tilesCompleted, tileWidth } from './geometry.ts'
import { rowsOf, type LogState } from './state.ts'
import { writeNew } from './write-new.ts'

/** Bundles written at once, so that memory and one round of syncs stay small. */
const MAX_BUNDLES = 16

export function hasFullBundle({ pending, head, geometry }: LogState): boolean {
  return head.size - pending.applied >= tileWidth(geometry)
}

/**
 * Moves committed entries from the write-ahead log into bundles and tiles: written under a temporary name, synced,
 * renamed, folders synced, read back and compared, and only then counted as applied. Written again after a crash, they
 * get the same bytes. Any rejection poisons the log.
 */
export async function project(state: LogState): Promise<void> {
  const { pending, geometry, head, files } = state
  const width = tileWidth(geometry)
  const from = pending.applied
  const to = Math.min(from + MAX_BUNDLES * width, head.size - (head.size % width))
  const bundles = new Map<number, Uint8Array>()
  for (let begin = from; begin < to; begin += width)
    bundles.set(begin, encodeBundle(pending.entries(begin, begin + width)))
  const written = new Map([...bundles].map(([begin, bytes]) => [bundlePath(begin / width), bytes]))
  for (const position of tilesCompleted(geometry, { from, to }))
    written.set(tilePath(position), state.edge.tile(position))
  await writeDurably(files, written)
  for (const [path, bytes] of written) await compare(state, path, bytes)
  for (const [begin, bytes] of bundles) rehash(state, begin, bytes)
  await state.index.add(keyRows(state, from, to), to)
  state.edge.settle(to)
  pending.settle(to)
}

/** Every file is whole and durable under its name, or the name is what it was. */
async function writeDurably(files: LogFiles, contents: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const folders = [...new Set([...contents.keys()].map(folderOf))]
  for (const folder of folders) await files.makeFolder(folder)
  await settleAll([...contents].map(([path, bytes]) => writeNew(files, temporary(path), bytes)))
  await settleAll([...contents.keys()].map((path) => files.rename(temporary(path), path)))
  for (const folder of folders) await files.syncFolder(folder)
}

/** Waits for every one, also when one fails: whoever tries again must not meet what is still being written. */
async function settleAll(all: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(all)
  await Promise.all(all)
}

function temporary(path: string): string {
  return `${path}.tmp`
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** What is read back is what readers will get: a bit that flipped on the way must not be vouched for (Yeti 2022). */
async function compare({ files }: LogState, path: string, bytes: Uint8Array): Promise<void> {
  const read = await files.read(path, 0, bytes.length + 1)
  if (!bytesEqual(read, bytes)) throw logErrors('log.corrupt', `${path} does not read back as written`)
}

/** The leaves as they stand in the bundle, not as they were in memory, are what the tree must have. */
function rehash({ geometry, edge }: LogState, begin: number, bytes: Uint8Array): void {
  const width = tileWidth(geometry)
  const headBytes = bundleHeadBytes(width)
  const head = decodeBundleHead(bytes.subarray(0, headBytes), width)
  const entries = decodeBundleEntries(bytes.subarray(headBytes), head, 0)
  for (let at = 0; at < width; at += 1) {
    const [entry, hash] = [entries[at], edge.node(0, begin + at)]
    if (entry === undefined || hash === undefined || !bytesEqual(leafHash(entry.leaf), hash))
      throw logErrors('log.corrupt', `entry ${begin + at} in its bundle does not have its hash in the tree`)
  }
}

function keyRows({ pending }: LogState, from: number, to: number): KeyRow[] {
  return Array.from({ length: to - from }, (_, at) => rowsOf(pending.keys(from + at), from + at)).flat()
}
