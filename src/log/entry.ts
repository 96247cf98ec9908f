import { baseErrors, concatBytes, type Cursor } from '../base/index.ts'

/** A leaf and what the log keeps with it. */
export interface LogEntry {
  /** When it was committed; never before the leaf in front of it. */
  readonly timeMs: number
  /** What the tree hashes. */
  readonly leaf: Uint8Array
  /** What readers need next to the leaf, and the tree does not hold (RFC 6962 §4.6, extra_data); often empty. */
  readonly extra: Uint8Array
}

/** The entry bundles of tlog-tiles give a leaf's length two bytes. */
const MAX_LEAF_BYTES = 65_535
const MAX_EXTRA_BYTES = 256 * 1024
const TIME_BYTES = 6

/** Throws `base.too-large`. */
export function checkEntrySize({ leaf, extra }: Pick<LogEntry, 'leaf' | 'extra'>): void {
  refuseBeyond('the leaf', leaf.length, MAX_LEAF_BYTES)
  refuseBeyond('the extra data of the leaf', extra.length, MAX_EXTRA_BYTES)
}

function refuseBeyond(what: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw baseErrors('base.too-large', `${what} has ${bytes} bytes; the limit is ${maxBytes}`)
}

export function encodeEntry({ timeMs, leaf, extra }: LogEntry): Uint8Array {
  const head = uint(timeMs, TIME_BYTES)
  return concatBytes(head, uint(leaf.length, 2), leaf, uint(extra.length, 3), extra)
}

export function decodeEntry(cursor: Cursor): LogEntry {
  return { timeMs: cursor.uint(TIME_BYTES), leaf: cursor.vector(2), extra: cursor.vector(3) }
}

export function uint(value: number, width: number): Uint8Array {
  const bytes = new Uint8Array(width)
  for (let [at, rest] = [width - 1, value]; at >= 0; at -= 1, rest = Math.floor(rest / 256))
    bytes[at] = rest % 256
  return bytes
}
