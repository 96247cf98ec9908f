/**
 * A full bundle: the offsets of its entries and of its end, then the entries, each with a checksum of its own, since the
 * tree knows the leaf of an entry but neither its time nor what stands beside it. Bundles of earlier versions have none.
 */
import { bytesEqual, concatBytes, Cursor, sha256, WheelsealError } from '../base/index.ts'
import { decodeEntry, encodeEntry, uint, type LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'

const [MAGIC_WITHOUT_SUMS, MAGIC] = [0x57534231, 0x57534232]
const WORD_BYTES = 4
/** Against damage, not against an enemy: he would change the tree too. */
const SUM_BYTES = 8

export function encodeBundle(entries: readonly LogEntry[]): Uint8Array {
  const encoded = entries.map((entry) => withSum(encodeEntry(entry)))
  let offset = bundleHeadBytes(entries.length)
  const offsets = [uint(offset, WORD_BYTES)]
  for (const bytes of encoded) offsets.push(uint((offset += bytes.length), WORD_BYTES))
  return concatBytes(uint(MAGIC, WORD_BYTES), ...offsets, ...encoded)
}

function withSum(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, sumOf(bytes))
}

function sumOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, SUM_BYTES)
}

/** Of the magic number and the offsets. */
export function bundleHeadBytes(width: number): number {
  return WORD_BYTES * (width + 2)
}

export interface BundleHead {
  /** Where each entry begins, and where the last one ends. */
  readonly offsets: Uint32Array
  readonly hasSums: boolean
}

/** Throws `log.corrupt`. */
export function decodeBundleHead(head: Uint8Array, width: number): BundleHead {
  const cursor = new Cursor(head)
  const magic = head.length === bundleHeadBytes(width) ? cursor.uint(WORD_BYTES) : 0
  if (magic !== MAGIC && magic !== MAGIC_WITHOUT_SUMS)
    throw logErrors('log.corrupt', 'a bundle has no header')
  const offsets = Uint32Array.from({ length: width + 1 }, () => cursor.uint(WORD_BYTES))
  const isOrdered = offsets.every((offset, at) => at === 0 || offset > (offsets[at - 1] ?? 0))
  if (!isOrdered || offsets[0] !== head.length)
    throw logErrors('log.corrupt', 'the offsets of a bundle are not in order')
  return { offsets, hasSums: magic === MAGIC }
}

/** Those from `first` on, whose bytes are handed in. Throws `log.corrupt`. */
export function decodeBundleEntries(
  bytes: Uint8Array,
  { offsets, hasSums }: BundleHead,
  first: number,
): readonly LogEntry[] {
  const entries: LogEntry[] = []
  const start = offsets[first] ?? 0
  for (let at = first; (offsets[at] ?? Infinity) - start < bytes.length; at += 1) {
    const slot = bytes.subarray((offsets[at] ?? 0) - start, (offsets[at + 1] ?? 0) - start)
    entries.push(decodeSlot(hasSums ? withoutSum(slot, at) : slot, at))
  }
  return entries
}

function withoutSum(slot: Uint8Array, at: number): Uint8Array {
  const bytes = slot.subarray(0, Math.max(0, slot.length - SUM_BYTES))
  if (bytesEqual(sumOf(bytes), slot.subarray(bytes.length))) return bytes
  throw logErrors('log.corrupt', `the checksum of entry ${at} of a bundle is wrong: the file is damaged`)
}

function decodeSlot(bytes: Uint8Array, at: number): LogEntry {
  try {
    const cursor = new Cursor(bytes)
    const entry = decodeEntry(cursor)
    cursor.end()
    return entry
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw logErrors('log.corrupt', `entry ${at} of a bundle is truncated: the file is damaged`, {
      cause,
    })
  }
}
