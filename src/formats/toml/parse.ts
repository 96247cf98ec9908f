import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { lineOf } from './line-of.ts'

export interface TomlComplaint {
  /** `3`, or `3:7` with the column where the text is no TOML. */
  readonly position: string
  /** Lower case, without a stop. */
  readonly fact: string
  readonly hint?: string
}

export type TomlResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly complaint: TomlComplaint }

type Path = readonly (string | number)[]

const MAX_DEPTH = 16

/** The first thing that is wrong, where anything is. Tables of the schema must be `strictObject`. */
export function parseToml<T>(toml: string, schema: v.GenericSchema<unknown, T>): TomlResult<T> {
  let value: unknown
  try {
    value = parse(toml, { maxDepth: MAX_DEPTH })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = ''] = error.message.split('\n')
    return { ok: false, complaint: { position: `${error.line}:${error.column}`, fact: reason } }
  }
  const result = v.safeParse(schema, value)
  if (result.success) return { ok: true, value: result.output }
  return { ok: false, complaint: complaintOf(result.issues[0], toml, schema) }
}

function complaintOf(issue: v.BaseIssue<unknown>, toml: string, schema: unknown): TomlComplaint {
  const path = (issue.path ?? []).map(({ key }) => key as string | number)
  const position = String(lineOf(toml, path))
  const name = shown(path)
  if (issue.type !== 'strict_object') return { position, fact: `${name} ${issue.message}`.trim() }
  if (issue.expected !== 'never') {
    const what = issue.received === 'undefined' ? 'is missing' : 'must be a table'
    return { position, fact: `${name} ${what}` }
  }
  const known = knownKeys(schema, path.slice(0, -1)).join(', ')
  return { position, fact: `${name} is not a known key`, hint: `known keys: ${known}` }
}

/** `rules[2].any_of[1].refs`, counted from one as people do. */
function shown(path: Path): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key + 1}]` : `${text}${text === '' ? '' : '.'}${key}`,
    '',
  )
}

/** The keys of the table at a path of the schema. */
function knownKeys(schema: unknown, [key, ...rest]: Path): readonly string[] {
  const { wrapped, item, entries } = schema as {
    readonly wrapped?: unknown
    readonly item?: unknown
    readonly entries?: Readonly<Record<string, unknown>>
  }
  if (wrapped !== undefined) return knownKeys(wrapped, key === undefined ? [] : [key, ...rest])
  if (typeof key === 'number') return knownKeys(item, rest)
  if (key === undefined) return Object.keys(entries ?? {})
  return knownKeys(entries?.[key], rest)
}
