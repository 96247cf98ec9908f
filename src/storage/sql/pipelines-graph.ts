import type { AlterTableColumnAlteringBuilder, Kysely } from 'kysely'
import type { ColumnTypes } from './steps.ts'

type Before = {
  readonly pipelines: Row
  readonly jobs: Row
  readonly artifacts: Row
  readonly artifacts_before: Row
}
// The tables as they were then: a step never changes, so it does not use the types of today.
type Row = Record<string, number | string | null>

/** Tries, waiting for times, people and resources, and more than one artifact of a job. */
export async function addGraph(database: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await addPipelineColumns(database)
  await addJobColumns(database)
  await fillColumns(database.$extendTables<Before>())
  await addResources(database, types)
  await renewArtifacts(database)
}

async function addPipelineColumns(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  for (const name of ['ref', 'sha', 'source'])
    await schema
      .alterTable('pipelines')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo(''))
      .execute()
  await flag(schema.alterTable('pipelines'), 'is_tag').execute()
  await schema
    .createIndex('pipelines_ref')
    .on('pipelines')
    .columns(['project_id', 'ref', 'is_tag', 'state', 'id'])
    .execute()
}

const PAGE = 500

/** What stood in the JSON only, and when jobs were made. */
async function fillColumns(tables: Kysely<Before>): Promise<void> {
  for (let after = 0; ;) {
    const rows = tables.selectFrom('pipelines').selectAll().where('id', '>', after)
    const page = await rows.orderBy('id').limit(PAGE).execute()
    for (const { id = 0, origin, created_at_ms: created = 0 } of page) {
      const columns = refColumns(String(origin))
      await tables.updateTable('pipelines').set(columns).where('id', '=', id).execute()
      const jobs = tables.updateTable('jobs').set({ created_at_ms: created })
      await jobs.where('pipeline_id', '=', id).execute()
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = Number(last['id'])
  }
}

function refColumns(origin: string): Row {
  const { commit, source } = JSON.parse(origin) as {
    readonly commit?: { readonly ref: string; readonly refType: string; readonly sha: string }
    readonly source?: string
  }
  return {
    ref: commit?.ref ?? '',
    is_tag: commit?.refType === 'tag' ? 1 : 0,
    sha: commit?.sha ?? '',
    source: source ?? '',
  }
}

function flag(
  table: { addColumn: AlterTableColumnAlteringBuilder['addColumn'] },
  name: string,
): AlterTableColumnAlteringBuilder {
  return table.addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
}

async function addJobColumns(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  for (const name of ['is_retried', 'cancels_gracefully'])
    await flag(schema.alterTable('jobs'), name).execute()
  for (const name of ['variables', 'dotenv'])
    await schema
      .alterTable('jobs')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo('[]'))
      .execute()
  for (const name of ['acting_user', 'resource_key'])
    await schema.alterTable('jobs').addColumn(name, 'text').execute()
  await schema.alterTable('jobs').addColumn('timeout_seconds', 'integer').execute()
  await schema.alterTable('jobs').addColumn('scheduled_at_ms', 'bigint').execute()
  await schema
    .alterTable('jobs')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema.createIndex('jobs_scheduled').on('jobs').columns(['state', 'scheduled_at_ms']).execute()
}

async function addResources({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('resources')
    .addColumn('resource_key', 'text', (column) => column.primaryKey())
    .addColumn('job_id', 'integer', (column) => column.notNull().unique())
    .addColumn('is_queued', 'integer', (column) => column.notNull())
    .execute()
  await schema.createIndex('resources_granted').on('resources').columns(['is_queued', 'job_id']).execute()
  await types
    .inKeyOrder(
      schema
        .createTable('resource_waits')
        .addColumn('resource_key', 'text', (column) => column.notNull())
        .addColumn('job_id', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('resource_waits_order', ['resource_key', 'job_id']),
    )
    .execute()
}

async function renewArtifacts(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  await schema.alterTable('artifacts').renameTo('artifacts_before').execute()
  await schema
    .createTable('artifacts')
    .addColumn('job_id', 'integer', (column) => column.notNull())
    .addColumn('pipeline_id', 'integer', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('filename', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addPrimaryKeyConstraint('artifacts_of_job', ['job_id', 'type'])
    .execute()
  const tables = database.$extendTables<Before>()
  const columns = ['job_id', 'filename', 'sha256', 'size', 'created_at_ms'] as const
  const before = tables
    .selectFrom('artifacts_before')
    .innerJoin('jobs', 'jobs.id', 'artifacts_before.job_id')
    .select(columns.map((column) => `artifacts_before.${column}` as const))
    .select((row) => ['jobs.pipeline_id', row.val('archive').as('type'), row.val('zip').as('format')])
  await tables
    .insertInto('artifacts')
    .columns([...columns, 'pipeline_id', 'type', 'format'])
    .expression(before)
    .execute()
  await schema.dropTable('artifacts_before').execute()
  await schema
    .createIndex('artifacts_pipeline')
    .on('artifacts')
    .columns(['pipeline_id', 'job_id', 'type'])
    .execute()
  await schema.createIndex('artifacts_expiry').on('artifacts').column('expires_at_ms').execute()
  await schema.createIndex('artifacts_bytes').on('artifacts').column('sha256').execute()
}
