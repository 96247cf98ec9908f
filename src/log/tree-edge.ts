import { edgeNodes, EMPTY_ROOT, nodeHash } from '../formats/merkle/index.ts'
import { concatBytes } from '../base/index.ts'
import { tileSpan, tileWidth, type Geometry, type TilePosition } from './geometry.ts'

export type UpperRow = readonly Uint8Array[]

interface Row {
  /** Index of the first node. */
  first: number
  hashes: Uint8Array[]
}

/** The right edge of the tree: every node whose tile is not on disk yet. */
export class TreeEdge {
  readonly #geometry: Geometry
  readonly #rows: Row[] = []
  #applied: number
  #size: number

  /** Continues a tree of `applied` leaves, a multiple of the tile width, from what `upperRows` said of it. */
  constructor(geometry: Geometry, start: { readonly applied: number; readonly upper: readonly UpperRow[] }) {
    this.#geometry = geometry
    this.#applied = start.applied
    this.#size = start.applied
    for (const [at, hashes] of start.upper.entries())
      for (const hash of hashes) this.#push(geometry.tileHeight * (at + 1), hash)
  }

  get size(): number {
    return this.#size
  }

  append(leafHash: Uint8Array): void {
    this.#push(0, leafHash)
    this.#size += 1
  }

  /** Undefined for a node of a tile on disk. */
  node(level: number, index: number): Uint8Array | undefined {
    const { first, hashes } = this.#row(level)
    return hashes[index - first]
  }

  /** Of all leaves appended. */
  root(): Uint8Array {
    const hashes = edgeNodes(this.#size).map(({ level, index }) => this.#known(level, index))
    const last = hashes.pop()
    return last === undefined ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right), last)
  }

  /** The file of a full tile: its rows, the lowest first. */
  tile({ tileLevel, tileIndex }: TilePosition): Uint8Array {
    const { tileHeight } = this.#geometry
    const rows = Array.from({ length: tileHeight }, (_, row) => {
      const width = 2 ** (tileHeight - row)
      const level = tileHeight * tileLevel + row
      return Array.from({ length: width }, (_hash, at) => this.#known(level, tileIndex * width + at))
    })
    return concatBytes(...rows.flat())
  }

  /** For each tile level from 1 on, the lowest row of its tile that is not full in a tree of `applied` leaves. */
  upperRows(applied: number): readonly UpperRow[] {
    const rows: UpperRow[] = []
    for (let tileLevel = 1; tileSpan(this.#geometry, tileLevel - 1) <= applied; tileLevel += 1) {
      const count = Math.floor(applied / tileSpan(this.#geometry, tileLevel - 1))
      const first = count - (count % tileWidth(this.#geometry))
      const level = this.#geometry.tileHeight * tileLevel
      rows.push(Array.from({ length: count - first }, (_, at) => this.#known(level, first + at)))
    }
    return rows
  }

  /** Forgets the tiles that are full in a tree of `applied` leaves. */
  settle(applied: number): void {
    this.#applied = applied
    // Not `entries()`, which would also give levels that have no row yet.
    this.#rows.forEach((row, level) => {
      const first = firstOpen(this.#geometry, level, applied)
      row.hashes.splice(0, first - row.first)
      row.first = first
    })
  }

  #row(level: number): Row {
    return (this.#rows[level] ??= { first: firstOpen(this.#geometry, level, this.#applied), hashes: [] })
  }

  #push(level: number, hash: Uint8Array): void {
    const { first, hashes } = this.#row(level)
    const index = first + hashes.push(hash) - 1
    const left = index % 2 === 1 ? hashes.at(-2) : undefined
    if (left !== undefined) this.#push(level + 1, nodeHash(left, hash))
  }

  #known(level: number, index: number): Uint8Array {
    const hash = this.node(level, index)
    if (hash === undefined) throw new Error(`node ${index} of level ${level} is not of the edge`)
    return hash
  }
}

/** The index of the first node of that level in a tile that is not full in a tree of `applied` leaves. */
function firstOpen(geometry: Geometry, level: number, applied: number): number {
  const { tileHeight } = geometry
  const fullTiles = Math.floor(applied / tileSpan(geometry, Math.floor(level / tileHeight)))
  return fullTiles * 2 ** (tileHeight - (level % tileHeight))
}
