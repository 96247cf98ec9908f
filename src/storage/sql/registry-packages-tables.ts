import type { Kysely } from 'kysely'
import type { Steps } from './steps.ts'

/** What the first step reads and writes of tables that stand. */
type Owned = Readonly<
  Record<'packages', { name_id: number; project_id: number; kind: string }> &
    Record<'package_names', { id: number; project_id: number; kind: string }>
>

/** What the list of packages and the generic registry keep in the tables of `registry-tables.ts`, and beside them. */
export const packagesMigrations: Steps = {
  '0017-registry-packages': {
    up: async (database) => {
      await addPackageColumns(database)
      await addMakerColumns(database)
      await createGenericSettings(database)
    },
  },
}

/** Those of the name, once more, so that the packages of a project stand together. */
async function addPackageColumns(database: Kysely<unknown>): Promise<void> {
  const packages = database.schema.alterTable('packages')
  await packages.addColumn('project_id', 'integer').execute()
  await packages.addColumn('kind', 'text').execute()
  await packages.addColumn('is_hidden', 'integer', (column) => column.notNull().defaultTo(0)).execute()
  await database
    .$extendTables<Owned>()
    .updateTable('packages')
    .set((row) => {
      const owner = row.selectFrom('package_names').whereRef('package_names.id', '=', 'packages.name_id')
      return {
        project_id: owner.select('package_names.project_id'),
        kind: owner.select('package_names.kind'),
      }
    })
    .execute()
  await database.schema.createIndex('packages_project').on('packages').columns(['project_id', 'id']).execute()
  await database.schema
    .createIndex('packages_kind')
    .on('packages')
    .columns(['project_id', 'kind', 'id'])
    .execute()
  await database.schema.createIndex('packages_name').on('packages').columns(['name_id', 'id']).execute()
}

async function addMakerColumns({ schema }: Kysely<unknown>): Promise<void> {
  for (const name of ['user_id', 'job_id'])
    await schema.alterTable('package_files').addColumn(name, 'integer').execute()
  await schema
    .createIndex('package_files_jobs')
    .on('package_files')
    .columns(['package_id', 'job_id'])
    .execute()
  await schema
    .createIndex('package_files_live')
    .on('package_files')
    .columns(['package_id', 'deleted_at_ms', 'id'])
    .execute()
  await schema
    .createIndex('package_files_served')
    .on('package_files')
    .columns(['package_id', 'file_name', 'deleted_at_ms', 'id'])
    .execute()
}

async function createGenericSettings({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('generic_settings')
    .addColumn('project_id', 'integer', (column) => column.primaryKey())
    .addColumn('allows_duplicates', 'integer', (column) => column.notNull())
    .execute()
}
