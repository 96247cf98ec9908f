import { bytesEqual, isoTimeMs, type Clock } from '../base/index.ts'
import { checkEntrySize, type LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { Anchor } from './files.ts'
import { tileWidth } from './geometry.ts'
import { hasFullBundle, project } from './bundle-files.ts'
import { closedBy, shortageOf } from './shortage.ts'
import { findEntry, keysOfEntry, type EntryKeys, type LogState } from './state.ts'
import type { Wal } from './wal.ts'

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

interface Waiting {
  readonly entry: NewEntry
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

export interface WriterParts {
  readonly state: LogState
  readonly wal: Wal
  readonly clock: Clock
  /** Why the clock must not be believed now, in words. */
  readonly doubt: (() => string | undefined) | undefined
  readonly anchor: Anchor | undefined
  /** Called once, at the first failure: from then on nothing is taken. */
  readonly onFailure: (failed: Writer, error: unknown) => void
}

const MAX_WAITING = 4096
const MAX_BATCH = 1024
/** By so much an entry may be dated after the clock, when that was set back a little: time never runs backwards. */
const MAX_AHEAD_MS = 30_000
/** Full bundles in memory before appends wait for the disk. */
const MAX_UNAPPLIED_BUNDLES = 32

/** Everything that waits is committed together, while the next ones gather: no timer, and no entry waits for one. */
export class Writer {
  readonly #parts: WriterParts
  readonly #waiting: Waiting[] = []
  #poison: unknown
  #isClosed = false
  #running: Promise<void> | undefined
  #projecting: Promise<void> | undefined

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#startProjecting()
  }

  /** Why it takes nothing more, or undefined. */
  get poison(): unknown {
    return this.#poison
  }

  append(entry: NewEntry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#poison !== undefined) return reject(closedBy(this.#poison))
      if (this.#isClosed) return reject(closedBy('the log was closed'))
      if (this.#waiting.length >= MAX_WAITING)
        return reject(logErrors('log.busy', `${MAX_WAITING} entries are already waiting`))
      this.#waiting.push({ entry, resolve, reject })
      return void (this.#running ??= this.#run())
    })
  }

  /** Why no entry can get its time at the moment, in words. */
  untimely(): string | undefined {
    return untimely(this.#parts)
  }

  /** Waits for what was handed in. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
    await this.#projecting
    const { wal, state } = this.#parts
    // What a failure has left is for the next start to judge, as it is.
    await wal.close(this.#poison === undefined ? state : undefined).catch((error: unknown) => {
      // What would have made the next start shorter had no room; everything is where it was.
      if (shortageOf(error) === undefined) throw error
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && this.#poison === undefined) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      // Whoever of the batch has its answer already is not reached by a failure that comes later.
      await this.#turn(batch).catch((error: unknown) => this.#fail(error, batch))
    }
    this.#running = undefined
  }

  async #turn(batch: readonly Waiting[]): Promise<void> {
    const { state, wal } = this.#parts
    await commitBatch(this.#parts, batch)
    this.#startProjecting()
    await wal.changeSegment(state)
    const unapplied = state.head.size - state.pending.applied
    if (unapplied > MAX_UNAPPLIED_BUNDLES * tileWidth(state.geometry)) await this.#projecting
  }

  #startProjecting(): void {
    if (this.#projecting !== undefined || !hasFullBundle(this.#parts.state)) return
    this.#projecting = this.#project()
      .catch((error: unknown) => this.#fail(error, []))
      .finally(() => (this.#projecting = undefined))
  }

  async #project(): Promise<void> {
    while (this.#poison === undefined && hasFullBundle(this.#parts.state)) await project(this.#parts.state)
  }

  #fail(error: unknown, batch: readonly Waiting[]): void {
    const isFirst = this.#poison === undefined
    this.#poison ??= error
    for (const one of [...batch, ...this.#waiting.splice(0)]) one.reject(closedBy(this.#poison))
    if (isFirst) this.#parts.onFailure(this, error)
  }
}

type Settled = () => void

function untimely({ state, clock, doubt }: WriterParts): string | undefined {
  const nowMs = clock.nowMs()
  const aheadMs = state.timeMs - nowMs
  if (aheadMs <= MAX_AHEAD_MS) return doubt?.()
  const [newest, now] = [isoTimeMs(state.timeMs), isoTimeMs(nowMs)]
  return `the newest entry is dated ${newest}, but the clock says ${now}; entries are accepted again after that time`
}

/** What cannot be an entry is refused alone; a rejection leaves it open whether the batch was committed. */
async function commitBatch(parts: WriterParts, batch: readonly Waiting[]): Promise<void> {
  const { state, wal, clock, anchor } = parts
  const moment = { timeMs: Math.max(state.timeMs, clock.nowMs()), untimely: untimely(parts) }
  const { timeMs } = moment
  const settled: Settled[] = []
  for (const one of batch) settled.push(await stage(state, one, moment))
  const entries = state.pending.entries(state.head.size, state.pending.end)
  if (entries.length > 0) {
    const head = { size: state.edge.size, root: state.edge.root() }
    await wal.commit({ ...head, entries })
    await anchor?.keep(head)
    state.head = head
    state.timeMs = timeMs
  }
  for (const settle of settled) settle()
}

interface Moment {
  readonly timeMs: number
  readonly untimely: string | undefined
}

/** Puts an entry on the edge of the tree, or finds it; its maker hears of it once the batch is committed. */
async function stage(state: LogState, { entry, resolve, reject }: Waiting, moment: Moment): Promise<Settled> {
  const { timeMs } = moment
  let made: Made
  try {
    made = await makeEntry(state, entry, timeMs)
  } catch (error) {
    return () => reject(error)
  }
  const { kept, keys, known } = made
  if (known !== undefined)
    return () => resolve({ index: known.index, timeMs: known.entry.timeMs, isDuplicate: true })
  const refusal = refusalAt(moment, entry.window)
  if (refusal !== undefined) return () => reject(refusal)
  const index = state.pending.end
  state.edge.append(keys[0])
  state.pending.add(kept, keys)
  return () => resolve({ index, timeMs, isDuplicate: false })
}

function refusalAt({ timeMs, untimely: reason }: Moment, window: TimeWindow | undefined): Error | undefined {
  if (reason !== undefined) return logErrors('log.clock', reason)
  if (window === undefined || (window.fromMs <= timeMs && timeMs <= window.untilMs)) return undefined
  const span = `${isoTimeMs(window.fromMs)} to ${isoTimeMs(window.untilMs)}`
  return logErrors(
    'log.window',
    `the certificate is valid from ${span}, but the entry would be dated ${isoTimeMs(timeMs)}`,
  )
}

interface Made {
  readonly kept: LogEntry
  readonly keys: EntryKeys
  /** The same entry, where the log has it. */
  readonly known: { readonly index: number; readonly entry: LogEntry } | undefined
}

/** Changes nothing. Throws `base.too-large`, and what makes it unknown whether the log has the entry, such as `log.corrupt`. */
async function makeEntry(
  state: LogState,
  { leaf, extra = new Uint8Array(), identity }: NewEntry,
  timeMs: number,
): Promise<Made> {
  const leafAt = typeof leaf === 'function' ? leaf : (): Uint8Array => leaf
  const kept = { timeMs, leaf: leafAt(timeMs), extra }
  checkEntrySize(kept)
  const keys = keysOfEntry(state, kept)
  const isSame = (one: LogEntry): boolean => bytesEqual(leafAt(one.timeMs), one.leaf)
  return { kept, keys, known: await findEntry(state, identity ?? keys[0], isSame) }
}
