import { leafHash } from '../formats/merkle/index.ts'
import { checkEntrySize, type LogEntry } from './entry.ts'
import { logErrors } from './errors.ts'
import type { LogFiles } from './files.ts'
import { tileWidth, type Geometry } from './geometry.ts'
import { encodeHead, readSegment, segmentNumber, segmentPath, type Segment } from './segment.ts'
import {
  createState,
  entriesFrom,
  entryAt,
  keysOfEntry,
  rowsOf,
  type LogState,
  type StateParts,
} from './state.ts'
import { TreeEdge } from './tree-edge.ts'
import { writeNew } from './write-new.ts'

/** Says that the log was created, once its first segment is durable. */
const CREATED = 'created'
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024

/** Throws `log.exists`. After a crash in between, the log is as if it had never been begun. */
export async function createLogFiles(files: LogFiles, geometry: Geometry, genesis: LogEntry): Promise<void> {
  if (await isCreated(files)) throw logErrors('log.exists', 'the log already exists')
  checkEntrySize(genesis)
  const edge = new TreeEdge(geometry, { applied: 0, upper: [] })
  edge.append(leafHash(genesis.leaf))
  const head = { size: 1, root: edge.root(), number: 1, tileHeight: geometry.tileHeight, applied: 0 }
  await files.makeFolder('wal')
  await writeNew(files, segmentPath(1), encodeHead({ ...head, upper: [], entries: [genesis] }).bytes)
  await files.syncFolder('wal')
  await writeNew(files, CREATED, new Uint8Array())
  await files.syncFolder('.')
}

async function isCreated(files: LogFiles): Promise<boolean> {
  return (await files.list('.')).includes(CREATED)
}

/** The state that the newest whole segment says, and its number; nothing else is read. Writes nothing. */
export async function readState(parts: StateParts): Promise<{ state: LogState; number: number }> {
  if (!(await isCreated(parts.files))) throw logErrors('log.missing', 'the log does not exist')
  const segment = await newestSegment(parts.files, parts.geometry)
  return { state: createState(parts, segment), number: segment.number }
}

/** The same, and what else a log that goes on must have. Writes nothing but the index. */
export async function recover(parts: StateParts): Promise<{ state: LogState; number: number }> {
  const { state, number } = await readState(parts)
  // So that a start notices when bundles and tiles are not those of the write-ahead log.
  state.timeMs = (await entryAt(state, state.head.size - 1)).timeMs
  await catchUp(state)
  return { state, number }
}

/**
 * A segment whose head is cut was never live: a crash, or a disk that was full, ended it before the one in front was
 * removed, which then still holds.
 */
async function newestSegment(files: LogFiles, geometry: Geometry): Promise<Segment> {
  const numbers = (await files.list('wal')).map(segmentNumber).filter((number) => number !== undefined)
  for (const number of numbers.toSorted((a, b) => b - a)) {
    const segment = readSegment(await readFile(files, segmentPath(number)), geometry)
    if (segment === undefined) continue
    if (segment.number === number) return segment
    throw logErrors('log.corrupt', `segment ${number} has the number ${segment.number} in its header`)
  }
  throw logErrors('log.corrupt', 'the write-ahead log has no complete segment')
}

async function readFile(files: LogFiles, path: string): Promise<Uint8Array> {
  const bytes = await files.size(path)
  if (bytes > MAX_SEGMENT_BYTES) throw logErrors('log.corrupt', `${path} has ${bytes} bytes`)
  return files.read(path, 0, bytes)
}

/** A crash may have taken the newest rows of the index, and their mark with them. */
async function catchUp(state: LogState): Promise<void> {
  const { index, pending, geometry } = state
  const width = tileWidth(geometry)
  const mark = await index.mark()
  if (mark > state.head.size)
    throw logErrors(
      'log.corrupt',
      `the index of keys covers ${mark} entries, but the log has ${state.head.size}`,
    )
  for (let from = mark; from < pending.applied; from += width) {
    const entries = await entriesFrom(state, from, width)
    const rows = entries.flatMap((entry, at) => rowsOf(keysOfEntry(state, entry), from + at))
    await index.add(rows, from + width)
  }
}
