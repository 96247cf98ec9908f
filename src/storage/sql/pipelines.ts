import type { Insertable, Kysely, Transaction } from 'kysely'
import type {
  JobRecord,
  JobState,
  NewJob,
  NewPipeline,
  PartOfPipeline,
  PipelineChange,
  PipelineStore,
  RefOfProject,
  RunnerRecord,
  Snapshot,
} from '../../pipelines/index.ts'
import type { Database } from './database.ts'
import { listedColumns } from './pipeline-lists-steps.ts'
import { artifactQueries } from './pipelines-artifacts.ts'
import { giverQueries, insertNeeds, partColumns, readPart } from './pipelines-parts.ts'
import { ACTIVE } from './pipelines-states.ts'
import { lastRemovedIid, removePipeline } from './pipelines-removal.ts'
import { ensureQueue, queueUp, requeue, toKind, type QueuedJob } from './pipelines-queues.ts'
import {
  jobColumns,
  pipelineColumns,
  toJob,
  toPipeline,
  type JobTable,
  type PipelinesTables,
} from './pipelines-rows.ts'
import { passResource } from './pipelines-resources.ts'
import { waitingQueries } from './pipelines-waiting.ts'
import { alone, atOneMoment } from './transactions.ts'

export { pipelinesMigrations } from './pipelines-migrations.ts'

type Tables = Kysely<PipelinesTables>

export function createPipelineStore(database: Database): PipelineStore {
  const tables = database.$extendTables<PipelinesTables>()
  return {
    createPipeline: (pipeline) => alone(tables, (step) => insertPipeline(step, pipeline)),
    findPipeline: (id) => atOneMoment(tables, (step) => readSnapshot(step, id)),
    findPipelineRecord: async (id) => {
      const row = await tables.selectFrom('pipelines').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toPipeline(row)
    },
    removePipeline: (id) => alone(tables, (step) => removePipeline(step, id)),
    updatePipeline: (id, decide) => alone(tables, (step) => rewrite(step, id, decide)),
    updateJob: (jobId, decide) => alone(tables, (step) => rewritePart(step, jobId, decide)),
    ...jobQueries(tables),
    ...waitingQueries(tables),
    ...runnerQueries(tables),
    ...artifactQueries(tables),
    ...giverQueries(tables),
    ...refQueries(tables),
  }
}

function jobQueries(
  tables: Tables,
): Pick<PipelineStore, 'findJob' | 'findJobByTokenHash' | 'nextPendingJob'> {
  const jobs = tables.selectFrom('jobs').selectAll('jobs')
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
  }
}

function refQueries(tables: Tables): Pick<PipelineStore, 'activePipelines' | 'latestSuccess'> {
  const newest = (ref: RefOfProject, state: JobState) =>
    tables
      .selectFrom('pipelines')
      .selectAll()
      .where('project_id', '=', ref.projectId)
      .where('ref', '=', ref.ref)
      .where('is_tag', '=', ref.refType === 'tag' ? 1 : 0)
      .where('state', '=', state)
      .orderBy('id', 'desc')
  return {
    activePipelines: async (ref, limit) => {
      const found = []
      for (const state of ACTIVE) found.push(...(await newest(ref, state).limit(limit).execute()))
      const sorted = found.toSorted((a, b) => b.id - a.id)
      return sorted.slice(0, limit).map(toPipeline)
    },
    latestSuccess: async (ref) => {
      const row = await newest(ref, 'success').limit(1).executeTakeFirst()
      return row === undefined ? undefined : toPipeline(row)
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
    .select(['tags', 'run_untagged', 'project_id'])
}

function toRunner(row: {
  readonly id: number
  readonly description: string
  readonly created_at_ms: number
  readonly tags: string
  readonly run_untagged: number
  readonly project_id: number
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
    queue_id: await ensureQueue(step, runner, pendingJobs(step, runner.projectId)),
  }
  const { id } = await step.insertInto('runners').values(row).returning('id').executeTakeFirstOrThrow()
  return toRunner(await runners(step).where('runners.id', '=', id).executeTakeFirstOrThrow())
}

/** Of one project, or of all. */
async function* pendingJobs(
  step: Transaction<PipelinesTables>,
  projectId: number | null,
): AsyncGenerator<QueuedJob> {
  for (let afterId = 0; ;) {
    const pending = step.selectFrom('jobs').selectAll().where('state', '=', 'pending')
    const own = projectId === null ? pending : pending.where('project_id', '=', projectId)
    const page = await own.where('id', '>', afterId).orderBy('id').limit(PAGE).execute()
    yield* page.map((row) => ({ ...toJob(row), projectId: row.project_id }))
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
    iid: Math.max(last?.iid ?? 0, await lastRemovedIid(step, projectId)) + 1,
    project_id: projectId,
    ref: pipeline.origin.commit.ref,
    is_tag: pipeline.origin.commit.refType === 'tag' ? 1 : 0,
    sha: pipeline.origin.commit.sha,
    source: pipeline.origin.source,
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
    const { id } = await step.insertInto('jobs').values(values).returning('id').executeTakeFirstOrThrow()
    const record = { ...job, id, pipelineId }
    await insertNeeds(step, record)
    await queueUp(step, { ...record, projectId: project_id })
    await passResource(step, record)
    inserted.push(record)
  }
  return inserted
}

function newJobRow(job: NewJob, pipelineId: number): Omit<Insertable<JobTable>, 'project_id'> {
  return {
    pipeline_id: pipelineId,
    stage_index: job.stageIndex,
    ...partColumns(job.plan),
    plan: JSON.stringify(job.plan),
    tags: JSON.stringify(job.tags),
    resource_key: job.resourceKey,
    created_at_ms: job.createdAtMs,
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
  return before === undefined || after === undefined ? undefined : write(step, before, after)
}

async function rewritePart(
  step: Transaction<PipelinesTables>,
  jobId: number,
  decide: Parameters<PipelineStore['updateJob']>[1],
): Promise<Snapshot | undefined> {
  const row = await step.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirst()
  if (row === undefined) return undefined
  const pipelines = step.selectFrom('pipelines').selectAll().where('id', '=', row.pipeline_id)
  const pipeline = toPipeline(await pipelines.executeTakeFirstOrThrow())
  let part: PartOfPipeline = { pipeline, jobs: [toJob(row)], read: { names: new Set(), stages: new Set() } }
  for (;;) {
    const after = decide(part)
    if (after === undefined) return undefined
    if (!('wanted' in after)) return write(step, part, after)
    part = await readPart(step, part, after)
  }
}

async function write(
  step: Transaction<PipelinesTables>,
  before: Snapshot,
  { pipeline, jobs, newJobs = [] }: PipelineChange,
): Promise<Snapshot> {
  const { id } = pipeline
  if (pipeline !== before.pipeline)
    await step.updateTable('pipelines').set(pipelineColumns(pipeline)).where('id', '=', id).execute()
  const known = new Set(before.jobs)
  for (const job of jobs) {
    if (known.has(job)) continue
    await step.updateTable('jobs').set(jobColumns(job)).where('id', '=', job.id).execute()
    await requeue(step, job)
    await passResource(step, job)
  }
  return { pipeline, jobs: [...jobs, ...(await insertJobs(step, id, newJobs))] }
}
