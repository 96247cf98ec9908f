import type { LogFile, LogFiles } from './files.ts'
import { encodeCommit, encodeHead, segmentPath, type Commit, type Record } from './segment.ts'
import type { LogState } from './state.ts'

/** The live segment of the write-ahead log. */
export interface Wal {
  /** One record, behind those that are there. */
  append(commit: Commit): Promise<void>
  /** The commit: what was appended is durable when it resolves. */
  sync(): Promise<void>
  /** The state goes on in a new segment and the old one is removed, when that is worth it. */
  changeSegment(state: LogState): Promise<void>
  /** With the state, leaves the next start as little as can be; without, everything as it is. */
  close(state?: LogState): Promise<void>
}

/** The segment that is written to. */
interface LiveSegment {
  readonly number: number
  readonly file: LogFile
  /** Leaves that were applied when it began. */
  readonly applied: number
  checksum: Uint8Array
  bytes: number
}

/** Begins segment `number`, which continues the state, and removes those before it. */
export async function startWal(state: LogState, number: number): Promise<Wal> {
  let live = await begin(state, number)
  const change = async (current: LogState): Promise<void> => {
    const old = live
    live = await begin(current, old.number + 1)
    await old.file.close()
  }
  return {
    append: (commit) => append(live, encodeCommit(commit, live.checksum)),
    sync: () => live.file.sync(),
    changeSegment: async (current) => {
      const isWorthIt = live.bytes > current.geometry.segmentBytes && current.pending.applied > live.applied
      if (isWorthIt) await change(current)
    },
    close: async (current) => {
      try {
        if (current !== undefined && current.pending.applied > live.applied) await change(current)
      } finally {
        await live.file.close()
      }
    },
  }
}

/** Step 16: the new segment is durable and whole before anything that it replaces is removed. */
async function begin(
  { files, pending, edge, head, geometry }: LogState,
  number: number,
): Promise<LiveSegment> {
  const { applied } = pending
  const [entries, upper] = [pending.entries(applied, head.size), edge.upperRows(applied)]
  // Before anything is awaited: the state moves on while bundles are written.
  const record = encodeHead({ ...head, number, tileHeight: geometry.tileHeight, applied, upper, entries })
  const path = segmentPath(number)
  // Left by a crash before it was whole: nothing was ever appended to it.
  await files.remove(path)
  const live = { number, file: await files.create(path), applied, checksum: new Uint8Array(), bytes: 0 }
  try {
    await append(live, record)
    await live.file.sync()
    await files.syncFolder('wal')
    await removeOthers(files, path)
    return live
  } catch (error) {
    await live.file.close()
    throw error
  }
}

async function removeOthers(files: LogFiles, path: string): Promise<void> {
  for (const name of await files.list('wal')) if (`wal/${name}` !== path) await files.remove(`wal/${name}`)
}

async function append(live: LiveSegment, { bytes, checksum }: Record): Promise<void> {
  await live.file.append(bytes)
  live.checksum = checksum
  live.bytes += bytes.length
}
