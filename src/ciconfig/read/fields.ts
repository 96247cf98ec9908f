import type { ProblemCode } from '../errors.ts'
import { didYouMean } from '../nearest.ts'
import { isNull, scalarText, type MapNode, type Node } from '../nodes.ts'
import type { Position, Report } from '../report.ts'

/** Where a reader stands: whose keyword it reads, and where that keyword is written. */
export interface Place {
  readonly report: Report
  /** `job "build"`, `default`, or '' for the file itself. */
  readonly owner: string
  /** GitLab's way to name a key: `artifacts:paths`. */
  readonly path: string
  readonly keyAt: Position
  /** The job whose keyword it is. */
  readonly job?: string
}

/** The value, or undefined: absent, or reported as wrong. */
export type Reader<T> = (node: Node, place: Place) => T | undefined

export type Fields = Readonly<Record<string, Reader<unknown>>>

export type Values<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> }

export function named(place: Place): string {
  return [place.owner, place.path].filter((part) => part !== '').join(': ')
}

/** Reads a map by a table of its keys. Keys that the table does not have are errors; a null is an absent key. */
export function readRecord<F extends Fields>(map: MapNode, place: Place, fields: F): Values<F> {
  const values: Record<string, unknown> = {}
  for (const [key, { keyAt, value }] of map.entries) {
    const here = inside(place, { key, keyAt })
    const reader = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (reader === undefined) unknownKey(key, { place: here, known: Object.keys(fields) })
    else if (!isNull(value)) values[key] = reader(value, here)
  }
  return values as Values<F>
}

export function inside(place: Place, { key, keyAt }: { key: string; keyAt: Position }): Place {
  return { ...place, keyAt, path: place.path === '' ? key : `${place.path}:${key}` }
}

export function unknownKey(key: string, { place, known }: { place: Place; known: readonly string[] }): void {
  const message = (): string => `${named(place)} is not a keyword${didYouMean(key, known)}`
  place.report.problem(place.keyAt, 'ciconfig.unknown', message)
}

/** Fails closed: a keyword of GitLab's that is not executed here is never ignored. */
export const unsupported: Reader<never> = (_node, place) => {
  place.report.problem(
    place.keyAt,
    'ciconfig.unsupported',
    `${named(place)} is not supported by this version`,
  )
  return undefined
}

/** What becomes of a keyword that is planned in full and carried out by nothing here; the page of the keywords says it. */
export const conductOf = new WeakMap<Reader<unknown>, 'refused by run' | 'without effect'>()

/** Planned; jobs would do something else without it, so that `run` refuses. */
export function planned<T>(reader: Reader<T>): Reader<T> {
  return noting(reader, { changesJobs: true })
}

/** Planned; jobs do the same without it. */
export function shownOnly<T>(reader: Reader<T>): Reader<T> {
  return noting(reader, { changesJobs: false })
}

function noting<T>(reader: Reader<T>, { changesJobs }: { changesJobs: boolean }): Reader<T> {
  const noted: Reader<T> = (node, place) => {
    const value = reader(node, place)
    if (!isTrivial(value)) noteUnexecuted(place, { changesJobs })
    return value
  }
  conductOf.set(noted, changesJobs ? 'refused by run' : 'without effect')
  return noted
}

/** What says no more than its absence does. */
function isTrivial(value: unknown): boolean {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0)
}

export function noteUnexecuted(place: Place, { changesJobs }: { changesJobs: boolean }): void {
  place.report.note({ at: place.keyAt, job: place.job, what: named(place), changesJobs })
}

/** Without the keys whose value was absent or reported. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A table row for each of the names. */
export function allUnsupported<Name extends string>(...names: readonly Name[]): Record<Name, Reader<never>> {
  return Object.fromEntries(names.map((name) => [name, unsupported])) as Record<Name, Reader<never>>
}

export function record<F extends Fields>(fields: F): Reader<Values<F>> {
  return (node, place) =>
    node.kind === 'map' ? readRecord(node, place, fields) : wrongType(node, place, 'a map')
}

export const text: Reader<string> = (node, place) =>
  node.kind === 'scalar' && typeof node.value === 'string' ? node.value : wrongType(node, place, 'a string')

export const flag: Reader<boolean> = (node, place) =>
  node.kind === 'scalar' && typeof node.value === 'boolean'
    ? node.value
    : wrongType(node, place, 'true or false')

export const texts: Reader<readonly string[]> = (node, place) => {
  if (node.kind !== 'list') return wrongType(node, place, 'a list of strings')
  return node.items.map((item) => text(item, place)).filter((item) => item !== undefined)
}

export const textOrTexts: Reader<string | readonly string[]> = (node, place) =>
  node.kind === 'list' ? texts(node, place) : text(node, place)

export function choice<const Name extends string>(...names: readonly Name[]): Reader<Name> {
  return (node, place) => {
    const value = node.kind === 'scalar' ? scalarText(node) : undefined
    const found = names.find((name) => name === value)
    return found ?? wrong(node, place, { code: 'ciconfig.value', what: `must be one of ${names.join(', ')}` })
  }
}

export function wrongType(node: Node, place: Place, wanted: string): undefined {
  return wrong(node, place, { code: 'ciconfig.type', what: `must be ${wanted}, not ${kindOf(node)}` })
}

export function wrong(
  node: Node,
  place: Place,
  { code, what }: { code: ProblemCode; what: string },
): undefined {
  place.report.problem(node.at, code, `${named(place)} ${what}`)
}

function kindOf(node: Node): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'string') return 'a string'
  return typeof node.value === 'boolean' ? `${node.value} (without quotes)` : `the number ${scalarText(node)}`
}

export const integer: Reader<number> = (node, place) =>
  node.kind === 'scalar' && typeof node.value === 'bigint' && node.value <= Number.MAX_SAFE_INTEGER
    ? Number(node.value)
    : wrongType(node, place, 'a whole number')

/** One or a list of them, as a list. */
export function oneOrMore<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (node, place) => {
    const items = node.kind === 'list' ? node.items : [node]
    return items.map((item) => reader(item, place)).filter((item) => item !== undefined)
  }
}

/** A list with at most `max` items. */
export function listOf<T>(reader: Reader<T>, max = Infinity): Reader<readonly T[]> {
  return (node, place) => {
    if (node.kind !== 'list') return wrongType(node, place, 'a list')
    if (node.items.length > max)
      return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${max} entries` })
    return node.items.map((item) => reader(item, place)).filter((item) => item !== undefined)
  }
}

export type Written =
  | string
  | number
  | boolean
  | null
  | readonly Written[]
  | { readonly [key: string]: Written }

/** As the file has it; numbers beyond what JSON holds as text. */
export const asWritten: Reader<Written> = (node) => writtenOf(node)

export function writtenOf(node: Node): Written {
  if (node.kind === 'list') return node.items.map(writtenOf)
  if (node.kind === 'map')
    return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, writtenOf(value)]))
  if (typeof node.value !== 'bigint') return typeof node.value === 'number' ? numeric(node.value) : node.value
  return Number.isSafeInteger(Number(node.value)) ? Number(node.value) : String(node.value)
}

function numeric(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

export const writtenMap: Reader<{ readonly [key: string]: Written }> = (node, place) =>
  node.kind === 'map'
    ? (writtenOf(node) as { readonly [key: string]: Written })
    : wrongType(node, place, 'a map')
