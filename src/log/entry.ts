import { baseErrors, concatBytes, Cursor } from '../base/index.ts'
import { logErrors } from './errors.ts'

/** A leaf and what the log keeps with it. */
export interface LogEntry {
  /** When it was committed; never before the leaf in front of it. */
  readonly timeMs: number
  /** What the tree hashes. */
  readonly leaf: Uint8Array
  /** What readers need beside the leaf, and the tree does not hold (RFC 6962 §4.6, extra_data); often empty. */
  readonly extra: Uint8Array
}

/** The entry bundles of tlog-tiles give a leaf's length two bytes. */
const MAX_LEAF_BYTES = 65_535
const MAX_EXTRA_BYTES = 256 * 1024
const TIME_BYTES = 6

/** Throws `base.too-large`. */
export function checkEntrySize({ leaf, extra }: Pick<LogEntry, 'leaf' | 'extra'>): void {
  refuseBeyond('a leaf', leaf.length, MAX_LEAF_BYTES)
  refuseBeyond('what stands beside a leaf', extra.length, MAX_EXTRA_BYTES)
}

function refuseBeyond(what: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw baseErrors('base.too-large', `${what} of ${bytes} bytes, ${maxBytes} are allowed`)
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

const BUNDLE_MAGIC = 0x57534231
const WORD_BYTES = 4

/** A full bundle: the offsets of its entries and of its end, then the entries. */
export function encodeBundle(entries: readonly LogEntry[]): Uint8Array {
  const encoded = entries.map(encodeEntry)
  let offset = bundleHeadBytes(entries.length)
  const offsets = [uint(offset, WORD_BYTES)]
  for (const bytes of encoded) offsets.push(uint((offset += bytes.length), WORD_BYTES))
  return concatBytes(uint(BUNDLE_MAGIC, WORD_BYTES), ...offsets, ...encoded)
}

/** Of the magic number and the offsets. */
export function bundleHeadBytes(width: number): number {
  return WORD_BYTES * (width + 2)
}

/** Where each entry begins, and where the last one ends. Throws `log.corrupt`. */
export function decodeBundleHead(head: Uint8Array, width: number): Uint32Array {
  const cursor = new Cursor(head)
  const isWhole = head.length === bundleHeadBytes(width) && cursor.uint(WORD_BYTES) === BUNDLE_MAGIC
  if (!isWhole) throw logErrors('log.corrupt', 'a bundle does not begin as one')
  const offsets = Uint32Array.from({ length: width + 1 }, () => cursor.uint(WORD_BYTES))
  const isOrdered = offsets.every((offset, at) => at === 0 || offset > (offsets[at - 1] ?? 0))
  if (!isOrdered || offsets[0] !== head.length)
    throw logErrors('log.corrupt', 'the offsets of a bundle are not in order')
  return offsets
}
