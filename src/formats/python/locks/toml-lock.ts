import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { baseErrors, WheelsealError } from '../../../base/index.ts'
import { countTables, tableHeaders, type TableHeader } from '../../toml/index.ts'
import { normalizeName } from '../name.ts'
import { parseVersion } from '../version.ts'
import { lockErrors } from './errors.ts'
import { LOCK_LIMITS, type LockedDistribution, type LockedFile } from './lock.ts'

export interface TomlLock {
  /** For errors. */
  readonly path: string
  readonly text: string
  readonly table: Readonly<Record<string, unknown>>
}

/** One of the packages, and where it stands. */
export interface TomlPackage {
  readonly value: unknown
  readonly line: number
}

const MAX_DEPTH = 32

/** Throws `lock.malformed`, `base.too-large`. */
export function parseTomlLock(path: string, text: string): TomlLock {
  requireCount(path, countTables(text), { limit: LOCK_LIMITS.maxTables, what: 'tables' })
  try {
    return { path, text, table: parse(text.replace(/^\uFEFF/, ''), { maxDepth: MAX_DEPTH }) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = error.message.slice(0, 200).split('\n')[0] ?? ''
    throw malformed(path, error.line, reason)
  }
}

export function malformed(path: string, line: number, fact: string): WheelsealError {
  return lockErrors('lock.malformed', `${path}:${line}: ${fact}`)
}

/** The tables of an array at the top. Throws `lock.malformed`, `base.too-large`. */
export function packagesOf(
  { path, text, table }: TomlLock,
  key: 'package' | 'packages',
): readonly TomlPackage[] {
  const values = table[key] ?? []
  if (!Array.isArray(values)) throw malformed(path, 1, `${key} must be an array of tables`)
  requireCount(path, values.length, { limit: LOCK_LIMITS.maxPackages, what: 'packages' })
  const files = values.reduce<number>((sum, value: unknown) => sum + listedFiles(value), 0)
  requireCount(path, files, { limit: LOCK_LIMITS.maxFiles, what: 'files' })
  const places = blocksOf(text, key)
  const isPlaced = places.length === values.length
  return values.map((value: unknown, index) => ({ value, line: isPlaced ? (places[index]?.line ?? 1) : 1 }))
}

/** Before each of them is looked at. */
function listedFiles(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const { wheels, files } = value as { readonly wheels?: unknown; readonly files?: unknown }
  return [wheels, files].reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 1)
}

/** Throws `base.too-large`. */
export function requireCount(
  path: string,
  count: number,
  { limit, what }: { readonly limit: number; readonly what: string },
): void {
  if (count > limit) throw baseErrors('base.too-large', `${path} has more than ${limit} ${what}`)
}

export interface Block {
  readonly line: number
  /** Behind its own keys and the tables below it that follow at once. */
  readonly end: number
  /** Names of the tables below it. */
  readonly below: readonly string[]
}

/** Where each table of an array begins and ends, in order. */
export function blocksOf(text: string, key: string): readonly Block[] {
  const blocks: { line: number; end: number; below: string[] }[] = []
  let open = false
  for (const { path, isArray, line, end } of tableHeaders(text)) {
    const last = blocks.at(-1)
    if (isTopArray(path, isArray, key)) blocks.push({ line, end, below: [] })
    else if (path[0] === key && last !== undefined) {
      last.below.push(path[1] ?? '')
      if (open) last.end = end
    }
    open = path[0] === key
  }
  return blocks
}

function isTopArray(path: TableHeader['path'], isArray: boolean, key: string): boolean {
  return isArray && path.length === 1 && path[0] === key
}

/** Throws `lock.malformed` with the line of the package. */
export function shaped<T>(
  schema: v.GenericSchema<unknown, T>,
  { value, line }: TomlPackage,
  { path }: Pick<TomlLock, 'path'>,
): T {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const where = (issue.path ?? []).map(({ key }) => String(key)).join('.')
  throw malformed(path, line, `${where === '' ? 'a package' : where}: ${issue.message.slice(0, 200)}`)
}

/** What is the same in every format: name and version, read. Throws `lock.malformed`. */
export function namedAs(
  { name, version }: { readonly name: string; readonly version?: string | undefined },
  place: { readonly path: string; readonly line: number },
): Pick<LockedDistribution, 'name' | 'version'> {
  return atLine(place, () => ({
    name: normalizeName(name),
    version: version === undefined ? null : parseVersion(version).normal,
  }))
}

/** An error of a name or version, as one of this lock. */
export function atLine<T>(
  { path, line }: { readonly path: string; readonly line: number },
  read: () => T,
): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof WheelsealError && error.code.startsWith('python.'))
      throw malformed(path, line, error.message)
    throw error
  }
}

/** `sha256:HEX`, or of another algorithm. Throws `lock.malformed`. */
export function digestOf(
  text: string | undefined,
  place: { readonly path: string; readonly line: number },
): Pick<LockedFile, 'sha256' | 'hasOtherDigest'> {
  if (text === undefined || text === '') return { sha256: null, hasOtherDigest: false }
  const [, algorithm = '', hex = ''] = /^([a-z0-9_-]{1,20})[:=]([0-9A-Za-z+/=_-]{1,256})$/.exec(text) ?? []
  if (algorithm !== '' && algorithm !== 'sha256') return { sha256: null, hasOtherDigest: true }
  if (!/^[0-9a-f]{64}$/i.test(hex))
    throw malformed(place.path, place.line, `${text.slice(0, 100)} is not a digest`)
  return { sha256: hex.toLowerCase(), hasOtherDigest: false }
}

/** The last part of a URL or of a path, as the name of a file. */
export function lastPart(text: string): string {
  const path = text.split(/[?#]/, 1)[0] ?? ''
  const part = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
