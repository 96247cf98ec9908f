import type { Generated, Selectable } from 'kysely'
import type { ArtifactRecord, JobRecord, JobState, PipelineRecord } from '../../pipelines/index.ts'
import type { ListedColumns } from './pipeline-lists-steps.ts'

/** Tables of `pipelines.ts`, and their rows in the words of the room. */
type PipelineTable = ListedColumns & {
  readonly id: Generated<number>
  readonly iid: number
  readonly project_id: number
  readonly ref: string
  readonly is_tag: number
  readonly sha: string
  readonly source: string
  readonly state: JobState
  readonly created_at_ms: number
  readonly started_at_ms: number | null
  readonly finished_at_ms: number | null
  /** JSON. */
  readonly origin: string
  /** JSON, or null. */
  readonly tally: string | null
}

export type JobTable = {
  readonly id: Generated<number>
  readonly pipeline_id: number
  readonly stage_index: number
  readonly name: string
  /** It waits for earlier stages, and for nobody by name. */
  readonly follows_stage: number
  /** JSON. */
  readonly plan: string
  /** JSON. */
  readonly tags: string
  readonly state: JobState
  readonly is_retried: number
  /** JSON, or null. */
  readonly acting_user: string | null
  /** JSON. */
  readonly variables: string
  /** JSON. */
  readonly dotenv: string
  /** Whether it has any. */
  readonly has_dotenv: number
  readonly resource_key: string | null
  readonly created_at_ms: number
  readonly scheduled_at_ms: number | null
  readonly queued_at_ms: number | null
  readonly started_at_ms: number | null
  readonly finished_at_ms: number | null
  readonly timeout_seconds: number | null
  readonly cancels_gracefully: number
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

/** One for all runners with the same tags that take jobs of the same project, or of all. */
export type QueueTable = {
  readonly id: Generated<number>
  /** 0: all projects. */
  readonly project_id: number
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

/** Who holds a resource; the holder is queued once it no longer waits. */
type ResourceTable = {
  readonly resource_key: string
  readonly job_id: number
  readonly is_queued: number
}

type ResourceWaitTable = {
  readonly resource_key: string
  readonly job_id: number
}

/** Which jobs name which other one in `needs`. */
type NeedTable = {
  readonly pipeline_id: number
  readonly name: string
  readonly job_id: number
}

type ArtifactTable = {
  readonly job_id: number
  readonly pipeline_id: number
  readonly type: string
  readonly format: ArtifactRecord['format']
  readonly filename: string
  readonly sha256: string
  readonly size: number
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
}

/** The largest `iid` that was removed of a project: no other pipeline of it gets that number. */
export type RemovedIidTable = { readonly project_id: number; readonly iid: number }

export type PipelinesTables = {
  readonly pipelines: PipelineTable
  readonly jobs: JobTable
  readonly job_needs: NeedTable
  readonly queues: QueueTable
  readonly queued_jobs: QueuedJobTable
  readonly runners: RunnerTable
  readonly artifacts: ArtifactTable
  readonly resources: ResourceTable
  readonly resource_waits: ResourceWaitTable
  readonly removed_iids: RemovedIidTable
}

/** What a pipeline's life changes. */
export function pipelineColumns(
  pipeline: Pick<PipelineRecord, 'state' | 'startedAtMs' | 'finishedAtMs' | 'tally'>,
): Pick<PipelineTable, 'state' | 'started_at_ms' | 'finished_at_ms' | 'tally'> {
  const { state, startedAtMs, finishedAtMs, tally } = pipeline
  return {
    state,
    started_at_ms: startedAtMs,
    finished_at_ms: finishedAtMs,
    tally: tally === null ? null : JSON.stringify(tally),
  }
}

export function dotenvColumns(dotenv: JobRecord['dotenv']): Pick<JobTable, 'dotenv' | 'has_dotenv'> {
  return { dotenv: JSON.stringify(dotenv), has_dotenv: dotenv.length > 0 ? 1 : 0 }
}

/** What a job's life changes. */
export function jobColumns(
  job: Omit<JobRecord, 'id' | 'pipelineId'>,
): Omit<
  Selectable<JobTable>,
  | 'id'
  | 'pipeline_id'
  | 'stage_index'
  | 'name'
  | 'follows_stage'
  | 'plan'
  | 'tags'
  | 'resource_key'
  | 'created_at_ms'
  | 'project_id'
> {
  return {
    state: job.state,
    is_retried: job.isRetried ? 1 : 0,
    acting_user: job.user === null ? null : JSON.stringify(job.user),
    variables: JSON.stringify(job.variables),
    ...dotenvColumns(job.dotenv),
    scheduled_at_ms: job.scheduledAtMs,
    timeout_seconds: job.timeoutSeconds,
    cancels_gracefully: job.cancelsGracefully ? 1 : 0,
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
    tally: row.tally === null ? null : (JSON.parse(row.tally) as PipelineRecord['tally']),
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
    isRetried: row.is_retried === 1,
    user: row.acting_user === null ? null : (JSON.parse(row.acting_user) as JobRecord['user']),
    variables: JSON.parse(row.variables) as JobRecord['variables'],
    dotenv: JSON.parse(row.dotenv) as JobRecord['dotenv'],
    resourceKey: row.resource_key,
    createdAtMs: row.created_at_ms,
    scheduledAtMs: row.scheduled_at_ms,
    timeoutSeconds: row.timeout_seconds,
    cancelsGracefully: row.cancels_gracefully === 1,
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
  const { type, format, filename, sha256, size } = row
  const times = { createdAtMs: row.created_at_ms, expiresAtMs: row.expires_at_ms }
  return { jobId: row.job_id, type, format, filename, sha256, size, ...times }
}

export function artifactRow(artifact: ArtifactRecord, pipelineId: number): ArtifactTable {
  const { jobId, createdAtMs, expiresAtMs, type, format, filename, sha256, size } = artifact
  return {
    job_id: jobId,
    pipeline_id: pipelineId,
    type,
    format,
    filename,
    sha256,
    size,
    created_at_ms: createdAtMs,
    expires_at_ms: expiresAtMs,
  }
}
