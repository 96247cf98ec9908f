import { bytesEqual, type Clock } from '../base/index.ts'
import { checkState, inspectFiles, type LogCheck } from './check.ts'
import type { LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { Anchor, KeyIndex, LogFiles, TreeHead } from './files.ts'
import { DEFAULT_GEOMETRY, type Geometry } from './geometry.ts'
import { provenConsistency, provenInclusion } from './prove.ts'
import { createLogFiles, recover } from './recover.ts'
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
import { startWal } from './wal.ts'
import { Writer, type Appended, type NewEntry } from './writer.ts'

export interface TransparencyLog {
  /**
   * Durable when it resolves; the same entry again gives the first index. Throws `log.poisoned`, `log.frozen`,
   * `log.busy`, and `base.too-large` for a leaf above 65,535 bytes.
   */
  append(entry: NewEntry): Promise<Appended>
  /** Why no entries are taken, in words; undefined while they are. */
  refusal(): string | undefined
  head(): Promise<TreeHead>
  /** The head that the log had at that size. Throws `log.range`. */
  headAt(size: number): Promise<TreeHead>
  /** Undefined beyond the head: what a failed commit may have left is nobody's entry. */
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
export async function openLog(parts: LogParts): Promise<TransparencyLog> {
  const { files, index, clock, anchor, keysOf = () => [], geometry = DEFAULT_GEOMETRY } = parts
  const { state, number } = await recover({ files, index, geometry, keysOf })
  const frozen = await compareWithAnchor(state, anchor)
  if (frozen !== undefined) return { ...readsOf(state), ...frozenWriter(frozen) }
  await anchor?.keep(state.head)
  const writer = new Writer({ state, wal: await startWal(state, number + 1), clock, anchor })
  return { ...readsOf(state), ...writing(writer) }
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

type Writes = Pick<TransparencyLog, 'append' | 'refusal' | 'close'>

function writing(writer: Writer): Writes {
  return {
    append: (entry) => writer.append(entry),
    refusal: () => (writer.poison === undefined ? undefined : 'a commit failed; it needs a new start'),
    close: () => writer.close(),
  }
}

function frozenWriter(reason: string): Writes {
  return {
    append: () => Promise.reject(logErrors('log.frozen', reason)),
    refusal: () => reason,
    close: () => Promise.resolve(),
  }
}

/** Why the log must not go on, or undefined. Before the first signature of a start. */
async function compareWithAnchor(state: LogState, anchor: Anchor | undefined): Promise<string | undefined> {
  const newest = await anchor?.newest()
  if (newest === undefined) return undefined
  const { size } = state.head
  if (size < newest.size) return `the log has ${size} entries, its anchor has seen ${newest.size}`
  return bytesEqual(await rootAt(state, newest.size), newest.root)
    ? undefined
    : `the log of ${newest.size} entries that its anchor has seen had another root: one of the two is a fork`
}

function readsOf(state: LogState): Omit<TransparencyLog, keyof Writes> {
  const isThere = (index: number): boolean => index < state.head.size
  return {
    check: () => checkState(state),
    head: async () => state.head,
    headAt: (size) => inRange(state, size, async () => ({ size, root: await rootAt(state, size) })),
    entry: async (index) => (isThere(index) ? entryAt(state, index) : undefined),
    entries: (index, limit) => entriesFrom(state, index, limit),
    find: async (hash) => {
      const found = await findEntry(state, hash, (entry) => hasHash(entry, hash))
      return found !== undefined && isThere(found.index) ? found.index : undefined
    },
    findByKey: async (key, range) => (await candidates(state, key, range)).filter(isThere),
    inclusionProof: (index, size) => inRange(state, size, () => provenInclusion(state, { index, size })),
    consistencyProof: (first, second) =>
      inRange(state, second, () => provenConsistency(state, { first, second })),
  }
}

async function inRange<T>({ head }: LogState, size: number, work: () => Promise<T>): Promise<T> {
  if (!Number.isSafeInteger(size) || size < 0 || size > head.size)
    throw logErrors('log.range', `the log has ${head.size} entries, asked was ${size}`)
  try {
    return await work()
  } catch (error) {
    if (error instanceof RangeError) throw logErrors('log.range', error.message, { cause: error })
    throw error
  }
}
