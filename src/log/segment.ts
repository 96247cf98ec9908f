/**
 * A segment of the write-ahead log: one head record, which holds all that the segment before it still had to say, then
 * one record for each commit. Every record ends with SHA-256 over the checksum before it and its own bytes, so that
 * none can be left out or moved.
 */
import { bytesEqual, concatBytes, Cursor, sha256, WheelsealError } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { decodeEntry, encodeEntry, uint, type LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { TreeHead } from './files.ts'
import { HASH_BYTES, type Geometry } from './geometry.ts'
import { TreeEdge, type UpperRow } from './tree-edge.ts'

export interface Commit extends TreeHead {
  /** In order; they end at `size`. */
  readonly entries: readonly LogEntry[]
}

export interface SegmentHead extends Commit {
  readonly number: number
  readonly tileHeight: number
  /** Leaves whose tiles and bundles are durable; `entries` are those that follow. */
  readonly applied: number
  readonly upper: readonly UpperRow[]
}

/** A record, and the checksum that the next one continues. */
export interface Record {
  readonly bytes: Uint8Array
  readonly checksum: Uint8Array
}

const MAGIC = 0x57534c31
const [HEAD, COMMIT] = [1, 2]
const NUMBER_BYTES = 6
const START: Uint8Array = new Uint8Array(HASH_BYTES)

export function segmentPath(number: number): string {
  return `wal/${String(number).padStart(9, '0')}`
}

/** Undefined for the name of anything else. */
export function segmentNumber(name: string): number | undefined {
  return /^[0-9]{9}$/.test(name) ? Number(name) : undefined
}

export function encodeHead(head: SegmentHead): Record {
  const upper = head.upper.map((row) => concatBytes(uint(row.length, 2), ...row))
  const fields = [
    uint(head.number, NUMBER_BYTES),
    uint(head.tileHeight, 1),
    uint(head.applied, NUMBER_BYTES),
    uint(upper.length, 1),
    ...upper,
  ]
  return encodeRecord(HEAD, START, concatBytes(...fields, encodeCommitBody(head)))
}

export function encodeCommit(commit: Commit, before: Uint8Array): Record {
  return encodeRecord(COMMIT, before, encodeCommitBody(commit))
}

function encodeCommitBody({ size, root, entries }: Commit): Uint8Array {
  return concatBytes(uint(size, NUMBER_BYTES), root, uint(entries.length, 4), ...entries.map(encodeEntry))
}

function encodeRecord(type: number, before: Uint8Array, body: Uint8Array): Record {
  const bytes = concatBytes(uint(MAGIC, 4), uint(type, 1), uint(body.length, 4), body)
  const checksum = sha256(concatBytes(before, bytes))
  return { bytes: concatBytes(bytes, checksum), checksum }
}

/** What a segment says, derived anew and compared with the root that it records. */
export interface Segment {
  readonly number: number
  readonly applied: number
  /** From `applied` on. */
  readonly entries: readonly LogEntry[]
  readonly head: TreeHead
  readonly edge: TreeEdge
}

/**
 * Undefined when its head record is not whole: a crash made it, nothing was ever appended to it. A last record that is
 * not whole was never acknowledged and is left out. Anything else that does not fit throws `log.corrupt`.
 */
export function readSegment(bytes: Uint8Array, geometry: Geometry): Segment | undefined {
  const first = readRecord(bytes, 0, START)
  if (first === undefined) return undefined
  const head = decodeHead(first)
  if (head.tileHeight !== geometry.tileHeight)
    throw corrupt(head.number, `has tiles of height ${head.tileHeight}`)
  const edge = new TreeEdge(geometry, head)
  const entries: LogEntry[] = []
  const adopt = (commit: Commit): TreeHead => {
    for (const entry of commit.entries) edge.append(leafHash(entry.leaf))
    entries.push(...commit.entries)
    if (edge.size === commit.size && bytesEqual(edge.root(), commit.root)) return commit
    throw corrupt(head.number, `does not give the recorded root of ${commit.size} leaves`)
  }
  let newest = adopt(head)
  let record: RawRecord | undefined = first
  for (let at = first.end; at < bytes.length; at = record.end) {
    record = readRecord(bytes, at, record.checksum)
    if (record === undefined) {
      refuseCut(bytes, at, head.number)
      break
    }
    newest = adopt(decodeCommit(record, head.number))
  }
  const { number, applied } = head
  return { number, applied, entries, head: { size: newest.size, root: newest.root }, edge }
}

interface RawRecord {
  readonly type: number
  readonly body: Uint8Array
  readonly checksum: Uint8Array
  readonly end: number
}

const PREFIX_BYTES = 9

/** Undefined unless a whole record stands there that continues `before`. */
function readRecord(bytes: Uint8Array, at: number, before: Uint8Array): RawRecord | undefined {
  if (bytes.length - at < PREFIX_BYTES + HASH_BYTES) return undefined
  const cursor = new Cursor(bytes.subarray(at, at + PREFIX_BYTES))
  const [magic, type, length] = [cursor.uint(4), cursor.uint(1), cursor.uint(4)]
  const bodyEnd = at + PREFIX_BYTES + length
  if (magic !== MAGIC || bodyEnd + HASH_BYTES > bytes.length) return undefined
  const checksum = bytes.subarray(bodyEnd, bodyEnd + HASH_BYTES)
  if (!bytesEqual(sha256(concatBytes(before, bytes.subarray(at, bodyEnd))), checksum)) return undefined
  return { type, body: bytes.subarray(at + PREFIX_BYTES, bodyEnd), checksum, end: bodyEnd + HASH_BYTES }
}

/**
 * The record at `at` is not whole. That is what a crash leaves, unless a record stands behind it: each was synced
 * before the next was begun, so then something whole was damaged.
 */
function refuseCut(bytes: Uint8Array, at: number, number: number): void {
  const magic = Buffer.from(uint(MAGIC, 4))
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let next = rest.indexOf(magic, at + 1); next !== -1; next = rest.indexOf(magic, next + 1)) {
    if (isRecordAfterOther(bytes, next))
      throw corrupt(number, `has a damaged record at byte ${at}, followed by others`)
  }
}

/** The checksum before it may be anything: 32 bytes of it stand just in front, as the end of the damaged record. */
function isRecordAfterOther(bytes: Uint8Array, at: number): boolean {
  return at >= HASH_BYTES && readRecord(bytes, at, bytes.subarray(at - HASH_BYTES, at)) !== undefined
}

function decodeHead({ type, body }: RawRecord): SegmentHead {
  if (type !== HEAD) throw logErrors('log.corrupt', 'a segment of the write-ahead log has no header')
  return decoded(() => {
    const cursor = new Cursor(body)
    const [number, tileHeight, applied] = [
      cursor.uint(NUMBER_BYTES),
      cursor.uint(1),
      cursor.uint(NUMBER_BYTES),
    ]
    const upper = Array.from({ length: cursor.uint(1) }, () => hashesOf(cursor))
    return { number, tileHeight, applied, upper, ...decodeCommitBody(cursor) }
  })
}

function hashesOf(cursor: Cursor): UpperRow {
  return Array.from({ length: cursor.uint(2) }, () => cursor.take(HASH_BYTES))
}

function decodeCommit({ type, body }: RawRecord, number: number): Commit {
  if (type !== COMMIT) throw corrupt(number, 'has a second header')
  return decoded(() => decodeCommitBody(new Cursor(body)))
}

function decodeCommitBody(cursor: Cursor): Commit {
  const [size, root, count] = [cursor.uint(NUMBER_BYTES), cursor.take(HASH_BYTES), cursor.uint(4)]
  const entries: LogEntry[] = []
  while (entries.length < count) entries.push(decodeEntry(cursor))
  cursor.end()
  return { size, root, entries }
}

/** The checksum held, so the record is as it was written: by another version, or by a fault of ours. */
function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw logErrors('log.corrupt', `a record of the write-ahead log is malformed: ${cause.message}`, {
      cause,
    })
  }
}

function corrupt(number: number, fact: string): Error {
  return logErrors('log.corrupt', `segment ${number} ${fact}`)
}
