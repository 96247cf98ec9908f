import type { Generated, Kysely } from 'kysely'
import type { PackageKind } from '../../registry/index.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** Tables of `registry.ts` and how they came to be. */
export type RegistryTables = {
  readonly package_names: {
    readonly id: Generated<number>
    readonly project_id: number
    readonly kind: PackageKind
    readonly name_key: string
    readonly name: string
  }
  /** A name and a version, as in GitLab. */
  readonly packages: {
    readonly id: Generated<number>
    readonly name_id: number
    readonly version_key: string
    readonly version: string
    readonly created_at_ms: number
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

async function createForwardingTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('forwardings')
    .addColumn('project_id', 'integer', (column) => column.primaryKey())
    .addColumn('index_url', 'text', (column) => column.notNull())
    .addColumn('names', 'text', (column) => column.notNull())
    .execute()
}
