import type { Job } from '../access/index.ts'
import { byStage } from './stages.ts'
import type { JobRecord, JobState, PipelineRecord, Snapshot } from './store.ts'

export interface JobView {
  readonly id: number
  readonly name: string
  readonly stage: string
  readonly state: JobState
  /** With exit codes: whether some are allowed. */
  readonly allowFailure: boolean
  readonly queuedAtMs: number | null
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  /** Between start and end; null while it is not known. */
  readonly durationSeconds: number | null
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
  /** In the order of the stages. */
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
    durationSeconds: duration(pipeline),
    stages: origin.stages,
    jobs: byStage(jobs).map(viewJob),
  }
}

function viewJob(job: JobRecord): JobView {
  const { id, plan, state, queuedAtMs, startedAtMs, finishedAtMs, failureReason, exitCode } = job
  return {
    id,
    name: plan.name,
    stage: plan.stage,
    state,
    allowFailure: plan.allow_failure !== false,
    queuedAtMs,
    startedAtMs,
    finishedAtMs,
    durationSeconds: duration(job),
    failureReason,
    exitCode,
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
    createdAtMs: pipeline.createdAtMs,
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
