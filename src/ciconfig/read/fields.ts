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
