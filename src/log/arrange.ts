/** For tests: a log in memory. */
import { utf8, type Clock } from '../base/index.ts'
import { createMemoryIndex } from './crash/memory-index.ts'
import { createSimDisk } from './crash/sim-disk.ts'
import { createLog, openLog, type LogParts, type TransparencyLog } from './log.ts'

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
