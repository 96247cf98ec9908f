import { utf8Decode } from '../../../base/index.ts'
import { distributionErrors } from './errors.ts'
import { quoted } from './findings.ts'

const EQUALS = 0x3d
const SPACE = 0x20
const NEWLINE = 0x0a
const MAX_LENGTH_DIGITS = 8

/**
 * The records of a pax header (POSIX pax, "Extended Header"): `LENGTH KEY=VALUE\n`, each key once. Throws
 * `distribution.structure` and `distribution.feature`.
 */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const length = recordLength(bytes.subarray(at, at + MAX_LENGTH_DIGITS + 1))
    const record = bytes.subarray(at, at + length)
    const [space, equals] = [record.indexOf(SPACE), record.indexOf(EQUALS)]
    if (record.length < length || equals < space || record[length - 1] !== NEWLINE) throw malformed()
    const key = decode(record.subarray(space + 1, equals))
    if (records.has(key))
      throw distributionErrors('distribution.feature', `a pax header of the tar has ${quoted(key)} twice`)
    records.set(key, isBinary(key) ? '' : decode(record.subarray(equals + 1, length - 1)))
    at += length
  }
  return records
}

function recordLength(start: Uint8Array): number {
  const digits = /^(?<length>[1-9][0-9]*) /.exec(Buffer.from(start).toString('latin1'))?.groups?.['length']
  const length = Number(digits ?? 0)
  if (length < 5) throw malformed()
  return length
}

/** Attributes of file systems may hold any bytes; installers pass over them. */
function isBinary(key: string): boolean {
  return /^(?:SCHILY|LIBARCHIVE)\./.test(key)
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    throw distributionErrors('distribution.structure', 'a pax header of the tar is not UTF-8')
  }
}

function malformed(): Error {
  return distributionErrors('distribution.structure', 'a pax header of the tar is malformed')
}

const TEXTS = new Set(['uname', 'gname', 'comment'])
const NUMBERS = new Set(['atime', 'ctime', 'mtime', 'uid', 'gid'])
const NUMBER = /^-?[0-9]{1,10}(?:\.[0-9]{0,20})?$/
const PATHS = new Set(['path', 'linkpath'])

/** What a pax header may say of one member: its path, its link's target, and what no installer needs. */
export function checkPax(records: ReadonlyMap<string, string>, size: number): void {
  for (const [key, value] of records) {
    const shown = `a pax header of the tar has the ${quoted(key)} ${quoted(value)}`
    if (key === 'size' && value !== String(size))
      throw distributionErrors('distribution.headers-differ', `${shown}, and its member ${size} bytes`)
    if (NUMBERS.has(key) && !NUMBER.test(value)) throw distributionErrors('distribution.structure', shown)
    if (PATHS.has(key) && (value === '' || value.includes('\0')))
      throw distributionErrors('distribution.feature', shown)
    if (!isKnown(key)) throw distributionErrors('distribution.feature', shown)
  }
}

/** Not among them: sparse files (`GNU.sparse.…`), another character set. */
function isKnown(key: string): boolean {
  return key === 'size' || TEXTS.has(key) || NUMBERS.has(key) || PATHS.has(key) || isBinary(key)
}

/** For all members after it: as git archive writes it, and nothing that would change what they are. */
export function checkGlobalPax(records: ReadonlyMap<string, string>): void {
  for (const key of records.keys())
    if (key !== 'comment')
      throw distributionErrors(
        'distribution.feature',
        `a global pax header of the tar has the key ${quoted(key)}`,
      )
}
