import { bytesEqual, type Clock } from '../base/index.ts'
import { checkEntrySize, type LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { Anchor } from './files.ts'
import { tileWidth } from './geometry.ts'
import { hasFullBundle, project } from './project.ts'
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
  readonly anchor: Anchor | undefined
  /** Called once, at the first failure: from then on nothing is taken. */
  readonly onFailure: (failed: Writer, error: unknown) => void
}

const MAX_WAITING = 4096
const MAX_BATCH = 1024
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
        return reject(logErrors('log.busy', `${MAX_WAITING} entries wait already`))
      this.#waiting.push({ entry, resolve, reject })
      return void (this.#running ??= this.#run())
    })
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

/** What cannot be an entry is refused alone; a rejection leaves it open whether the batch was committed. */
async function commitBatch(
  { state, wal, clock, anchor }: WriterParts,
  batch: readonly Waiting[],
): Promise<void> {
  const timeMs = Math.max(state.timeMs, clock.nowMs())
  const settled: Settled[] = []
  for (const one of batch) settled.push(await stage(state, one, timeMs))
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

/** Puts an entry on the edge of the tree, or finds it; its maker hears of it once the batch is committed. */
async function stage(state: LogState, { entry, resolve, reject }: Waiting, timeMs: number): Promise<Settled> {
  let made: Made
  try {
    made = makeEntry(state, entry, timeMs)
  } catch (error) {
    return () => reject(error)
  }
  const { kept, keys, leafAt } = made
  const isSame = ({ timeMs: first, leaf }: LogEntry): boolean => bytesEqual(leafAt(first), leaf)
  const known = await findEntry(state, entry.identity ?? keys[0], isSame)
  if (known !== undefined)
    return () => resolve({ index: known.index, timeMs: known.entry.timeMs, isDuplicate: true })
  const index = state.pending.end
  state.edge.append(keys[0])
  state.pending.add(kept, keys)
  return () => resolve({ index, timeMs, isDuplicate: false })
}

interface Made {
  readonly kept: LogEntry
  readonly keys: EntryKeys
  readonly leafAt: (timeMs: number) => Uint8Array
}

function makeEntry(state: LogState, { leaf, extra = new Uint8Array() }: NewEntry, timeMs: number): Made {
  const leafAt = typeof leaf === 'function' ? leaf : (): Uint8Array => leaf
  const kept = { timeMs, leaf: leafAt(timeMs), extra }
  checkEntrySize(kept)
  return { kept, keys: keysOfEntry(state, kept), leafAt }
}
