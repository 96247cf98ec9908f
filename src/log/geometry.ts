/**
 * Where nodes and leaves lie. Tiles follow C2SP tlog-tiles: a tile of level L holds 2^height nodes of tree level
 * height · L; ours also holds the levels between, so that a proof reads hashes and computes none. A bundle holds as
 * many leaves as a tile has hashes.
 */
export interface Geometry {
  /** Tree levels in a tile: 8, as in tlog-tiles. */
  readonly tileHeight: number
  /** A segment of the write-ahead log gives way to the next one beyond this size. */
  readonly segmentBytes: number
}

export const DEFAULT_GEOMETRY: Geometry = { tileHeight: 8, segmentBytes: 8 * 1024 * 1024 }

export const HASH_BYTES = 32

export interface TilePosition {
  readonly tileLevel: number
  readonly tileIndex: number
}

/** Leaves in a bundle, hashes in the lowest row of a tile. */
export function tileWidth({ tileHeight }: Geometry): number {
  return 2 ** tileHeight
}

/** Leaves under a tile. */
export function tileSpan({ tileHeight }: Geometry, tileLevel: number): number {
  return 2 ** (tileHeight * (tileLevel + 1))
}

export interface NodePlace extends TilePosition {
  /** Of the node's hash in the tile's file. */
  readonly offset: number
}

export function placeOf({ tileHeight }: Geometry, level: number, index: number): NodePlace {
  const row = level % tileHeight
  const rowWidth = 2 ** (tileHeight - row)
  const rowsBefore = 2 ** (tileHeight + 1) - 2 * rowWidth
  return {
    tileLevel: Math.floor(level / tileHeight),
    tileIndex: Math.floor(index / rowWidth),
    offset: (rowsBefore + (index % rowWidth)) * HASH_BYTES,
  }
}

/** The tiles that become full between a tree of `from` leaves and one of `to`. */
export function tilesCompleted(
  geometry: Geometry,
  { from, to }: { readonly from: number; readonly to: number },
): readonly TilePosition[] {
  const positions: TilePosition[] = []
  for (let tileLevel = 0; tileSpan(geometry, tileLevel) <= to; tileLevel += 1) {
    const span = tileSpan(geometry, tileLevel)
    for (let tileIndex = Math.floor(from / span); (tileIndex + 1) * span <= to; tileIndex += 1)
      positions.push({ tileLevel, tileIndex })
  }
  return positions
}

/** Of a full tile: rows of 2^height, 2^(height-1), …, 2 hashes. */
export function tileBytes({ tileHeight }: Geometry): number {
  return (2 ** (tileHeight + 1) - 2) * HASH_BYTES
}

export function tilePath({ tileLevel, tileIndex }: TilePosition): string {
  return `tile/${tileLevel}/${numberPath(tileIndex)}`
}

export function bundlePath(bundleIndex: number): string {
  return `entries/${numberPath(bundleIndex)}`
}

/** As in tlog-tiles: 1234067 is x001/x234/067. */
function numberPath(value: number): string {
  const [last = '', ...groups] = groupsOf(value).toReversed()
  return [...groups.toReversed().map((group) => `x${group}`), last].join('/')
}

function groupsOf(value: number): string[] {
  const own = String(value % 1000).padStart(3, '0')
  return value < 1000 ? [own] : [...groupsOf(Math.floor(value / 1000)), own]
}
