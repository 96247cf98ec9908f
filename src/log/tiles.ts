import { describeError } from '../base/index.ts'
import { bundleHeadBytes, decodeBundleEntries, decodeBundleHead } from './bundle.ts'
import type { LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { LogFiles } from './files.ts'
import { closedBy, shortageOf, wordsOf } from './shortage.ts'
import { bundlePath, HASH_BYTES, placeOf, tileBytes, tilePath, tileWidth, type Geometry } from './geometry.ts'

/** Reads what is on disk for good: full tiles and full bundles, which never change. */
export interface TileReader {
  /** Throws `log.corrupt` when the tile is missing or cut. */
  node(level: number, index: number): Promise<Uint8Array>
  /** At most `limit` entries of one bundle, from `index` on. Throws `log.corrupt`. */
  entries(index: number, limit: number): Promise<readonly LogEntry[]>
  /** Of the bundle that has the entry `index`, to the end of its last one. Throws `log.corrupt`. */
  bundleBytes(index: number): Promise<number>
}

/** 16 KiB each in a log of height 8. */
const CACHED_TILES = 512
/** 1 KiB each. */
const CACHED_HEADS = 4096

export function createTileReader(files: LogFiles, geometry: Geometry): TileReader {
  const width = tileWidth(geometry)
  const tile = cached(CACHED_TILES, (path) =>
    readWhole(files, { path, offset: 0, bytes: tileBytes(geometry) }),
  )
  const heads = cached(CACHED_HEADS, async (path) => {
    const bytes = await readWhole(files, { path, offset: 0, bytes: bundleHeadBytes(width) })
    return naming(path, () => decodeBundleHead(bytes, width))
  })
  return {
    node: async (level, index) => {
      const { offset, ...position } = placeOf(geometry, level, index)
      return (await tile(tilePath(position))).subarray(offset, offset + HASH_BYTES)
    },
    bundleBytes: async (index) => (await heads(bundlePath(Math.floor(index / width)))).offsets[width] ?? 0,
    entries: async (index, limit) => {
      const path = bundlePath(Math.floor(index / width))
      const first = index % width
      const count = Math.min(limit, width - first)
      const head = await heads(path)
      const [begin = 0, end = 0] = [head.offsets[first], head.offsets[first + count]]
      const bytes = await readWhole(files, { path, offset: begin, bytes: end - begin })
      return naming(path, () => decodeBundleEntries(bytes, head, first))
    },
  }
}

function naming<T>(path: string, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw logErrors('log.corrupt', `${path}: ${describeError(cause)}`, { cause })
  }
}

interface Part {
  readonly path: string
  readonly offset: number
  readonly bytes: number
}

async function readWhole(files: LogFiles, { path, offset, bytes }: Part): Promise<Uint8Array> {
  const read = await files.read(path, offset, bytes).catch((cause: unknown) => {
    throw shortageOf(cause) === undefined
      ? logErrors('log.corrupt', `${path} cannot be read: ${wordsOf(cause)}`, { cause })
      : closedBy(cause)
  })
  if (read.length === bytes) return read
  throw logErrors('log.corrupt', `${path} has ${read.length} bytes from ${offset} on, not ${bytes}`)
}

/** Keeps the newest answers; a failure is not kept. */
function cached<T>(capacity: number, load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const kept = new Map<string, Promise<T>>()
  return (key) => {
    const found = kept.get(key) ?? load(key)
    kept.delete(key)
    kept.set(key, found)
    found.catch(() => kept.delete(key))
    const oldest = kept.size > capacity ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    return found
  }
}
