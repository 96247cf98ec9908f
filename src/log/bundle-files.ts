/** The files of full bundles and tiles: how they get onto the disk, and whether they are there as they were meant. */
import { bytesEqual } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { bundleHeadBytes, decodeBundleEntries, decodeBundleHead, encodeBundle } from './bundle.ts'
import { logErrors } from './errors.ts'
import type { LogFiles } from './files.ts'
import { bundlePath, tilePath, tilesCompleted, tileWidth } from './geometry.ts'
import type { LogState } from './state.ts'
import { writeNew } from './write-new.ts'

/** Contents by path. Those of the same entries are always the same bytes, so that they can be written again. */
export interface BundleFiles {
  readonly bundles: ReadonlyMap<string, Uint8Array>
  readonly all: ReadonlyMap<string, Uint8Array>
}

/** A whole number of bundles. */
export interface BundleSpan {
  readonly from: number
  readonly to: number
}

/** The bundles of these entries, which are in memory, and the tiles that they complete. */
export function bundleFiles({ pending, edge, geometry }: LogState, { from, to }: BundleSpan): BundleFiles {
  const width = tileWidth(geometry)
  const bundles = new Map<string, Uint8Array>()
  for (let begin = from; begin < to; begin += width)
    bundles.set(bundlePath(begin / width), encodeBundle(pending.entries(begin, begin + width)))
  const tiles = tilesCompleted(geometry, { from, to }).map(
    (position) => [tilePath(position), edge.tile(position)] as const,
  )
  return { bundles, all: new Map([...bundles, ...tiles]) }
}

/** Whole and synced, under names that no reader looks at; takes away what a crash has left there. */
export async function writeUnderTemporaryNames(files: LogFiles, { all }: BundleFiles): Promise<void> {
  for (const folder of foldersOf(all)) await files.makeFolder(folder)
  await settleAll([...all].map(([path, bytes]) => writeNew(files, temporary(path), bytes)))
}

/** Durable when it resolves. */
export async function renameAndSync(files: LogFiles, { all }: BundleFiles): Promise<void> {
  await settleAll([...all.keys()].map((path) => files.rename(temporary(path), path)))
  for (const folder of foldersOf(all)) await files.syncFolder(folder)
}

/**
 * What is read back is what readers will get: a bit that flipped on the way must not be vouched for (Yeti 2022). Throws
 * `log.corrupt`.
 */
export async function compareWithDisk(files: LogFiles, { all }: BundleFiles): Promise<void> {
  for (const [path, bytes] of all) {
    const read = await files.read(path, 0, bytes.length + 1)
    if (!bytesEqual(read, bytes)) throw logErrors('log.corrupt', `${path} does not read back as written`)
  }
}

/** The leaves as they stand in the bundles, not as they were in memory, are what the tree must have. Throws `log.corrupt`. */
export function compareWithTree({ geometry, edge }: LogState, from: number, { bundles }: BundleFiles): void {
  const width = tileWidth(geometry)
  let index = from
  for (const bytes of bundles.values()) {
    const headBytes = bundleHeadBytes(width)
    const head = decodeBundleHead(bytes.subarray(0, headBytes), width)
    const entries = decodeBundleEntries(bytes.subarray(headBytes), head, 0)
    for (let at = 0; at < width; at += 1, index += 1) {
      const [entry, hash] = [entries[at], edge.node(0, index)]
      if (entry === undefined || hash === undefined || !bytesEqual(leafHash(entry.leaf), hash))
        throw logErrors('log.corrupt', `entry ${index} in its bundle does not have its hash in the tree`)
    }
  }
}

/** Waits for every one, also when one fails: the next attempt must not meet what is still being written. */
async function settleAll(all: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(all)
  await Promise.all(all)
}

function temporary(path: string): string {
  return `${path}.tmp`
}

function foldersOf(all: BundleFiles['all']): ReadonlySet<string> {
  return new Set([...all.keys()].map((path) => path.slice(0, path.lastIndexOf('/'))))
}
