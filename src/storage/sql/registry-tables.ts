import type { Generated, Kysely } from 'kysely'
import type { PackageKind, PackageStatus, PypiSettings } from '../../registry/index.ts'
import { packagesMigrations } from './registry-packages-tables.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** 0 or 1; 1 where a row does not say. */
type Flag = Generated<number>

/** Tables of `registry.ts` and how they came to be. */
export type RegistryTables = {
  readonly package_names: {
    readonly id: Generated<number>
    readonly project_id: number
    readonly kind: PackageKind
    readonly name_key: string
    readonly name: string
    readonly status: Generated<PackageStatus>
    readonly status_reason: Generated<string>
    /** Whether a file of it is. */
    readonly is_shown: Flag
  }
  /** A name and a version, as in GitLab. */
  readonly packages: {
    readonly id: Generated<number>
    readonly name_id: number
    readonly version_key: string
    readonly version: string
    readonly created_at_ms: number
    /** Those of the name, once more. */
    readonly project_id: number | null
    readonly kind: PackageKind | null
    /** 1 where the lists leave it out. */
    readonly is_hidden: Generated<number>
  }
  readonly package_files: {
    readonly id: Generated<number>
    readonly name_id: number
    readonly package_id: number
    readonly file_name: string
    /** Null for files of which several may have one name. */
    readonly unique_key: string | null
    readonly sha256: string
    readonly size: number
    readonly requires_python: string | null
    readonly created_at_ms: number
    /** Those of the name, once more, so that the newest files of a project stand together. */
    readonly project_id: number | null
    readonly kind: PackageKind | null
    readonly metadata_sha256: string | null
    readonly metadata_size: number | null
    readonly yanked_reason: string | null
    readonly quarantined_reason: string | null
    readonly deleted_at_ms: number | null
    readonly is_listed: Flag
    readonly provenance_sha256: string | null
    readonly provenance_size: number | null
    /** What `is_listed`, `quarantined_reason` and `deleted_at_ms` say together: indexes have the rows of a page in turn. */
    readonly is_shown: Flag
    /** Who uploaded it; null in rows of versions that did not write it. */
    readonly user_id: number | null
    /** Null where no job did. */
    readonly job_id: number | null
  }
  readonly generic_settings: {
    readonly project_id: number
    readonly allows_duplicates: number
  }
  readonly package_revisions: {
    readonly project_id: number
    readonly revision: number
  }
  readonly forwardings: {
    readonly project_id: number
    readonly index_url: string
    /** JSON. */
    readonly names: string
  }
  readonly pypi_settings: {
    readonly project_id: number
    readonly identical_uploads: PypiSettings['identicalUploads']
  }
}

export const registryMigrations: Steps = {
  '0002-registry': {
    up: async (database, types) => {
      await createPackageTables(database, types)
      await createFileTable(database, types)
      await createForwardingTable(database)
    },
  },
  '0007-registry-newest': {
    up: async (database) => {
      await addOwnerColumns(database)
    },
  },
  '0009-registry-revisions': {
    up: async (database) => {
      await createRevisionTable(database)
    },
  },
  '0011-registry-states': {
    up: async (database) => {
      await addFileStates(database)
      await addNameStates(database)
    },
  },
  '0014-registry-settings': {
    up: async (database) => {
      await createSettingsTable(database)
      await database.schema
        .createIndex('package_names_projects')
        .unique()
        .on('package_names')
        .columns(['kind', 'name_key', 'project_id'])
        .execute()
    },
  },
  ...packagesMigrations,
}

async function createPackageTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('package_names')
    .addColumn('id', ...types.id)
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addUniqueConstraint('package_names_key', ['project_id', 'kind', 'name_key'])
    .execute()
  await schema
    .createTable('packages')
    .addColumn('id', ...types.id)
    .addColumn('name_id', 'integer', (column) => column.notNull().references('package_names.id'))
    .addColumn('version_key', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('packages_version', ['name_id', 'version_key'])
    .execute()
}

async function createFileTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('package_files')
    .addColumn('id', ...types.id)
    .addColumn('name_id', 'integer', (column) => column.notNull().references('package_names.id'))
    .addColumn('package_id', 'integer', (column) => column.notNull().references('packages.id'))
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('unique_key', 'text')
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('requires_python', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('package_files_key', ['package_id', 'unique_key'])
    .execute()
  await schema.createIndex('package_files_list').on('package_files').columns(['name_id', 'id']).execute()
  await schema
    .createIndex('package_files_newest')
    .on('package_files')
    .columns(['package_id', 'file_name', 'id'])
    .execute()
}

async function addOwnerColumns(database: Kysely<unknown>): Promise<void> {
  const files = database.schema.alterTable('package_files')
  await files.addColumn('project_id', 'integer').execute()
  await files.addColumn('kind', 'text').execute()
  await database
    .$extendTables<RegistryTables>()
    .updateTable('package_files')
    .set((row) => {
      const owner = row.selectFrom('package_names').whereRef('package_names.id', '=', 'package_files.name_id')
      return {
        project_id: owner.select('package_names.project_id'),
        kind: owner.select('package_names.kind'),
      }
    })
    .execute()
  await database.schema
    .createIndex('package_files_project')
    .on('package_files')
    .columns(['project_id', 'kind', 'id'])
    .execute()
}

async function createRevisionTable(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('package_revisions')
    .addColumn('project_id', 'integer', (column) => column.primaryKey())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .execute()
  const tables = database.$extendTables<RegistryTables>()
  const written = tables
    .selectFrom('package_files')
    .select((row) => ['project_id', row.fn.max('created_at_ms').as('revision')])
    .where('project_id', 'is not', null)
    .groupBy('project_id')
  await tables
    .insertInto('package_revisions')
    .columns(['project_id', 'revision'])
    .expression(written)
    .execute()
}

async function addFileStates({ schema }: Kysely<unknown>): Promise<void> {
  const columns = [
    ['metadata_sha256', 'text'],
    ['metadata_size', 'bigint'],
    ['yanked_reason', 'text'],
    ['quarantined_reason', 'text'],
    ['deleted_at_ms', 'bigint'],
    ['provenance_sha256', 'text'],
    ['provenance_size', 'bigint'],
  ] as const
  for (const [name, type] of columns) await schema.alterTable('package_files').addColumn(name, type).execute()
  for (const name of ['is_listed', 'is_shown'])
    await schema
      .alterTable('package_files')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(1))
      .execute()
  await schema
    .createIndex('package_files_shown')
    .on('package_files')
    .columns(['name_id', 'is_shown', 'id'])
    .execute()
  await schema.dropIndex('package_files_project').execute()
  await schema
    .createIndex('package_files_project_shown')
    .on('package_files')
    .columns(['project_id', 'kind', 'is_shown', 'id'])
    .execute()
}

async function addNameStates({ schema }: Kysely<unknown>): Promise<void> {
  const names = schema.alterTable('package_names')
  await names.addColumn('status', 'text', (column) => column.notNull().defaultTo('active')).execute()
  await names.addColumn('status_reason', 'text', (column) => column.notNull().defaultTo('')).execute()
  await names.addColumn('is_shown', 'integer', (column) => column.notNull().defaultTo(1)).execute()
  await schema
    .createIndex('package_names_shown')
    .on('package_names')
    .columns(['project_id', 'kind', 'is_shown', 'name_key'])
    .execute()
}

async function createForwardingTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('forwardings')
    .addColumn('project_id', 'integer', (column) => column.primaryKey())
    .addColumn('index_url', 'text', (column) => column.notNull())
    .addColumn('names', 'text', (column) => column.notNull())
    .execute()
}

async function createSettingsTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('pypi_settings')
    .addColumn('project_id', 'integer', (column) => column.primaryKey())
    .addColumn('identical_uploads', 'text', (column) => column.notNull())
    .execute()
}
