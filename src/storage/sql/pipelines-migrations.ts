import type { Kysely } from 'kysely'
import { addGraph } from './pipelines-graph.ts'
import { pipelineListSteps } from './pipeline-lists-steps.ts'
import { pipelinePartSteps } from './pipelines-parts.ts'
import { projectQueueSteps } from './pipelines-project-queues.ts'
import { pipelineRemovalSteps } from './pipelines-removal.ts'
import type { PipelinesTables, QueueTable } from './pipelines-rows.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** How the tables of `pipelines.ts` came to be. */
export const pipelinesMigrations: Steps = {
  '0004-pipelines': {
    up: async (database, types) => {
      await createPipelineTables(database, types)
      await createRunnerTables(database, types)
    },
  },
  '0008-pipelines-queues': {
    up: async (database, types) => {
      await createQueueTables(database, types)
      await queuePendingJobs(database)
    },
  },
  '0019-pipelines-graph': { up: addGraph },
  ...pipelineListSteps,
  ...pipelineRemovalSteps,
  ...pipelinePartSteps,
  ...projectQueueSteps,
}

async function createPipelineTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('pipelines')
    .addColumn('id', ...types.id)
    .addColumn('iid', 'integer', (column) => column.notNull())
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('started_at_ms', 'bigint')
    .addColumn('finished_at_ms', 'bigint')
    .addColumn('origin', 'text', (column) => column.notNull())
    .addUniqueConstraint('pipelines_iid', ['project_id', 'iid'])
    .execute()
  await schema
    .createTable('jobs')
    .addColumn('id', ...types.id)
    .addColumn('pipeline_id', 'integer', (column) => column.notNull().references('pipelines.id'))
    .addColumn('stage_index', 'integer', (column) => column.notNull())
    .addColumn('plan', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('queued_at_ms', 'bigint')
    .addColumn('started_at_ms', 'bigint')
    .addColumn('finished_at_ms', 'bigint')
    .addColumn('deadline_ms', 'bigint')
    .addColumn('failure_reason', 'text')
    .addColumn('exit_code', 'integer')
    .addColumn('token_hash', 'text', (column) => column.unique())
    .addColumn('runner_id', 'integer')
    .execute()
  await schema.createIndex('jobs_pipeline').on('jobs').columns(['pipeline_id', 'id']).execute()
  await schema.createIndex('jobs_queue').on('jobs').columns(['state', 'queued_at_ms', 'id']).execute()
  await schema.createIndex('jobs_deadline').on('jobs').columns(['state', 'deadline_ms']).execute()
}

async function createRunnerTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('runners')
    .addColumn('id', ...types.id)
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('artifacts')
    .addColumn('job_id', 'integer', (column) => column.primaryKey().references('jobs.id'))
    .addColumn('filename', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
}

async function createQueueTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('queues')
    .addColumn('id', ...types.id)
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('run_untagged', 'integer', (column) => column.notNull())
    .addUniqueConstraint('queues_kind', ['tags', 'run_untagged'])
    .execute()
  await schema
    .createTable('queued_jobs')
    .addColumn('queue_id', 'integer', (column) => column.notNull())
    .addColumn('queued_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('job_id', 'integer', (column) => column.notNull().references('jobs.id'))
    .addPrimaryKeyConstraint('queued_jobs_order', ['queue_id', 'queued_at_ms', 'job_id'])
    .execute()
  await schema.createIndex('queued_jobs_job').on('queued_jobs').column('job_id').execute()
  await schema.dropIndex('jobs_queue').execute()
  await schema.createIndex('jobs_state').on('jobs').columns(['state', 'id']).execute()
}

/** Of a database in which no runner and no job had tags: one queue for all. */
async function queuePendingJobs(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  await schema.alterTable('runners').addColumn('queue_id', 'integer').execute()
  await schema
    .alterTable('jobs')
    .addColumn('tags', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute()
  type Before = Omit<PipelinesTables, 'queues'> & { readonly queues: Omit<QueueTable, 'project_id'> }
  const tables = database.$extendTables<Before>()
  await tables.insertInto('queues').values({ tags: '[]', run_untagged: 1 }).execute()
  await tables
    .updateTable('runners')
    .set((row) => ({ queue_id: row.selectFrom('queues').select('queues.id') }))
    .execute()
  const pending = tables
    .selectFrom('jobs')
    .crossJoin('queues')
    .select(['queues.id', 'jobs.queued_at_ms', 'jobs.id as job_id'])
    .where('jobs.state', '=', 'pending')
  await tables
    .insertInto('queued_jobs')
    .columns(['queue_id', 'queued_at_ms', 'job_id'])
    .expression(pending)
    .execute()
}
