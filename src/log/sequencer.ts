/**
 * The write path of the log from top to bottom. The numbers are the steps of "Life of an entry" in docs/design/log.md, which
 * says what a crash behind each of them leaves; a test compares both. Step 1 and step 9 are of `trust/rekor` and
 * `trust/ct`, step 10 is of their routes, and step 16 stands in wal.ts.
 */
import type { Clock } from '../base/index.ts'
import {
  bundleFiles,
  compareWithDisk,
  compareWithTree,
  renameAndSync,
  writeUnderTemporaryNames,
} from './bundle-files.ts'
import { logErrors } from './errors.ts'
import type { Anchor } from './files.ts'
import { tileWidth } from './geometry.ts'
import { batchTime, examine, untimely, type Appended, type Examined, type NewEntry } from './new-entry.ts'
import { closedBy, shortageOf } from './shortage.ts'
import { rowsOf, type LogState } from './state.ts'
import type { Wal } from './wal.ts'

interface Waiting {
  readonly entry: NewEntry
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

export interface SequencerParts {
  readonly state: LogState
  readonly wal: Wal
  readonly clock: Clock
  /** Why the clock must not be believed now, in words. */
  readonly doubt: (() => string | undefined) | undefined
  readonly anchor: Anchor | undefined
  /** Called once, at the first failure: from then on nothing is taken. */
  readonly onFailure: (failed: Sequencer, error: unknown) => void
}

const MAX_WAITING = 4096
const MAX_BATCH = 1024
/** Full bundles in memory before appends wait for the disk. */
const MAX_UNAPPLIED_BUNDLES = 32
/** Written at once, so that memory and one round of syncs stay small. */
const MAX_BUNDLES = 16

/** Everything that waits is committed together, while the next ones gather: no timer, and no entry waits for one. */
export class Sequencer {
  readonly #parts: SequencerParts
  readonly #waiting: Waiting[] = []
  #poison: unknown
  #isClosed = false
  #running: Promise<void> | undefined
  #integrating: Promise<void> | undefined

  constructor(parts: SequencerParts) {
    this.#parts = parts
    this.#startIntegrating()
  }

  /** Why it takes nothing more, or undefined. */
  get poison(): unknown {
    return this.#poison
  }

  append(entry: NewEntry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#poison !== undefined) return reject(closedBy(this.#poison))
      if (this.#isClosed) return reject(closedBy('the log was closed'))
      // Step 2: it waits, with all others that come while a commit is under way.
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
    await this.#integrating
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
      // What has its answer already is not reached by a failure that comes later.
      await this.#turn(batch).catch((error: unknown) => this.#fail(error, batch))
    }
    this.#running = undefined
  }

  async #turn(batch: readonly Waiting[]): Promise<void> {
    const { state, wal } = this.#parts
    await commitBatch(this.#parts, batch)
    this.#startIntegrating()
    await wal.changeSegment(state)
    const unapplied = state.head.size - state.pending.applied
    if (unapplied > MAX_UNAPPLIED_BUNDLES * tileWidth(state.geometry)) await this.#integrating
  }

  /** Beside the commits that follow. */
  #startIntegrating(): void {
    if (this.#integrating !== undefined || !hasFullBundle(this.#parts.state)) return
    this.#integrating = this.#integrate()
      .catch((error: unknown) => this.#fail(error, []))
      .finally(() => (this.#integrating = undefined))
  }

  async #integrate(): Promise<void> {
    while (this.#poison === undefined && hasFullBundle(this.#parts.state)) await integrate(this.#parts.state)
  }

  /** Nothing is tried again, and nothing goes on from memory: what is on the disk is unknown. */
  #fail(error: unknown, batch: readonly Waiting[]): void {
    const isFirst = this.#poison === undefined
    this.#poison ??= error
    for (const one of [...batch, ...this.#waiting.splice(0)]) one.reject(closedBy(this.#poison))
    if (isFirst) this.#parts.onFailure(this, error)
  }
}

/** A rejection leaves it open whether the batch was committed. */
async function commitBatch(parts: SequencerParts, batch: readonly Waiting[]): Promise<void> {
  const { state, wal, anchor } = parts
  // Step 3: the batch gets its time, and each entry is looked for once more; what cannot be an entry is refused alone.
  const time = batchTime(parts)
  const answers: (() => void)[] = []
  for (const { entry, resolve, reject } of batch) {
    const examined = await examine(state, entry, time)
    if (examined.kind === 'refused') answers.push(() => reject(examined.error))
    else {
      const appended = examined.kind === 'known' ? examined.appended : stage(state, examined)
      answers.push(() => resolve(appended))
    }
  }
  const entries = state.pending.entries(state.head.size, state.pending.end)
  if (entries.length > 0) {
    // Step 4: leaf hashes and right edge are there since `stage`; the root of all.
    const head = { size: state.edge.size, root: state.edge.root() }
    // Step 5: one record with entries and root.
    await wal.append({ ...head, entries })
    // Step 6: one sync. This is the commit.
    await wal.sync()
    // Step 7: from now on a folder that is put back from a backup is noticed.
    await anchor?.keep(head)
    // Step 8: the head in memory, from which everything is read and signed.
    state.head = head
    state.timeMs = time.timeMs
  }
  for (const answer of answers) answer()
}

/** In memory, where no reader sees it before the commit. */
function stage({ edge, pending }: LogState, { kept, keys }: Examined & { kind: 'new' }): Appended {
  const index = pending.end
  edge.append(keys[0])
  pending.add(kept, keys)
  return { index, timeMs: kept.timeMs, isDuplicate: false }
}

function hasFullBundle({ pending, head, geometry }: LogState): boolean {
  return head.size - pending.applied >= tileWidth(geometry)
}

/**
 * Moves committed entries from the write-ahead log into bundles and tiles. After a crash in between, the next opening
 * begins with step 11 again.
 */
async function integrate(state: LogState): Promise<void> {
  const { files, index, pending, edge, head, geometry } = state
  const width = tileWidth(geometry)
  const from = pending.applied
  const to = Math.min(from + MAX_BUNDLES * width, head.size - (head.size % width))
  const made = bundleFiles(state, { from, to })
  // Step 11: bundles and tiles under temporary names, synced, all at once.
  await writeUnderTemporaryNames(files, made)
  // Step 12: their names, and each folder synced.
  await renameAndSync(files, made)
  // Step 13: read back and compared, the leaves hashed again.
  await compareWithDisk(files, made)
  compareWithTree(state, from, made)
  // Step 14: their keys, with the mark up to which the index is whole, in one transaction.
  const rows = Array.from({ length: to - from }, (_, at) => rowsOf(pending.keys(from + at), from + at))
  await index.add(rows.flat(), to)
  // Step 15: from now on readers take them from the disk.
  edge.settle(to)
  pending.settle(to)
}
