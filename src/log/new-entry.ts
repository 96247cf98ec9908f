import { bytesEqual, isoTimeMs, type Clock } from '../base/index.ts'
import { checkEntrySize, type LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import { findEntry, keysOfEntry, type EntryKeys, type LogState } from './state.ts'

export interface NewEntry {
  /** The leaf, or what makes it from the time of its commit, for formats that hold it. */
  readonly leaf: Uint8Array | ((timeMs: number) => Uint8Array)
  /** Kept beside the leaf; left out for none. */
  readonly extra?: Uint8Array
  /**
   * One of the leaf's keys that says what is the same entry, for leaves that hold their time; left out for the leaf's
   * hash.
   */
  readonly identity?: Uint8Array
  /** Outside of it the entry is worth nothing to its readers, as outside of its certificate's validity. */
  readonly window?: TimeWindow
}

export interface TimeWindow {
  readonly fromMs: number
  /** The last moment that is inside. */
  readonly untilMs: number
}

export interface Appended {
  readonly index: number
  /** When the leaf was committed first; never earlier than that of any leaf before it. */
  readonly timeMs: number
  readonly isDuplicate: boolean
}

/** By so much an entry may be dated after the clock, when that was set back a little: time never runs backwards. */
const MAX_AHEAD_MS = 30_000

export interface TimeSource {
  readonly state: LogState
  readonly clock: Clock
  /** Why the clock must not be believed now, in words. */
  readonly doubt: (() => string | undefined) | undefined
}

/** Why no entry can get its time at the moment, in words. */
export function untimely({ state, clock, doubt }: TimeSource): string | undefined {
  const nowMs = clock.nowMs()
  const aheadMs = state.timeMs - nowMs
  if (aheadMs <= MAX_AHEAD_MS) return doubt?.()
  const [newest, now] = [isoTimeMs(state.timeMs), isoTimeMs(nowMs)]
  return `the newest entry is dated ${newest}, but the clock says ${now}; entries are accepted again after that time`
}

/** The time of a batch, and why no new entry may be dated with it. */
export interface BatchTime {
  readonly timeMs: number
  readonly untimely: string | undefined
}

/** Never before the newest leaf. */
export function batchTime(source: TimeSource): BatchTime {
  const { state, clock } = source
  return { timeMs: Math.max(state.timeMs, clock.nowMs()), untimely: untimely(source) }
}

/** What an entry is to the log: one more leaf, one that it has, or none, for a reason that is this entry's alone. */
export type Examined =
  | { readonly kind: 'new'; readonly kept: LogEntry; readonly keys: EntryKeys }
  | { readonly kind: 'known'; readonly appended: Appended }
  | { readonly kind: 'refused'; readonly error: unknown }

/**
 * Changes nothing. Refused are `base.too-large`, `log.clock`, `log.window`, and whatever leaves it unknown whether the log
 * has the entry, such as `log.corrupt`.
 */
export async function examine(state: LogState, entry: NewEntry, time: BatchTime): Promise<Examined> {
  try {
    const { leaf, extra = new Uint8Array(), identity, window } = entry
    const leafAt = typeof leaf === 'function' ? leaf : (): Uint8Array => leaf
    const kept = { timeMs: time.timeMs, leaf: leafAt(time.timeMs), extra }
    checkEntrySize(kept)
    const keys = keysOfEntry(state, kept)
    const isSame = (one: LogEntry): boolean => bytesEqual(leafAt(one.timeMs), one.leaf)
    const known = await findEntry(state, identity ?? keys[0], isSame)
    if (known !== undefined)
      return {
        kind: 'known',
        appended: { index: known.index, timeMs: known.entry.timeMs, isDuplicate: true },
      }
    checkTime(time, window)
    return { kind: 'new', kept, keys }
  } catch (error) {
    return { kind: 'refused', error }
  }
}

function checkTime({ timeMs, untimely: reason }: BatchTime, window: TimeWindow | undefined): void {
  if (reason !== undefined) throw logErrors('log.clock', reason)
  if (window === undefined || (window.fromMs <= timeMs && timeMs <= window.untilMs)) return
  const span = `${isoTimeMs(window.fromMs)} to ${isoTimeMs(window.untilMs)}`
  throw logErrors(
    'log.window',
    `the certificate is valid from ${span}, but the entry would be dated ${isoTimeMs(timeMs)}`,
  )
}
