import type { Clock } from '../base/index.ts'
import { checkState, inspectFiles, type LogCheck } from './check.ts'
import type { LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { Anchor, KeyIndex, LogFiles, TreeHead } from './files.ts'
import { DEFAULT_GEOMETRY, type Geometry } from './geometry.ts'
import { openLive } from './live.ts'
import { provenConsistency, provenInclusion } from './prove.ts'
import { createLogFiles } from './recover.ts'
import {
  candidates,
  entriesFrom,
  entryAt,
  findEntry,
  hasHash,
  rootAt,
  type KeysOf,
  type LogState,
} from './state.ts'
import type { Appended, NewEntry } from './new-entry.ts'

export interface TransparencyLog {
  /**
   * Durable when it resolves; the same entry again gives the first index. Throws `log.poisoned`, `log.full`,
   * `log.descriptors`, `log.frozen`, `log.clock`, `log.window`, `log.busy`, and `base.too-large` for a leaf above 65,535 bytes.
   */
  append(entry: NewEntry): Promise<Appended>
  /** Why no entries are taken, in words; undefined while they are. */
  refusal(): string | undefined
  head(): Promise<TreeHead>
  /** The head that the log had at that size. Throws `log.range`. */
  headAt(size: number): Promise<TreeHead>
  /** Undefined beyond the head: what a failed commit may have left is no entry. */
  entry(index: number): Promise<LogEntry | undefined>
  /** Entries that follow each other, from `index` on: at least one of those that are there, at most `limit`. */
  entries(index: number, limit: number): Promise<readonly LogEntry[]>
  /** By leaf hash, up to the head. Throws `log.corrupt` where the leaf is damaged: that is not the same as missing. */
  find(hash: Uint8Array): Promise<number | undefined>
  /** The entries that have that key, ascending, up to the head; as the index says, so the caller compares. */
  findByKey(
    key: Uint8Array,
    range: { readonly from: number; readonly limit: number },
  ): Promise<readonly number[]>
  /** RFC 6962 §2.1.1, and it leads to the root. Throws `log.range`. */
  inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]>
  /** RFC 6962 §2.1.2, and it leads from one root to the other. Throws `log.range`. */
  consistencyProof(first: number, second: number): Promise<readonly Uint8Array[]>
  /** Reads the whole log and derives it anew; what is wrong is said, not thrown. */
  check(): Promise<LogCheck>
  /** Waits for what was handed in, then lets go of the files. */
  close(): Promise<void>
}

export interface LogParts {
  readonly files: LogFiles
  readonly index: KeyIndex
  readonly clock: Clock
  /** Why the clock must not be believed at the moment, in words; left out where nobody watches it. */
  readonly doubt?: (() => string | undefined) | undefined
  /** Left out when leaves are found by their hashes only. Must not change in the life of a log. */
  readonly keysOf?: KeysOf
  readonly anchor?: Anchor
  /** Left out for tiles of height 8. Must not change in the life of a log. */
  readonly geometry?: Geometry
}

/** Once and explicitly: `genesis` becomes the leaf at index 0, so that no client meets that index. Throws `log.exists`. */
export async function createLog(
  { files, clock, geometry = DEFAULT_GEOMETRY }: LogParts,
  genesis: { readonly leaf: Uint8Array; readonly extra?: Uint8Array },
): Promise<void> {
  const entry = { timeMs: clock.nowMs(), leaf: genesis.leaf, extra: genesis.extra ?? new Uint8Array() }
  await createLogFiles(files, geometry, entry)
}

/**
 * Continues a log. Reads the live segment of its write-ahead log and nothing else, however large the log is. Throws
 * `log.missing`, `log.corrupt`; a log behind its anchor is opened for reading only.
 */
export async function openLog({
  keysOf = () => [],
  geometry = DEFAULT_GEOMETRY,
  ...parts
}: LogParts): Promise<TransparencyLog> {
  const live = await openLive({ ...parts, keysOf, geometry })
  return {
    ...readsOf(() => live.state),
    append: (entry) => live.append(entry),
    refusal: () => live.refusal(),
    close: () => live.close(),
  }
}

/** `check` of a log that nobody has open, also of one that `openLog` refuses. Writes nothing; what is wrong is said. */
export function inspectLog({
  files,
  index,
  keysOf = () => [],
  geometry = DEFAULT_GEOMETRY,
}: Omit<LogParts, 'clock' | 'anchor'>): Promise<LogCheck> {
  return inspectFiles({ files, index, keysOf, geometry })
}

/** Of the state as it is when they are asked. */
function readsOf(now: () => LogState): Omit<TransparencyLog, 'append' | 'refusal' | 'close'> {
  return {
    check: () => checkState(now()),
    head: async () => now().head,
    headAt: (size) => inRange(now(), size, async (state) => ({ size, root: await rootAt(state, size) })),
    entry: async (index) => (index < now().head.size ? entryAt(now(), index) : undefined),
    entries: (index, limit) => entriesFrom(now(), index, limit),
    find: async (hash) => {
      const state = now()
      const found = await findEntry(state, hash, (entry) => hasHash(entry, hash))
      return found !== undefined && found.index < state.head.size ? found.index : undefined
    },
    findByKey: async (key, range) => {
      const state = now()
      return (await candidates(state, key, range)).filter((index) => index < state.head.size)
    },
    inclusionProof: (index, size) => inRange(now(), size, (state) => provenInclusion(state, { index, size })),
    consistencyProof: (first, second) =>
      inRange(now(), second, (state) => provenConsistency(state, { first, second })),
  }
}

async function inRange<T>(state: LogState, size: number, work: (state: LogState) => Promise<T>): Promise<T> {
  const { head } = state
  if (!Number.isSafeInteger(size) || size < 0 || size > head.size)
    throw logErrors('log.range', `the log has ${head.size} entries; ${size} were requested`)
  try {
    return await work(state)
  } catch (error) {
    if (error instanceof RangeError) throw logErrors('log.range', error.message, { cause: error })
    throw error
  }
}
