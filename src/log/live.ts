import { bytesEqual, type Clock } from '../base/index.ts'
import { logErrors } from './errors.ts'
import type { Anchor, TreeHead } from './files.ts'
import type { Appended, NewEntry } from './new-entry.ts'
import { recover } from './recover.ts'
import { Sequencer } from './sequencer.ts'
import { closedBy, shortageOf } from './shortage.ts'
import { rootAt, type LogState, type StateParts } from './state.ts'
import { startWal } from './wal.ts'

export interface LiveParts extends StateParts {
  readonly clock: Clock
  readonly doubt?: (() => string | undefined) | undefined
  readonly anchor?: Anchor
}

/** A log that takes entries, over all its openings. */
export interface Live {
  readonly state: LogState
  append(entry: NewEntry): Promise<Appended>
  refusal(): string | undefined
  close(): Promise<void>
}

/** From a start, or from a shortage that has passed, to the next failure. */
interface Opening {
  readonly state: LogState
  readonly writes: Pick<Live, 'append' | 'refusal' | 'close'>
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/**
 * Opens the log. After a failure for want of space or of file descriptors it is opened again from the disk, as a new
 * start would, until that succeeds: what the failure has left is judged there and nothing goes on from memory. Any other
 * failure is for the next start.
 */
export async function openLive(parts: LiveParts): Promise<Live> {
  const stop = new AbortController()
  let going: Promise<void> = Promise.resolve()
  const onFailure = (failed: Sequencer, error: unknown): void => {
    if (shortageOf(error) !== undefined) going = first.then(() => goOn(failed))
  }
  const pauses = growingPauses()
  const goOn = async (failed: Sequencer): Promise<void> => {
    await failed.close().catch(() => undefined)
    const { head, pending } = now.state
    const pause = (): Promise<void> => parts.clock.sleep(pauses(head.size + pending.applied), stop.signal)
    const next = await reopened(parts, { onFailure, seen: head, signal: stop.signal, pause })
    if (next !== undefined) now = { ...now, ...next }
  }
  const first = begin(parts, { onFailure })
  let now = await first
  return {
    get state() {
      return now.state
    },
    append: (entry) => now.writes.append(entry),
    refusal: () => now.writes.refusal(),
    close: async () => {
      stop.abort()
      await going
      await now.writes.close()
    },
  }
}

interface Beginning {
  readonly onFailure: (failed: Sequencer, error: unknown) => void
  /** A head that was answered from: what is opened must continue it. */
  readonly seen?: TreeHead
}

interface Reopening extends Beginning {
  readonly signal: AbortSignal
  /** Rejects when it is cut. */
  readonly pause: () => Promise<void>
}

/** Undefined when it was stopped before there was room. What fails for another reason closes the log for good. */
async function reopened(
  parts: LiveParts,
  { signal, pause, ...beginning }: Reopening,
): Promise<Partial<Opening> | undefined> {
  for (;;) {
    await pause().catch(() => undefined)
    if (signal.aborted) return undefined
    try {
      return await begin(parts, beginning)
    } catch (error) {
      if (shortageOf(error) === undefined) return { writes: refusing(closedBy(error)) }
    }
  }
}

/** Each is longer than the one before, unless the log got further in between: it may fail again right after it was opened. */
function growingPauses(): (progress: number) => number {
  let [pauseMs, reached] = [FIRST_PAUSE_MS, -1]
  return (progress) => {
    pauseMs = progress > reached ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    reached = Math.max(reached, progress)
    return pauseMs
  }
}

async function begin(
  { clock, doubt, anchor, ...parts }: LiveParts,
  { onFailure, seen }: Beginning,
): Promise<Opening> {
  const { state, number } = await recover(parts)
  const frozen = await forkOf(state, [await anchor?.newest(), seen])
  if (frozen !== undefined) return { state, writes: refusing(logErrors('log.frozen', frozen)) }
  await anchor?.keep(state.head)
  const wal = await startWal(state, number + 1)
  return { state, writes: writing(new Sequencer({ state, wal, clock, doubt, anchor, onFailure })) }
}

function writing(sequencer: Sequencer): Opening['writes'] {
  return {
    append: (entry) => sequencer.append(entry),
    refusal: () => (sequencer.poison === undefined ? sequencer.untimely() : refusalOf(sequencer.poison)),
    close: () => sequencer.close(),
  }
}

function refusalOf(poison: unknown): string {
  const { message } = closedBy(poison)
  return shortageOf(poison) === undefined
    ? `${message}; restart the server`
    : `${message}; the log accepts entries again by itself once that is resolved`
}

function refusing(reason: Error): Opening['writes'] {
  return {
    append: () => Promise.reject(reason),
    refusal: () => reason.message,
    close: () => Promise.resolve(),
  }
}

/** Why the log must not go on, or undefined. Before the first signature of a start. */
async function forkOf(
  state: LogState,
  heads: readonly (TreeHead | undefined)[],
): Promise<string | undefined> {
  for (const seen of heads) {
    if (seen === undefined) continue
    if (state.head.size < seen.size)
      return `the log has tree size ${state.head.size}, but its anchor recorded tree size ${seen.size}`
    if (!bytesEqual(await rootAt(state, seen.size), seen.root))
      return `the anchor recorded another root for the tree of ${seen.size} entries: one of the two is a fork`
  }
  return undefined
}
