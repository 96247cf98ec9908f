import { isNull, scalarText, type MapNode, type Node } from '../nodes.ts'
import { integer, record, wrong, wrongType, type Place, type Reader } from './fields.ts'

/** One row of `parallel:matrix`: the values that each variable takes. */
export type MatrixRow = ReadonlyMap<string, readonly string[]>

export type Parallel =
  | { readonly kind: 'count'; readonly total: number }
  | { readonly kind: 'matrix'; readonly rows: readonly MatrixRow[] }

const MAX_PARALLEL = 200

const rowValue = (node: Node, place: Place): readonly string[] | undefined => {
  const items = node.kind === 'list' ? node.items : [node]
  const values = items.map((item) =>
    item.kind === 'scalar' && !isNull(item)
      ? scalarText(item)
      : wrongType(item, place, 'a string or a number'),
  )
  if (items.length === 0) return wrong(node, place, { code: 'ciconfig.value', what: 'has no values' })
  return values.every((value) => value !== undefined) ? values : undefined
}

const row: Reader<MatrixRow> = (node, place) => {
  if (node.kind !== 'map' || node.entries.size === 0)
    return wrongType(node, place, 'a map of variables and their values')
  return readRow(node, place)
}

function readRow(node: MapNode, place: Place): MatrixRow {
  const values = new Map<string, readonly string[]>()
  for (const [key, { keyAt, value }] of node.entries) {
    const here = { ...place, keyAt, path: `${place.path}:${key}` }
    if (!/^[a-zA-Z_]\w*$/.test(key))
      wrong({ ...value, at: keyAt }, here, { code: 'ciconfig.value', what: 'is not a variable name' })
    const read = rowValue(value, here)
    if (read !== undefined) values.set(key, read)
  }
  return values
}

/** Of a job, and of a need that selects some jobs of a matrix. */
export const matrixRows: Reader<readonly MatrixRow[]> = (node, place) => {
  if (node.kind !== 'list') return wrongType(node, place, 'a list of maps')
  const rows = node.items.map((item) => row(item, place)).filter((item) => item !== undefined)
  if (rows.length === 0 && node.items.length > 0) return undefined
  const total = rows.reduce((sum, one) => sum + product(one), 0)
  if (total >= 1 && total <= MAX_PARALLEL) return rows
  return wrong(node, place, {
    code: 'ciconfig.value',
    what: `makes ${total} jobs; 1 to ${MAX_PARALLEL} are allowed`,
  })
}

function product(values: MatrixRow): number {
  return [...values.values()].reduce((total, { length }) => total * length, 1)
}

const fields = record({ matrix: matrixRows })

export const parallel: Reader<Parallel> = (node, place) => {
  if (node.kind === 'map') {
    const rows = fields(node, place)?.matrix
    return rows === undefined ? undefined : { kind: 'matrix', rows }
  }
  const total = integer(node, place)
  if (total === undefined || (total >= 1 && total <= MAX_PARALLEL))
    return total === undefined ? undefined : { kind: 'count', total }
  return wrong(node, place, {
    code: 'ciconfig.value',
    what: `must be 1 to ${MAX_PARALLEL}, or a map with matrix`,
  })
}
