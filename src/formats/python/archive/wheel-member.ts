import { encodeHex, WheelsealError, type Source } from '../../../base/index.ts'
import { parseFileName, type WheelName } from '../file-name.ts'
import { isName, normalizeName } from '../name.ts'
import { isVersion, parseVersion } from '../version.ts'
import { parseCoreMetadata } from './core-metadata.ts'
import { distributionErrors } from './errors.ts'
import { Findings, quoted } from './findings.ts'
import { LIMITS } from './limits.ts'
import { Pace, PER_NAME } from './pace.ts'
import { parseRecord, type RecordAlgorithm, type RecordRow } from './record.ts'
import { LOCAL_BYTES, type ZipEntry } from './zip-entry.ts'
import { checkEntry } from './zip-features.ts'
import { endsOf, readDirectory, readMember, type Directory } from './zip.ts'

const MAX_METADATA_BYTES = 2 ** 20
/** Most directories, with the files of .dist-info before them, fit in. */
const TAIL_BYTES = 256 * 1024
/** Both texts of a local header, and what deflate adds to what it cannot compress. */
const MAX_OVERHEAD_BYTES = 256 * 1024

/**
 * METADATA of a wheel, and nothing else of it: the one `NAME-VERSION.dist-info/METADATA` of the name and version in
 * `fileName`, at most 1 MiB, where every reader finds it and both headers agree. The other members may be what they
 * like: `checkDistribution` judges them. Reads the last 256 KiB; then, each in one read and only where it begins before
 * them, the directory and the member. Throws `python.file-name`, `distribution.…`, and what `source` throws.
 */
export function readWheelMetadata(fileName: string, source: Source): Promise<Uint8Array> {
  return readInfoFile(fileName, { source, file: 'METADATA', maxBytes: MAX_METADATA_BYTES })
}

/** Whether METADATA is of the name and version in a file name, by its own word; false too for what cannot be read. */
export function isMetadataOf(fileName: string, bytes: Uint8Array): boolean {
  try {
    const { name, version } = parseFileName(fileName)
    const core = parseCoreMetadata(bytes, 'METADATA')
    return core.nameKey === name && core.version.key === version.key
  } catch (error) {
    if (error instanceof WheelsealError) return false
    throw error
  }
}

/** What RECORD says of a file. */
export interface WheelRecordEntry {
  /** As written: of a wheel relative to its root, of an environment relative to the folder that has .dist-info. */
  readonly path: string
  /** Lower-case hex; null where there is none, as for RECORD itself. */
  readonly digest: { readonly algorithm: RecordAlgorithm; readonly hex: string } | null
  readonly sizeBytes: number | null
}

/** RECORD of a wheel in its order, each path once; at most 16 MiB. Reads and throws as `readWheelMetadata` does. */
export async function readWheelRecord(
  fileName: string,
  source: Source,
): Promise<readonly WheelRecordEntry[]> {
  return parseWheelRecord(
    await readInfoFile(fileName, { source, file: 'RECORD', maxBytes: LIMITS.maxRecordBytes }),
  )
}

/** The same of the bytes of a RECORD, also of one in an environment. Throws `distribution.record`. */
export async function parseWheelRecord(bytes: Uint8Array): Promise<readonly WheelRecordEntry[]> {
  if (bytes.length > LIMITS.maxRecordBytes)
    throw distributionErrors('distribution.record', `RECORD has more than ${LIMITS.maxRecordBytes} bytes`)
  const entries: WheelRecordEntry[] = []
  for (const [path, row] of await parseRecord(bytes))
    entries.push({ path, digest: digestOf(row), sizeBytes: row.size ?? null })
  return entries
}

function digestOf({ algorithm, digest }: RecordRow): WheelRecordEntry['digest'] {
  if (algorithm === undefined || digest === undefined) return null
  return { algorithm, hex: encodeHex(digest) }
}

interface Asked {
  readonly source: Source
  readonly file: 'METADATA' | 'RECORD'
  readonly maxBytes: number
}

async function readInfoFile(fileName: string, { source, file, maxBytes }: Asked): Promise<Uint8Array> {
  const name = parseFileName(fileName)
  if (name.kind !== 'wheel')
    throw distributionErrors('distribution.file-type', `${quoted(fileName)} is not a wheel`)
  const tail = withTail(source)
  const directory = await readDirectory(tail)
  const entry = await findInfoFile(directory.entries, name, file)
  return readOnly(tail, { directory, entry, maxBytes })
}

/** Keeps the end of a source once it was read. */
function withTail(source: Source): Source {
  const start = Math.max(0, source.size - TAIL_BYTES)
  let tail: Promise<Uint8Array> | undefined
  return {
    size: source.size,
    read: async (offset, length) => {
      if (offset < start || offset + length > source.size) return source.read(offset, length)
      tail ??= source.read(start, source.size - start)
      return (await tail).subarray(offset - start, offset - start + length)
    },
  }
}

/**
 * By all names that some reader takes for a file of .dist-info, so that an installer that does not count case, or that
 * resolves `./`, unpacks nothing over what is read here.
 */
async function findInfoFile(entries: readonly ZipEntry[], wheel: WheelName, file: string): Promise<ZipEntry> {
  const pace = new Pace()
  const folders = new Set<string>()
  const found: ZipEntry[] = []
  for (const entry of entries) {
    await pace.spend(PER_NAME)
    const [folder = '', ...below] = landing(entry.name)
    if (!folder.toLowerCase().endsWith('.dist-info')) continue
    folders.add(folder)
    if (folders.size > 1) break
    if (below.length === 1 && below[0]?.toLowerCase() === file.toLowerCase()) found.push(entry)
  }
  return onlyOne(found, { folders: [...folders], wheel, file })
}

interface Sought {
  /** At most two. */
  readonly folders: readonly string[]
  readonly wheel: WheelName
  readonly file: string
}

function onlyOne([entry, ...more]: readonly ZipEntry[], { folders, wheel, file }: Sought): ZipEntry {
  const [folder = '', other] = folders
  if (other !== undefined)
    throw distributionErrors(
      'distribution.dist-info',
      `the wheel has the folders ${quoted(folder)} and ${quoted(other)}`,
    )
  if (!isOf(folder, wheel))
    throw distributionErrors(
      'distribution.dist-info',
      `the wheel has no .dist-info folder of ${wheel.name} ${wheel.version.normal}`,
    )
  if (entry === undefined)
    throw distributionErrors('distribution.missing-file', `the wheel has no ${quoted(`${folder}/${file}`)}`)
  if (more.length > 0 || entry.name !== `${folder}/${file}`)
    throw distributionErrors(
      'distribution.member-collision',
      `${quoted(entry.name)} is in the wheel twice, or not spelled ${quoted(`${folder}/${file}`)}`,
    )
  return entry
}

/** The parts of where a path leads to, in the composition of letters that counts for all. */
function landing(path: string): readonly string[] {
  const parts: string[] = []
  for (const part of path.normalize('NFC').split(/[/\\]/)) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}

function isOf(folder: string, { name, version }: WheelName): boolean {
  const [, spelled = '', written = ''] = /^([^-]+)-([^-]+)\.dist-info$/.exec(folder) ?? []
  return (
    isName(spelled) &&
    normalizeName(spelled) === name &&
    isVersion(written) &&
    parseVersion(written).key === version.key
  )
}

interface Place {
  readonly directory: Directory
  readonly entry: ZipEntry
  readonly maxBytes: number
}

/** All that belongs to the member in one read, which is then all that there is to read. */
async function readOnly(source: Source, { directory, entry, maxBytes }: Place): Promise<Uint8Array> {
  const findings = new Findings()
  checkEntry(entry, findings)
  const ends = endsOf(directory.entries, directory.endsAt)
  const end = ends.get(entry) ?? 0
  const length = end - entry.offset
  if (entry.unpackedBytes > maxBytes || length > maxBytes + MAX_OVERHEAD_BYTES)
    throw distributionErrors(
      'distribution.too-large',
      `${quoted(entry.name)} has more than ${maxBytes} bytes`,
    )
  if (length < LOCAL_BYTES || end > directory.endsAt)
    throw distributionErrors('distribution.structure', `${quoted(entry.name)} has no room for its header`)
  const part = await source.read(entry.offset, length)
  const only: Source = {
    size: end,
    read: async (offset, bytes) => part.subarray(offset - entry.offset, offset - entry.offset + bytes),
  }
  const seen = await readMember({ source: only, findings, ends }, entry, { maxKeptBytes: maxBytes })
  const [problem] = findings.all
  if (problem !== undefined) throw problem
  return seen.bytes ?? new Uint8Array(0)
}
