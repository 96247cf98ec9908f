import type { Job } from '../access/index.ts'
import { byStage } from './stages.ts'
import { isFinal, mayFail } from './status.ts'
import type { PipelineUser } from './origin.ts'
import type { JobRecord, JobState, PipelineRecord, Snapshot } from './store.ts'

export interface JobView {
  readonly id: number
  readonly pipelineId: number
  readonly name: string
  readonly stage: string
  readonly state: JobState
  /** A newer try has taken its place. */
  readonly isRetried: boolean
  /** With exit codes: whether some are allowed, and once it has failed whether this one was. */
  readonly allowFailure: boolean
  readonly when: JobRecord['plan']['when']
  readonly tags: readonly string[]
  readonly runnerId: number | null
  /** Who retried or played it; null: who started the pipeline. */
  readonly user: PipelineUser | null
  readonly environment: string | null
  readonly createdAtMs: number
  readonly scheduledAtMs: number | null
  readonly queuedAtMs: number | null
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  /** Between start and end; null while it is not known. */
  readonly durationSeconds: number | null
  /** From when it was queued to its start; null while it is not known. */
  readonly queuedSeconds: number | null
  readonly timeoutSeconds: number | null
  readonly failureReason: string | null
  readonly exitCode: number | null
}

export interface PipelineView {
  readonly id: number
  readonly iid: number
  readonly projectId: number
  readonly state: JobState
  readonly source: string
  readonly ref: string
  readonly sha: string
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly durationSeconds: number | null
  /** With `.pre` and `.post`. */
  readonly stages: readonly string[]
  /** `workflow:name`. */
  readonly name: string | null
  readonly user: PipelineUser
  /** In the order of the stages; tries that were retried too. */
  readonly jobs: readonly JobView[]
}

export function viewPipeline({ pipeline, jobs }: Snapshot): PipelineView {
  const { origin, ...rest } = pipeline
  return {
    ...rest,
    projectId: origin.project.id,
    source: origin.source,
    ref: origin.commit.ref,
    sha: origin.commit.sha,
    name: origin.name ?? null,
    user: origin.user,
    durationSeconds: duration(pipeline),
    stages: origin.stages,
    jobs: byStage(jobs).map(viewJob),
  }
}

export function viewJob(job: JobRecord): JobView {
  const { plan, state, queuedAtMs, startedAtMs } = job
  const isQueued = queuedAtMs !== null && startedAtMs !== null
  return {
    id: job.id,
    pipelineId: job.pipelineId,
    name: plan.name,
    stage: plan.stage,
    state,
    isRetried: job.isRetried,
    allowFailure: state === 'failed' ? mayFail(job) : plan.allow_failure !== false,
    when: plan.when,
    tags: plan.tags,
    runnerId: job.runnerId,
    user: job.user,
    environment: plan.environment?.name ?? null,
    createdAtMs: job.createdAtMs,
    scheduledAtMs: job.scheduledAtMs,
    queuedAtMs,
    startedAtMs,
    finishedAtMs: job.finishedAtMs,
    durationSeconds: duration(job),
    queuedSeconds: isQueued ? (startedAtMs - queuedAtMs) / 1000 : null,
    timeoutSeconds: job.timeoutSeconds,
    failureReason: isFinal(state) ? job.failureReason : null,
    exitCode: job.exitCode,
  }
}

function duration({
  startedAtMs,
  finishedAtMs,
}: Pick<JobRecord, 'startedAtMs' | 'finishedAtMs'>): number | null {
  return startedAtMs === null || finishedAtMs === null ? null : (finishedAtMs - startedAtMs) / 1000
}

/** As the other rooms know it. */
export function describeJob(job: JobRecord, pipeline: PipelineRecord): Job {
  const { project, commit, source } = pipeline.origin
  return {
    id: job.id,
    name: job.plan.name,
    stage: job.plan.stage,
    status: job.state,
    projectId: project.id,
    ref: commit.ref,
    isTag: commit.refType === 'tag',
    sha: commit.sha,
    createdAtMs: job.createdAtMs,
    startedAtMs: job.startedAtMs,
    pipeline: {
      id: pipeline.id,
      iid: pipeline.iid,
      status: pipeline.state,
      source,
      createdAtMs: pipeline.createdAtMs,
    },
  }
}
