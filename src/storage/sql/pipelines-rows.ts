import type { Generated, Kysely, Selectable } from 'kysely'
import type { ArtifactRecord, JobRecord, JobState, PipelineRecord } from '../../pipelines/index.ts'
import { pipelineListSteps, type ListedColumns } from './pipeline-lists-steps.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** Tables of `pipelines.ts`, how they came to be, and their rows in the words of the room. */
type PipelineTable = ListedColumns & {
  readonly id: Generated<number>
  readonly iid: number
  readonly project_id: number
  readonly state: JobState
  readonly created_at_ms: number
  readonly started_at_ms: number | null
  readonly finished_at_ms: number | null
  /** JSON. */
  readonly origin: string
}

export type JobTable = {
  readonly id: Generated<number>
  readonly pipeline_id: number
  readonly stage_index: number
  /** JSON. */
  readonly plan: string
  /** JSON. */
  readonly tags: string
  readonly state: JobState
  readonly queued_at_ms: number | null
  readonly started_at_ms: number | null
  readonly finished_at_ms: number | null
  readonly deadline_ms: number | null
  readonly failure_reason: string | null
  readonly exit_code: number | null
  readonly token_hash: string | null
  readonly runner_id: number | null
  /** That of the pipeline, by which lists find jobs. */
  readonly project_id: number
}

type RunnerTable = {
  readonly id: Generated<number>
  readonly description: string
  readonly token_hash: string
  readonly created_at_ms: number
  readonly queue_id: number
}

/** One for all runners with the same tags. */
export type QueueTable = {
  readonly id: Generated<number>
  /** JSON, sorted. */
  readonly tags: string
  readonly run_untagged: number
}

/** A pending job stands in each queue whose runners may take it, and no other job in any. */
type QueuedJobTable = {
  readonly queue_id: number
  readonly queued_at_ms: number
  readonly job_id: number
}

type ArtifactTable = {
  readonly job_id: number
  readonly filename: string
  readonly sha256: string
  readonly size: number
  readonly created_at_ms: number
}

export type PipelinesTables = {
  readonly pipelines: PipelineTable
  readonly jobs: JobTable
  readonly queues: QueueTable
  readonly queued_jobs: QueuedJobTable
  readonly runners: RunnerTable
  readonly artifacts: ArtifactTable
}

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
  ...pipelineListSteps,
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
  const tables = database.$extendTables<PipelinesTables>()
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

/** What a pipeline's life changes. */
export function pipelineColumns(
  pipeline: Pick<PipelineRecord, 'state' | 'startedAtMs' | 'finishedAtMs'>,
): Pick<PipelineTable, 'state' | 'started_at_ms' | 'finished_at_ms'> {
  const { state, startedAtMs, finishedAtMs } = pipeline
  return { state, started_at_ms: startedAtMs, finished_at_ms: finishedAtMs }
}

/** What a job's life changes. */
export function jobColumns(
  job: Omit<JobRecord, 'id' | 'pipelineId'>,
): Omit<Selectable<JobTable>, 'id' | 'pipeline_id' | 'stage_index' | 'plan' | 'tags' | 'project_id'> {
  return {
    state: job.state,
    queued_at_ms: job.queuedAtMs,
    started_at_ms: job.startedAtMs,
    finished_at_ms: job.finishedAtMs,
    deadline_ms: job.deadlineMs,
    failure_reason: job.failureReason,
    exit_code: job.exitCode,
    token_hash: job.tokenHash,
    runner_id: job.runnerId,
  }
}

export function toPipeline(row: Selectable<PipelineTable>): PipelineRecord {
  return {
    id: row.id,
    iid: row.iid,
    state: row.state,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    origin: JSON.parse(row.origin) as PipelineRecord['origin'],
  }
}

export function toJob(row: Selectable<JobTable>): JobRecord {
  return {
    id: row.id,
    pipelineId: row.pipeline_id,
    stageIndex: row.stage_index,
    plan: JSON.parse(row.plan) as JobRecord['plan'],
    tags: JSON.parse(row.tags) as JobRecord['tags'],
    state: row.state,
    queuedAtMs: row.queued_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    deadlineMs: row.deadline_ms,
    failureReason: row.failure_reason,
    exitCode: row.exit_code,
    tokenHash: row.token_hash,
    runnerId: row.runner_id,
  }
}

export function toArtifact(row: Selectable<ArtifactTable>): ArtifactRecord {
  const { job_id: jobId, filename, sha256, size, created_at_ms: createdAtMs } = row
  return { jobId, filename, sha256, size, createdAtMs }
}
