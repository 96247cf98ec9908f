import { validRange } from '@renovatebot/pep440'
import { utf8Decode, WheelsealError } from '../../../base/index.ts'
import { isName, normalizeName } from '../name.ts'
import { parseVersion, type Version } from '../version.ts'
import { distributionErrors } from './errors.ts'
import { quoted } from './findings.ts'

/** The fields of METADATA or PKG-INFO that count here (core metadata specification). */
export interface CoreMetadata {
  readonly metadataVersion: string
  readonly name: string
  /** Normalised. */
  readonly nameKey: string
  readonly version: Version
  /** As written; undefined where it says nothing. */
  readonly requiresPython: string | undefined
}

const HEADER = /^(?<name>[!-9;-~]+):[ \t]*(?<value>.*)$/s
const KNOWN_VERSIONS = new Set(['1.0', '1.1', '1.2', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6'])
/** Of these a second one would be read by some and passed over by others. */
const ONCE = new Set(['metadata-version', 'name', 'version', 'requires-python'])

/** The headers of a file like METADATA or WHEEL, in order, up to the empty line. Throws `distribution.metadata`. */
export function parseHeaders(bytes: Uint8Array, file: string): readonly (readonly [string, string])[] {
  const headers: [string, string][] = []
  for (const line of headerLines(decode(bytes, file), file)) {
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last !== undefined) {
      last[1] += `\n${line}`
      continue
    }
    const { name, value } = HEADER.exec(line)?.groups ?? {}
    if (name === undefined || value === undefined)
      throw distributionErrors(
        'distribution.metadata',
        `${file} has the line ${quoted(line)} among its headers`,
      )
    headers.push([name.toLowerCase(), value.trimEnd()])
  }
  return headers
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return utf8Decode(bytes)
  } catch {
    throw distributionErrors('distribution.metadata', `${file} is not UTF-8`)
  }
}

/** Where the headers end is where Python's reader and others have to agree: at an empty line, and at nothing else. */
function headerLines(text: string, file: string): readonly string[] {
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length
  const lines = text
    .slice(0, end)
    .replace(/(?:\r?\n)+$/, '')
    .split(/\r?\n/)
  if (lines.some((line) => /[\r\0\v\f]/.test(line)))
    throw distributionErrors(
      'distribution.metadata',
      `${file} has a line break that not every reader takes for one`,
    )
  return lines
}

/** METADATA or PKG-INFO. Throws `distribution.metadata`, `distribution.requires-python`. */
export function parseCoreMetadata(bytes: Uint8Array, file: string): CoreMetadata {
  const fields = fieldsOnce(parseHeaders(bytes, file), file)
  const [metadataVersion, name, versionText] = ['metadata-version', 'name', 'version'].map((field) => {
    const value = fields.get(field) ?? ''
    if (value === '') throw distributionErrors('distribution.metadata', `${file} has no ${field}`)
    return value
  }) as [string, string, string]
  if (!KNOWN_VERSIONS.has(metadataVersion))
    throw distributionErrors(
      'distribution.metadata',
      `${file} has the unknown metadata version ${quoted(metadataVersion)}`,
    )
  if (!isName(name))
    throw distributionErrors('distribution.metadata', `${file} has the malformed name ${quoted(name)}`)
  return {
    metadataVersion,
    name,
    nameKey: normalizeName(name),
    version: versionOf(versionText, file),
    requiresPython: requiresPythonOf(fields.get('requires-python')),
  }
}

function fieldsOnce(
  headers: readonly (readonly [string, string])[],
  file: string,
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of headers) {
    if (!ONCE.has(name)) continue
    if (fields.has(name)) throw distributionErrors('distribution.metadata', `${file} has ${name} twice`)
    fields.set(name, value)
  }
  return fields
}

function versionOf(text: string, file: string): Version {
  try {
    return parseVersion(text)
  } catch {
    throw distributionErrors('distribution.metadata', `${file} has the malformed version ${quoted(text)}`)
  }
}

/** As in GitLab, which keeps no more of it. */
const REQUIRES_PYTHON = /^[\x20-\x7e]{1,255}$/
/** The library takes two more forms, of which `packaging` knows nothing. */
const CLAUSE = /^(?:~=|===|==|!=|<=|>=|<|>)/

function requiresPythonOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const clauses = text.split(',').map((clause) => clause.trim())
  const isValid =
    REQUIRES_PYTHON.test(text) &&
    clauses.every((clause) => clause === '' || CLAUSE.test(clause)) &&
    validRange(text)
  if (!isValid) throw distributionErrors('distribution.requires-python', `Requires-Python is ${quoted(text)}`)
  return text
}

/** Of a text that a page would have to repeat. */
const MAX_SAID_LENGTH = 1000

/**
 * Requires-Python as METADATA writes it, on one line, whether it is a specifier or not; null where it says nothing.
 * Undefined where readers may differ: headers that cannot be read, two of them, or a text beyond all measure.
 */
export function requiresPythonIn(metadata: Uint8Array): string | null | undefined {
  try {
    const headers = parseHeaders(metadata, 'METADATA')
    const [first, second] = headers.filter(([name]) => name === 'requires-python').map(([, value]) => value)
    if (first === undefined) return null
    const text = first.replaceAll(/\s+/g, ' ').trim()
    return second !== undefined || text.length > MAX_SAID_LENGTH ? undefined : text || null
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

/** Whether two specifiers have the same clauses, in whatever order and spacing. */
export function sameSpecifier(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) =>
    text
      .split(',')
      .map((clause) => clause.replaceAll(/\s+/g, ''))
      .filter((clause) => clause !== '')
      .toSorted()
      .join(','),
  )
  return first === second
}
