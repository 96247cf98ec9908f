import type { Kysely, Selectable, Transaction } from 'kysely'
import type { BlobReference, NameKey, PackageKey, StoredFile } from '../../registry/index.ts'
import type { RegistryTables } from './registry-tables.ts'

export type Tables = Kysely<RegistryTables>
export type Step = Transaction<RegistryTables>

export const YES = 1
export const NO = 0

const NAMED = [
  'package_names.name',
  'package_names.status',
  'package_names.status_reason',
  'packages.version',
] as const

/**
 * The files of one version of a name. Joined by name, package, file and no other way: told that the file has the name's
 * id too, a planner may read all files of the name instead.
 */
export function filesOfPackage(tables: Tables, { versionKey, ...key }: PackageKey) {
  return filedUnder(tables, key)
    .innerJoin('packages', 'packages.name_id', 'package_names.id')
    .innerJoin('package_files', 'package_files.package_id', 'packages.id')
    .selectAll('package_files')
    .select(NAMED)
    .where('version_key', '=', versionKey)
}

/** The files of all versions of a name. */
export function filesOfName(tables: Tables, key: NameKey) {
  return filedUnder(tables, key)
    .innerJoin('package_files', 'package_files.name_id', 'package_names.id')
    .innerJoin('packages', 'packages.id', 'package_files.package_id')
    .selectAll('package_files')
    .select(NAMED)
}

export function filedUnder(tables: Tables, { projectId, kind, nameKey }: NameKey) {
  return tables
    .selectFrom('package_names')
    .where('package_names.project_id', '=', projectId)
    .where('package_names.kind', '=', kind)
    .where('name_key', '=', nameKey)
}

export function fileById(tables: Tables, id: number) {
  return withNames(tables).where('package_files.id', '=', id)
}

export function withNames(tables: Tables) {
  return tables
    .selectFrom('package_files')
    .innerJoin('packages', 'packages.id', 'package_files.package_id')
    .innerJoin('package_names', 'package_names.id', 'package_files.name_id')
    .selectAll('package_files')
    .select(NAMED)
}

export async function first(query: ReturnType<typeof filesOfPackage>): Promise<StoredFile | undefined> {
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : toFile(row)
}

type FileRow = Selectable<RegistryTables['package_files']> &
  Pick<Selectable<RegistryTables['package_names']>, 'name' | 'status' | 'status_reason'> &
  Pick<Selectable<RegistryTables['packages']>, 'version'>

export function toFile(row: FileRow): StoredFile {
  return {
    id: row.id,
    packageId: row.package_id,
    name: row.name,
    version: row.version,
    fileName: row.file_name,
    sha256: row.sha256,
    size: row.size,
    requiresPython: row.requires_python,
    metadata: toReference(row.metadata_sha256, row.metadata_size),
    createdAtMs: row.created_at_ms,
    yankedReason: row.yanked_reason,
    quarantinedReason: row.quarantined_reason ?? (row.status === 'quarantined' ? row.status_reason : null),
    deletedAtMs: row.deleted_at_ms,
    isListed: row.is_listed === YES,
    provenance: toReference(row.provenance_sha256, row.provenance_size),
  }
}

function toReference(sha256: string | null, size: number | null): BlobReference | null {
  return sha256 === null || size === null ? null : { sha256, size }
}
