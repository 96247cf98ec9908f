import { bytesEqual, decodeBase64Url, utf8Decode } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'
import { quoted, type Findings } from './findings.ts'
import { LIMITS } from './limits.ts'
import { Pace, PER_NAME } from './pace.ts'
import type { Seen } from './zip.ts'

/** What RECORD says of one file (binary distribution format; PEP 376). */
export interface RecordRow {
  /** As node:crypto names it; undefined where there is none, as for RECORD itself. */
  readonly algorithm: RecordAlgorithm | undefined
  readonly digest: Uint8Array | undefined
  readonly size: number | undefined
}

/** sha256 or better; md5, sha1 and sha224 are not allowed. */
const DIGEST_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const
export type RecordAlgorithm = keyof typeof DIGEST_BYTES

/** RECORD by path, each path once. Throws `distribution.record`. */
export async function parseRecord(bytes: Uint8Array): Promise<ReadonlyMap<string, RecordRow>> {
  const rows = new Map<string, RecordRow>()
  const pace = new Pace()
  let lines = 0
  for (const line of linesOf(bytes)) {
    await pace.spend(PER_NAME)
    lines += 1
    if (lines > 2 * LIMITS.maxMembers) throw malformed('RECORD has too many lines')
    if (line === '') continue
    const [path = '', hash = '', size = '', ...more] = parseCsvLine(line)
    if (path === '' || more.length > 0) throw malformed(`RECORD has the line ${quoted(line)}`)
    if (rows.has(path)) throw malformed(`RECORD has ${quoted(path)} twice`)
    rows.set(path, { ...parseHash(path, hash), size: parseSize(path, size) })
  }
  return rows
}

/** One at a time: an enemy's RECORD may be nothing but ends of lines. */
function* linesOf(bytes: Uint8Array): Generator<string> {
  const text = decode(bytes)
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    at += line.length + 1
    yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    throw malformed('RECORD is not UTF-8')
  }
}

/** A field is plain, or in quotes with each quote of its own doubled. */
const FIELD = /(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^",]*))(?<end>,|$)/y

function parseCsvLine(line: string): readonly string[] {
  // A long path in quotes, and what comes after it; a regular expression takes its stack from the length.
  if (line.length > 4 * LIMITS.maxPathBytes) throw malformed(`RECORD has the line ${quoted(line)}`)
  const fields: string[] = []
  FIELD.lastIndex = 0
  for (;;) {
    const found = FIELD.exec(line)
    if (found === null || fields.length > 3) throw malformed(`RECORD has the line ${quoted(line)}`)
    const { quoted: inQuotes, plain = '', end } = found.groups ?? {}
    fields.push(inQuotes?.replaceAll('""', '"') ?? plain)
    if (end === '') return fields
  }
}

function parseHash(path: string, text: string): Pick<RecordRow, 'algorithm' | 'digest'> {
  if (text === '') return { algorithm: undefined, digest: undefined }
  const [algorithm = '', value = ''] = text.split('=', 2)
  if (!isAlgorithm(algorithm))
    throw malformed(
      `RECORD has a digest of the algorithm ${quoted(algorithm)} for ${quoted(path)}; sha256 or better is asked for`,
    )
  const digest = decodeOrUndefined(value.replace(/=+$/, ''))
  if (digest?.length !== DIGEST_BYTES[algorithm])
    throw malformed(`RECORD has a malformed digest for ${quoted(path)}`)
  return { algorithm, digest }
}

function isAlgorithm(text: string): text is RecordAlgorithm {
  return Object.hasOwn(DIGEST_BYTES, text)
}

function decodeOrUndefined(text: string): Uint8Array | undefined {
  try {
    return decodeBase64Url(text)
  } catch {
    return undefined
  }
}

function parseSize(path: string, text: string): number | undefined {
  if (text === '') return undefined
  if (!/^[0-9]{1,15}$/.test(text)) throw malformed(`RECORD has a malformed size for ${quoted(path)}`)
  return Number(text)
}

function malformed(fact: string): Error {
  return distributionErrors('distribution.record', fact)
}

/** They cannot stand in RECORD, or not with a digest. */
const UNRECORDED = ['RECORD', 'RECORD.jws', 'RECORD.p7s']

interface Recorded {
  readonly record: ReadonlyMap<string, RecordRow>
  /** Of every file of the wheel. */
  readonly paths: ReadonlySet<string>
  /** Of those whose data is sound, by path. */
  readonly seen: ReadonlyMap<string, Seen>
  readonly folder: string
}

/** Every file of the wheel is in RECORD, with its digest and size, and nothing else is. */
export async function checkRecord(
  { record, paths, seen, folder }: Recorded,
  findings: Findings,
): Promise<void> {
  const pace = new Pace()
  const unrecorded = new Set(UNRECORDED.map((file) => `${folder}/${file}`))
  for (const [path, what] of seen) {
    await pace.spend(PER_NAME)
    const row = record.get(path)
    const problem = unrecorded.has(path) && row?.digest === undefined ? undefined : rowProblem(row, what)
    if (problem !== undefined) findings.add('distribution.record', `RECORD ${problem} ${quoted(path)}`)
  }
  for (const path of record.keys())
    if (!paths.has(path))
      findings.add('distribution.record', `RECORD lists ${quoted(path)}, which the wheel does not have`)
}

function rowProblem(row: RecordRow | undefined, { size, digest }: Seen): string | undefined {
  if (row === undefined) return 'does not list'
  if (row.digest === undefined) return 'has no digest for'
  if (row.size !== undefined && row.size !== size) return 'has another size for'
  return digest !== undefined && bytesEqual(row.digest, digest) ? undefined : 'has another digest for'
}
