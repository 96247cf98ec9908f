import { isDeepStrictEqual } from 'node:util'
import { parse, TomlError } from 'smol-toml'
import { editedText, tomlPlaces, type Edit } from '../../lint/index.ts'
import { initErrors } from '../errors.ts'

export const PYPROJECT_PATH = 'pyproject.toml'
const MAX_DEPTH = 100
const BYTE_ORDER_MARK = '\uFEFF'

export type Table = Readonly<Record<string, unknown>>

/** Throws `init.pyproject` with line and column. */
export function readToml(text: string): Table {
  try {
    return parse(text.replace(/^\uFEFF/, ''), { maxDepth: MAX_DEPTH })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = ''] = error.message.split('\n')
    throw initErrors('init.pyproject', `${PYPROJECT_PATH}:${error.line}:${error.column}: ${reason}`)
  }
}

export function tableIn(table: Table, key: string): Table | undefined {
  const value = table[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : undefined
}

/** A string below a table that the file has, or in a new table behind everything else. */
export interface Setting {
  readonly table: readonly string[]
  readonly key: string
  readonly value: string | readonly string[]
}

/**
 * The text with these settings, every other byte as it was. Throws `init.pyproject` where the file has the table in
 * another form than under a header.
 */
export function withSettings(text: string, settings: readonly Setting[]): string {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : ''
  const body = text.slice(mark.length)
  const after = [changed, added, appended].reduce((before, step) => step(before, settings), body)
  // What the places of keys are read by is simpler than TOML: what was made must be what was meant.
  if (isMeant(after, body, settings)) return mark + after
  throw initErrors(
    'init.pyproject',
    `${PYPROJECT_PATH} has ${settings.map(nameOf).join(', ')} in a form that is not changed automatically`,
    {
      hint: `write ${settings.map((one) => `${nameOf(one)} = ${written(one.value)}`).join(' and ')} yourself`,
    },
  )
}

function nameOf({ table, key }: Setting): string {
  return [...table, key].join('.')
}

/** Values that are there already. */
function changed(text: string, settings: readonly Setting[]): string {
  const places = tomlPlaces(text)
  const edits = settings.flatMap((setting): readonly Edit[] => {
    const place = places.get(nameOf(setting))
    if (place === undefined) return []
    return [{ file: PYPROJECT_PATH, from: place.valueAt, to: place.valueEnd, text: written(setting.value) }]
  })
  return editedText(text, edits)
}

/** Keys of tables that are there, below their headers. */
function added(text: string, settings: readonly Setting[]): string {
  const places = tomlPlaces(text)
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n'
  const edits = settings.flatMap((setting): readonly Edit[] => {
    const header = places.get(setting.table.join('.'))
    if (header === undefined || places.has(nameOf(setting))) return []
    const at = header.valueEnd
    return [
      { file: PYPROJECT_PATH, from: at, to: at, text: `${eol}${setting.key} = ${written(setting.value)}` },
    ]
  })
  return editedText(text, edits)
}

/** Tables that are not there. */
function appended(text: string, settings: readonly Setting[]): string {
  const places = tomlPlaces(text)
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n'
  const tables = Map.groupBy(
    settings.filter((setting) => !places.has(nameOf(setting))),
    ({ table }) => table.join('.'),
  )
  let made = text
  for (const [name, rows] of tables) {
    const lines = [`[${name}]`, ...rows.map(({ key, value }) => `${key} = ${written(value)}`)].join(eol)
    const isEnded = made === '' || made.endsWith('\n')
    const gap = made === '' ? '' : isEnded ? eol : `${eol}${eol}`
    made += `${gap}${lines}${isEnded ? eol : ''}`
  }
  return made
}

/** JSON's strings are strings of TOML too. */
function written(value: Setting['value']): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : `[${value.map((one) => JSON.stringify(one)).join(', ')}]`
}

/** Whether the settings are there, and without them all is as before. */
function isMeant(after: string, before: string, settings: readonly Setting[]): boolean {
  const was = readToml(before)
  let is: Mutable
  try {
    is = parse(after, { maxDepth: MAX_DEPTH })
  } catch {
    return false
  }
  const isThere = settings.every(({ table, key, value }) =>
    isDeepStrictEqual(tableAt(is, table)?.[key], value),
  )
  for (const { table, key } of settings) putBack(is, was, [...table, key])
  return isThere && isDeepStrictEqual(is, was)
}

type Mutable = Record<string, unknown>

function tableAt(value: Table, path: readonly string[]): Table | undefined {
  return path.reduce<Table | undefined>((inner, part) => inner && tableIn(inner, part), value)
}

/** What stood at a path, or nothing, tables that only it has made included. */
function putBack(is: Mutable, was: Table, [key = '', ...rest]: readonly string[]): void {
  if (!Object.hasOwn(was, key)) delete is[key]
  else if (rest.length === 0) is[key] = was[key]
  else putBack((is[key] ?? {}) as Mutable, tableIn(was, key) ?? {}, rest)
}
