import { parse } from 'smol-toml'

export interface StaticProject {
  readonly name: string | undefined
  /** Undefined where the back end finds it out. */
  readonly version: string | undefined
}

/** Longer ones are not read: the build says more. */
const MAX_LENGTH = 1 << 20

/** `[project]`, or Poetry's own table, of a `pyproject.toml`; what cannot be read has neither. */
export function readStaticProject(text: string): StaticProject {
  const tables = text.length > MAX_LENGTH ? {} : parsed(text)
  const project = [tableIn(tables, 'project'), tableIn(tableIn(tables, 'tool'), 'poetry')]
  const find = (key: string): string | undefined =>
    project.map((table) => table[key]).find((value): value is string => typeof value === 'string')
  return { name: find('name'), version: find('version') }
}

type Table = Readonly<Record<string, unknown>>

function parsed(text: string): Table {
  try {
    return parse(text)
  } catch {
    return {}
  }
}

function tableIn(table: Table, key: string): Table {
  const value = table[key]
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
