/** For tests: a log in memory. */
import { concatBytes, utf8, type Clock } from '../base/index.ts'
import { leafHash } from '../formats/merkle/index.ts'
import { createMemoryIndex } from './crash/memory-index.ts'
import { createSimDisk } from './crash/sim-disk.ts'
import type { LogEntry } from './entry.ts'
import type { LogFiles } from './files.ts'
import { createLog, openLog, type LogParts, type TransparencyLog } from './log.ts'
import { encodeCommit, encodeHead, segmentPath } from './segment.ts'
import { TreeEdge } from './tree-edge.ts'

export interface MemoryLog {
  readonly log: TransparencyLog
  readonly parts: LogParts
}

/** A new log, opened. */
export async function arrangeLog(
  options: {
    readonly clock?: Clock
    readonly genesis?: { readonly leaf: Uint8Array; readonly extra?: Uint8Array }
  } & Partial<LogParts> = {},
): Promise<MemoryLog> {
  const { genesis = { leaf: utf8('genesis') }, clock = { nowMs: () => 1000, sleep: async () => undefined } } =
    options
  const parts: LogParts = { files: createSimDisk(), index: createMemoryIndex(), ...options, clock }
  await createLog(parts, genesis)
  return { parts, log: await openLog(parts) }
}

/** Tiles of four, so that a few leaves make bundles, tiles of two levels and new segments. */
const SMALL = { tileHeight: 2, segmentBytes: 500 }

export interface TestClock extends Clock {
  set(ms: number): void
}

export function clockAt(start: number): TestClock {
  let now = start
  return { nowMs: () => now, sleep: async () => undefined, set: (ms) => void (now = ms) }
}

/** A log with small tiles and a clock that stands still. */
export async function newLog(options: Partial<LogParts> = {}): Promise<MemoryLog & { clock: TestClock }> {
  const clock = clockAt(1000)
  return { clock, ...(await arrangeLog({ clock, geometry: SMALL, ...options })) }
}

export const text = (value: string): { leaf: Uint8Array } => ({ leaf: utf8(value) })

export const entryAt = (timeMs: number, leaf: string): LogEntry => ({
  timeMs,
  leaf: utf8(leaf),
  extra: new Uint8Array(),
})

export interface SegmentChange {
  /** In place of the root that the entries lead to. */
  readonly root?: Uint8Array
  /** Committed by a second record, whose root `commitRoot` can take the place of. */
  readonly committed?: readonly LogEntry[]
  readonly commitRoot?: Uint8Array
}

/** In place of the newest segment: its checksums hold, whatever it says. The genesis leaf stands in front. */
export async function writeSegment(
  files: LogFiles,
  entries: readonly LogEntry[],
  { root, committed = [], commitRoot }: SegmentChange = {},
): Promise<void> {
  const all = [entryAt(1000, 'genesis'), ...entries]
  const edge = new TreeEdge(SMALL, { applied: 0, upper: [] })
  for (const { leaf } of all) edge.append(leafHash(leaf))
  const tree = { size: all.length, root: root ?? edge.root() }
  const head = encodeHead({ ...tree, number: 9, tileHeight: 2, applied: 0, upper: [], entries: all })
  for (const { leaf } of committed) edge.append(leafHash(leaf))
  const commit = encodeCommit(
    { size: edge.size, root: commitRoot ?? edge.root(), entries: committed },
    head.checksum,
  )
  const file = await files.create(segmentPath(9))
  await file.append(committed.length === 0 ? head.bytes : concatBytes(head.bytes, commit.bytes))
  await file.sync()
  await file.close()
}

export async function grown(leaves: number): Promise<MemoryLog> {
  const made = await newLog()
  for (let count = 1; count < leaves; count += 1) await made.log.append(text(`leaf ${count}`))
  return made
}

/** Closed, so that everything is on disk, and opened again. */
export async function reopened({ log, parts }: MemoryLog): Promise<TransparencyLog> {
  await log.close()
  return openLog(parts)
}
