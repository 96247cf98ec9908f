import type { ExpressionBuilder, SelectQueryBuilder } from 'kysely'
import type {
  Direction,
  Maker,
  PackageFilter,
  PackageKind,
  PackageOrder,
  PackageRecord,
  Slice,
} from '../../registry/index.ts'
import { NO, YES, type Tables } from './registry-rows.ts'
import type { RegistryTables } from './registry-tables.ts'

export interface PackageRow {
  readonly id: number
  readonly project_id: number | null
  readonly kind: PackageKind | null
  readonly version: string
  readonly is_hidden: number
  readonly created_at_ms: number
  readonly name: string
}

/** Owner and kind are null in no row since the step that added them. */
export function toPackage(row: PackageRow, madeBy: Maker): PackageRecord {
  return {
    id: row.id,
    projectId: row.project_id ?? 0,
    kind: row.kind ?? 'generic',
    name: row.name,
    version: row.version,
    isHidden: row.is_hidden === YES,
    createdAtMs: row.created_at_ms,
    madeBy,
  }
}

const COLUMNS = {
  created_at: 'looked.id',
  name: 'package_names.name',
  version: 'looked.version',
  type: 'looked.kind',
} as const

interface Question {
  readonly filter: PackageFilter
  readonly slice: Slice<PackageOrder>
}

export function listed(tables: Tables, projectId: number, { filter, slice }: Question) {
  const { orderBy, direction, offset, limit } = slice
  const fromOldest = orderBy === 'created_at' && direction === 'asc'
  return fitting(tables, projectId, { filter, from: fromOldest ? 'asc' : 'desc' })
    .selectAll('looked')
    .select('package_names.name')
    .orderBy(COLUMNS[orderBy], direction)
    .orderBy('looked.id', direction)
    .limit(limit)
    .offset(offset)
    .execute()
}

interface Looked {
  readonly filter: PackageFilter
  readonly from: Direction
}

type Window = RegistryTables & { readonly looked: RegistryTables['packages'] }

/** What a filter leaves of the packages that are looked at; only these cost anything. */
function fitting(tables: Tables, projectId: number, { filter, from }: Looked) {
  const looked = ofProject(tables, projectId, filter).selectAll().orderBy('id', from).limit(filter.among)
  let fits = tables
    .selectFrom(looked.as('looked'))
    .innerJoin('package_names', 'package_names.id', 'looked.name_id')
    .where('looked.is_hidden', '=', filter.isHidden ? YES : NO)
    .where(hasLiveFile)
  if (filter.version !== undefined) fits = fits.where('looked.version', '=', filter.version)
  if (filter.name === undefined) return fits
  const pattern = `%${filter.name.toLowerCase().replaceAll(/[-_.]/g, '_')}%`
  return fits.where((row) => row(row.fn('lower', ['package_names.name']), 'like', pattern))
}

export function hasLiveFile({
  exists,
  selectFrom,
}: Pick<ExpressionBuilder<Window, 'looked'>, 'exists' | 'selectFrom'>) {
  return exists(
    selectFrom('package_files')
      .select('package_files.id')
      .whereRef('package_files.package_id', '=', 'looked.id')
      .where('package_files.deleted_at_ms', 'is', null),
  )
}

function ofProject(tables: Tables, projectId: number, { kind }: PackageFilter) {
  const packages = tables.selectFrom('packages').where('project_id', '=', projectId)
  return kind === undefined ? packages : packages.where('kind', '=', kind)
}

export async function count(
  tables: Tables,
  projectId: number,
  filter: PackageFilter,
): Promise<number | undefined> {
  const all = ofProject(tables, projectId, filter).select('id')
  if ((await countUpTo(tables, all, filter.among)) === undefined) return undefined
  return countUpTo(
    tables,
    fitting(tables, projectId, { filter, from: 'desc' }).select('looked.id'),
    filter.among,
  )
}

/** Undefined where they are more than `most`. */
export async function countUpTo<Database, From extends keyof Database, Row>(
  tables: Tables,
  rows: SelectQueryBuilder<Database, From, Row>,
  most: number,
): Promise<number | undefined> {
  const seen = tables.selectFrom(rows.limit(most + 1).as('seen'))
  const { total } = await seen
    .select((row) => row.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return total > most ? undefined : total
}
