import type { PlannedJob, Variable } from '../ciconfig/index.ts'
import type { PipelineCommit, PipelineOrigin, PipelineUser } from './origin.ts'

/**
 * `created` waits for earlier jobs, `scheduled` for its time, `manual` for a person, `waiting_for_resource` for a job of
 * the same resource group, `pending` for a runner; `canceling` runs its after_script. The last four are final.
 */
export type JobState =
  | 'created'
  | 'waiting_for_resource'
  | 'scheduled'
  | 'manual'
  | 'pending'
  | 'running'
  | 'canceling'
  | 'success'
  | 'failed'
  | 'canceled'
  | 'skipped'

/** How many jobs of a pipeline, each by its newest try, are of each kind in each stage: `2:pending`. */
export type Tally = Readonly<Record<string, number>>

export interface PipelineRecord {
  readonly id: number
  /** Counts within the project, from 1. */
  readonly iid: number
  readonly state: JobState
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly origin: PipelineOrigin
  /** null: an earlier version wrote it, and did not count. */
  readonly tally: Tally | null
}

export interface JobRecord {
  readonly id: number
  readonly pipelineId: number
  readonly stageIndex: number
  readonly plan: PlannedJob
  /** A set: only runners that have all of them may take the job. */
  readonly tags: readonly string[]
  readonly state: JobState
  /** A newer job of the same name has taken its place: it counts for nothing any more. */
  readonly isRetried: boolean
  /** Who retried or played the job, with whose rights it runs; null: who started the pipeline. */
  readonly user: PipelineUser | null
  /** Given by who played the job: over those of the pipeline. */
  readonly variables: readonly Variable[]
  /** Of its dotenv report, for the jobs that come after it. */
  readonly dotenv: readonly Variable[]
  /** Project and resource group: of all jobs with it one is queued or runs. */
  readonly resourceKey: string | null
  readonly createdAtMs: number
  /** When a delayed job shall be queued. */
  readonly scheduledAtMs: number | null
  readonly queuedAtMs: number | null
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  /** What the job may take, from the moment it runs. */
  readonly timeoutSeconds: number | null
  /** Its runner runs after_script when the job is cancelled, and reports after it. */
  readonly cancelsGracefully: boolean
  /** When a running job is given up. */
  readonly deadlineMs: number | null
  /** Of a running job: why it will have failed, whatever its runner says. */
  readonly failureReason: string | null
  readonly exitCode: number | null
  /** SHA-256 of the job token; the token itself is never kept. */
  readonly tokenHash: string | null
  readonly runnerId: number | null
}

export interface Snapshot {
  readonly pipeline: PipelineRecord
  /** In the order in which they were added: those of the plan first, in its order. */
  readonly jobs: readonly JobRecord[]
}

export type NewJob = Omit<JobRecord, 'id' | 'pipelineId'>

export type NewPipeline = Omit<PipelineRecord, 'id' | 'iid'> & { readonly jobs: readonly NewJob[] }

/** A pipeline as it shall be, with jobs that it has not had before: another try of one that failed, for instance. */
export interface PipelineChange extends Snapshot {
  readonly newJobs?: readonly NewJob[]
}

/** What a step on one job looks at. */
export interface PartOfPipeline extends Snapshot {
  /** In the order in which they were added; at first the one job only. */
  readonly jobs: readonly JobRecord[]
  /** What was read besides that job. */
  readonly read: 'all' | { readonly names: ReadonlySet<string>; readonly stages: ReadonlySet<number> }
}

/** What a step has to see before it can decide. */
export interface Wanted {
  readonly wanted:
    | 'all'
    | {
        /** All tries of these jobs, those not begun that need one of them, and the newest tries that these jobs need. */
        readonly names: readonly string[]
        /** Jobs not begun of these stages that need nobody by name. */
        readonly stages: readonly number[]
      }
}

/** What other jobs may take from a job: what its archive is, and the variables of its dotenv report. */
export interface Giver extends Pick<JobRecord, 'id' | 'stageIndex' | 'dotenv'> {
  readonly name: string
  readonly archive: Pick<ArtifactRecord, 'filename' | 'size'> | null
}

/** Of these names, or all of stages before that one. */
export type GiversOf = { readonly names: readonly string[] } | { readonly beforeStage: number }

export interface RunnerRecord {
  readonly id: number
  readonly description: string
  /** A set, sorted. */
  readonly tags: readonly string[]
  /** Whether it takes jobs without tags. */
  readonly runUntagged: boolean
  /** The only project whose jobs it takes; null: those of all projects. */
  readonly projectId: number | null
  readonly createdAtMs: number
}

/** One file that a job uploaded; a job has at most one of each type. */
export interface ArtifactRecord {
  readonly jobId: number
  /** GitLab's word: `archive`, `junit`, `dotenv`, … */
  readonly type: string
  readonly format: 'zip' | 'gzip' | 'raw'
  readonly filename: string
  readonly sha256: string
  readonly size: number
  readonly createdAtMs: number
  /** null: never. */
  readonly expiresAtMs: number | null
}

/**
 * Pipelines, their jobs, runners and the names of artifacts. Durable when a call resolves; safe to call concurrently.
 * Numbers are never reused. No call scans more than the rows that it returns, but `createRunner`: the first runner with
 * its tags is compared with all pending jobs.
 */
export interface PipelineStore {
  createPipeline(pipeline: NewPipeline): Promise<Snapshot>
  findPipeline(id: number): Promise<Snapshot | undefined>
  /** Without its jobs. */
  findPipelineRecord(id: number): Promise<PipelineRecord | undefined>
  /**
   * One atomic step: `decide` sees the pipeline as it is and returns it as it shall be, or undefined to leave it; jobs
   * that are still the same objects are not written, new ones are added after all others. No other step on this
   * pipeline comes between. Resolves to the pipeline with all its jobs, or undefined when nothing was written.
   * `decide` may run more than once and must be pure.
   */
  updatePipeline(
    id: number,
    decide: (now: Snapshot) => PipelineChange | undefined,
  ): Promise<Snapshot | undefined>
  /**
   * `updatePipeline` of the pipeline of one job, whose other jobs are read only where `decide` wants them: it is called
   * again with what it wanted. Resolves to the part that was read, with the new jobs.
   */
  updateJob(
    jobId: number,
    decide: (now: PartOfPipeline) => PipelineChange | Wanted | undefined,
  ): Promise<Snapshot | undefined>
  /**
   * With its jobs and artifacts. False, and nothing is removed, while a runner has one of its jobs, or one waits for a
   * runner.
   */
  removePipeline(id: number): Promise<boolean>
  findJob(id: number): Promise<JobRecord | undefined>
  findJobByTokenHash(tokenHash: string): Promise<JobRecord | undefined>
  /**
   * Of the pending jobs that the runner may take, the one that was queued first: the runner has all tags of the job,
   * runs untagged jobs where it has none, and is not of another project. It stays pending: who makes it running by `updatePipeline` has it.
   */
  nextPendingJob(runnerId: number): Promise<JobRecord | undefined>
  /** Running and canceling jobs whose deadline is not after `nowMs`, the earliest first, at most `limit`. */
  overdueJobs(nowMs: number, limit: number): Promise<readonly JobRecord[]>
  /** Scheduled jobs whose time is not after `nowMs`, the earliest first, at most `limit`. */
  dueJobs(nowMs: number, limit: number): Promise<readonly JobRecord[]>
  /** Running and canceling jobs with a number above `afterId`, in that order, at most `limit`. */
  unfinishedJobs(afterId: number, limit: number): Promise<readonly JobRecord[]>
  /**
   * Jobs that hold their resource and still wait for it, at most `limit`: whoever makes them pending may do so. Of all
   * jobs with the same `resourceKey`, the first that waits holds it, from when nobody else does until it has ended.
   */
  grantedJobs(limit: number): Promise<readonly JobRecord[]>
  /** Pipelines of a ref that have not ended, the newest first, at most `limit`. */
  activePipelines(ref: RefOfProject, limit: number): Promise<readonly PipelineRecord[]>
  /** The newest pipeline of the ref that succeeded. */
  latestSuccess(ref: RefOfProject): Promise<PipelineRecord | undefined>
  createRunner(runner: Omit<RunnerRecord, 'id'> & { readonly tokenHash: string }): Promise<RunnerRecord>
  findRunner(tokenHash: string): Promise<RunnerRecord | undefined>
  /**
   * Only while the job runs, or is canceling, and has none of that type: else false, and nothing is written. `dotenv`
   * is written to the job in the same step.
   */
  addArtifact(artifact: ArtifactRecord, dotenv?: readonly Variable[]): Promise<boolean>
  findArtifact(jobId: number, type: string): Promise<ArtifactRecord | undefined>
  /** By type. */
  jobArtifacts(jobId: number): Promise<readonly ArtifactRecord[]>
  /** Newest tries that have something to give, in the order of the stages; of names also those that have nothing. */
  givers(pipelineId: number, of: GiversOf): Promise<readonly Giver[]>
  /** By job and type. */
  pipelineArtifacts(pipelineId: number): Promise<readonly ArtifactRecord[]>
  /** All of the job: false when it has none. */
  setExpiry(jobId: number, expiresAtMs: number | null): Promise<boolean>
  /** What was removed. `type`: only that one. */
  removeArtifacts(jobId: number, type?: string): Promise<readonly ArtifactRecord[]>
  /** Whose time is not after `nowMs`, the earliest first, at most `limit`. */
  expiredArtifacts(nowMs: number, limit: number): Promise<readonly ArtifactRecord[]>
  /** Whether an artifact has these bytes. */
  isArtifact(sha256: string): Promise<boolean>
}

export interface RefOfProject {
  readonly projectId: number
  readonly ref: string
  readonly refType: PipelineCommit['refType']
}

/** Logs of jobs, append-only. Safe to call concurrently. */
export interface Traces {
  /**
   * Appends when `start` is the log's size, else writes nothing. Resolves to the size afterwards, durably. What a crash
   * leaves of an append is a beginning of its bytes: the size says how much, and the runner goes on from there.
   */
  append(jobId: number, start: number, bytes: Uint8Array): Promise<number>
  /** 0 for a job that has printed nothing. */
  size(jobId: number): Promise<number>
  read(jobId: number, start: number): AsyncIterable<Uint8Array>
  /** Durably; none is fine. Its number gets no other log. */
  remove(jobId: number): Promise<void>
}
