import type { Insertable, Kysely, Transaction } from 'kysely'
import type {
  ArtifactRecord,
  JobRecord,
  NewJob,
  NewPipeline,
  PipelineChange,
  PipelineStore,
  RunnerRecord,
  Snapshot,
} from '../../pipelines/index.ts'
import type { Database } from './database.ts'
import { listedColumns } from './pipeline-lists-steps.ts'
import { ensureQueue, requeue, toKind } from './pipelines-queues.ts'
import {
  jobColumns,
  pipelineColumns,
  toArtifact,
  toJob,
  toPipeline,
  type JobTable,
  type PipelinesTables,
} from './pipelines-rows.ts'
import { alone, atOneMoment } from './transactions.ts'

export { pipelinesMigrations } from './pipelines-rows.ts'

type Tables = Kysely<PipelinesTables>

export function createPipelineStore(database: Database): PipelineStore {
  const tables = database.$extendTables<PipelinesTables>()
  return {
    createPipeline: (pipeline) => alone(tables, (step) => insertPipeline(step, pipeline)),
    findPipeline: (id) => atOneMoment(tables, (step) => readSnapshot(step, id)),
    updatePipeline: (id, decide) => alone(tables, (step) => rewrite(step, id, decide)),
    ...jobQueries(tables),
    ...runnerQueries(tables),
    addArtifact: (artifact) => alone(tables, (step) => insertArtifact(step, artifact)),
    findArtifact: async (jobId) => {
      const row = await tables
        .selectFrom('artifacts')
        .selectAll()
        .where('job_id', '=', jobId)
        .executeTakeFirst()
      return row === undefined ? undefined : toArtifact(row)
    },
    pipelineArtifacts: async (pipelineId) => {
      const rows = await tables
        .selectFrom('artifacts')
        .innerJoin('jobs', 'jobs.id', 'artifacts.job_id')
        .selectAll('artifacts')
        .where('jobs.pipeline_id', '=', pipelineId)
        .orderBy('jobs.id')
        .execute()
      return rows.map(toArtifact)
    },
  }
}

function jobQueries(
  tables: Tables,
): Pick<PipelineStore, 'findJob' | 'findJobByTokenHash' | 'nextPendingJob' | 'overdueJobs'> {
  const jobs = tables.selectFrom('jobs').selectAll()
  const first = async (query: typeof jobs): Promise<JobRecord | undefined> => {
    const row = await query.limit(1).executeTakeFirst()
    return row === undefined ? undefined : toJob(row)
  }
  return {
    findJob: (id) => first(jobs.where('id', '=', id)),
    findJobByTokenHash: (tokenHash) => first(jobs.where('token_hash', '=', tokenHash)),
    nextPendingJob: async (runnerId) => {
      const row = await tables
        .selectFrom('runners')
        .innerJoin('queued_jobs', 'queued_jobs.queue_id', 'runners.queue_id')
        .innerJoin('jobs', 'jobs.id', 'queued_jobs.job_id')
        .selectAll('jobs')
        .where('runners.id', '=', runnerId)
        .orderBy('queued_jobs.queued_at_ms')
        .orderBy('queued_jobs.job_id')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? undefined : toJob(row)
    },
    overdueJobs: async (nowMs, limit) => {
      const overdue = jobs.where('state', '=', 'running').where('deadline_ms', '<=', nowMs)
      return (await overdue.orderBy('deadline_ms').limit(limit).execute()).map(toJob)
    },
  }
}

function runnerQueries(tables: Tables): Pick<PipelineStore, 'createRunner' | 'findRunner'> {
  return {
    createRunner: (runner) => alone(tables, (step) => insertRunner(step, runner)),
    findRunner: async (tokenHash) => {
      const found = runners(tables).where('token_hash', '=', tokenHash)
      const row = await found.executeTakeFirst()
      return row === undefined ? undefined : toRunner(row)
    },
  }
}

function runners(tables: Tables) {
  return tables
    .selectFrom('runners')
    .innerJoin('queues', 'queues.id', 'runners.queue_id')
    .selectAll('runners')
    .select(['tags', 'run_untagged'])
}

function toRunner(row: {
  readonly id: number
  readonly description: string
  readonly created_at_ms: number
  readonly tags: string
  readonly run_untagged: number
}): RunnerRecord {
  return { id: row.id, description: row.description, ...toKind(row), createdAtMs: row.created_at_ms }
}

async function insertRunner(
  step: Transaction<PipelinesTables>,
  runner: Parameters<PipelineStore['createRunner']>[0],
): Promise<RunnerRecord> {
  const row = {
    description: runner.description,
    created_at_ms: runner.createdAtMs,
    token_hash: runner.tokenHash,
    queue_id: await ensureQueue(step, runner, pendingJobs(step)),
  }
  const { id } = await step.insertInto('runners').values(row).returning('id').executeTakeFirstOrThrow()
  return toRunner(await runners(step).where('runners.id', '=', id).executeTakeFirstOrThrow())
}

async function* pendingJobs(step: Transaction<PipelinesTables>): AsyncGenerator<JobRecord> {
  for (let afterId = 0; ;) {
    const pending = step.selectFrom('jobs').selectAll().where('state', '=', 'pending')
    const page = await pending.where('id', '>', afterId).orderBy('id').limit(PAGE).execute()
    yield* page.map(toJob)
    const last = page.at(-1)
    if (last === undefined) return
    afterId = last.id
  }
}

const PAGE = 500

async function insertPipeline(step: Transaction<PipelinesTables>, pipeline: NewPipeline): Promise<Snapshot> {
  const projectId = pipeline.origin.project.id
  const last = await step
    .selectFrom('pipelines')
    .select('iid')
    .where('project_id', '=', projectId)
    .orderBy('iid', 'desc')
    .limit(1)
    .executeTakeFirst()
  const row = {
    iid: (last?.iid ?? 0) + 1,
    project_id: projectId,
    origin: JSON.stringify(pipeline.origin),
    created_at_ms: pipeline.createdAtMs,
    ...listedColumns(pipeline.origin),
    ...pipelineColumns(pipeline),
  }
  const inserted = await step.insertInto('pipelines').values(row).returningAll().executeTakeFirstOrThrow()
  return { pipeline: toPipeline(inserted), jobs: await insertJobs(step, inserted.id, pipeline.jobs) }
}

async function insertJobs(
  step: Transaction<PipelinesTables>,
  pipelineId: number,
  jobs: readonly NewJob[],
): Promise<readonly JobRecord[]> {
  const inserted: JobRecord[] = []
  if (jobs.length === 0) return inserted
  const pipeline = step.selectFrom('pipelines').select('project_id').where('id', '=', pipelineId)
  const { project_id } = await pipeline.executeTakeFirstOrThrow()
  for (const job of jobs) {
    const values = { ...newJobRow(job, pipelineId), project_id }
    const row = await step.insertInto('jobs').values(values).returningAll().executeTakeFirstOrThrow()
    const record = toJob(row)
    await requeue(step, record)
    inserted.push(record)
  }
  return inserted
}

function newJobRow(job: NewJob, pipelineId: number): Omit<Insertable<JobTable>, 'project_id'> {
  return {
    pipeline_id: pipelineId,
    stage_index: job.stageIndex,
    plan: JSON.stringify(job.plan),
    tags: JSON.stringify(job.tags),
    ...jobColumns(job),
  }
}

async function readSnapshot(step: Transaction<PipelinesTables>, id: number): Promise<Snapshot | undefined> {
  const row = await step.selectFrom('pipelines').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) return undefined
  const jobs = await step.selectFrom('jobs').selectAll().where('pipeline_id', '=', id).orderBy('id').execute()
  return { pipeline: toPipeline(row), jobs: jobs.map(toJob) }
}

async function rewrite(
  step: Transaction<PipelinesTables>,
  id: number,
  decide: (now: Snapshot) => PipelineChange | undefined,
): Promise<Snapshot | undefined> {
  const before = await readSnapshot(step, id)
  const after = before === undefined ? undefined : decide(before)
  if (before === undefined || after === undefined) return undefined
  const { pipeline, jobs, newJobs = [] } = after
  if (pipeline !== before.pipeline)
    await step.updateTable('pipelines').set(pipelineColumns(pipeline)).where('id', '=', id).execute()
  const known = new Set(before.jobs)
  for (const job of jobs) {
    if (known.has(job)) continue
    await step.updateTable('jobs').set(jobColumns(job)).where('id', '=', job.id).execute()
    await requeue(step, job)
  }
  return { pipeline, jobs: [...jobs, ...(await insertJobs(step, id, newJobs))] }
}

async function insertArtifact(
  step: Transaction<PipelinesTables>,
  artifact: ArtifactRecord,
): Promise<boolean> {
  const job = await step
    .selectFrom('jobs')
    .select('state')
    .where('id', '=', artifact.jobId)
    .executeTakeFirst()
  if (job?.state !== 'running') return false
  const { jobId, filename, sha256, size, createdAtMs } = artifact
  const result = await step
    .insertInto('artifacts')
    .values({ job_id: jobId, filename, sha256, size, created_at_ms: createdAtMs })
    .onConflict((conflict) => conflict.column('job_id').doNothing())
    .executeTakeFirst()
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1
}
