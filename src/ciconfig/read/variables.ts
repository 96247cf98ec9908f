import type { Variable } from '../expand.ts'
import {
  flag,
  inside,
  named,
  readRecord,
  text,
  texts,
  wrong,
  wrongType,
  type Place,
  type Reader,
} from './fields.ts'
import { isNull, scalarText, type Node } from '../nodes.ts'

const MAX_VARIABLES = 1000

/** Values are scalars or `{value, expand}`; top-level ones may be described for the form that starts a pipeline. */
export function readVariables({ isTopLevel }: { isTopLevel: boolean }): Reader<readonly Variable[]> {
  const fields = {
    value: scalar,
    expand: flag,
    ...(isTopLevel ? { description: text, options: texts } : {}),
  }
  const variable = (node: Node, place: Place): Omit<Variable, 'key'> | undefined => {
    if (node.kind !== 'map') return simple(node, place)
    const { value, expand, options } = readRecord(node, place, fields) as Described
    if (options !== undefined && !options.includes(value ?? ''))
      return wrong(node, place, { code: 'ciconfig.value', what: 'needs a value that is one of its options' })
    return { value: value ?? '', ...(expand === false ? { isRaw: true } : {}) }
  }
  return (node, place) => {
    if (node.kind !== 'map') return wrongType(node, place, 'a map of names and values')
    if (node.entries.size > MAX_VARIABLES)
      return wrong(node, place, { code: 'ciconfig.value', what: `has more than ${MAX_VARIABLES} variables` })
    return [...node.entries].flatMap(([key, entry]) => {
      const here = inside(place, { key, keyAt: entry.keyAt })
      const read = isNull(entry.value) || !hasName(key, here) ? undefined : variable(entry.value, here)
      return read === undefined ? [] : [{ key, ...read }]
    })
  }
}

interface Described {
  readonly value?: string
  readonly expand?: boolean
  readonly options?: readonly string[]
}

function hasName(key: string, place: Place): boolean {
  if (/^[a-zA-Z_]\w*$/.test(key)) return true
  place.report.problem(
    place.keyAt,
    'ciconfig.value',
    `${named(place)} is not a variable name: use letters, digits and _ only`,
  )
  return false
}

function simple(node: Node, place: Place): Omit<Variable, 'key'> | undefined {
  const value = scalar(node, place)
  return value === undefined ? undefined : { value }
}

const scalar: Reader<string> = (node, place) => {
  if (node.kind !== 'scalar') return wrongType(node, place, 'a string')
  const value = scalarText(node)
  if (typeof node.value !== 'string' && value !== node.source)
    place.report.warning(
      node.at,
      'ciconfig.rewritten',
      `${named(place)} is read as ${value}; quote it to keep ${node.source}`,
    )
  return value
}
