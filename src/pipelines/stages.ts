import type { JobRecord, JobState, Snapshot } from './store.ts'

/** In the order of the stages, and inside a stage as they were added. */
export function byStage<Job extends Pick<JobRecord, 'stageIndex'>>(jobs: readonly Job[]): readonly Job[] {
  return jobs.toSorted((a, b) => a.stageIndex - b.stageIndex)
}

/** What the order of stages needs to know of a job. */
interface Staged extends Pick<
  JobRecord,
  'stageIndex' | 'state' | 'queuedAtMs' | 'finishedAtMs' | 'exitCode'
> {
  readonly plan: Pick<JobRecord['plan'], 'when' | 'allow_failure'>
}

const FINAL: readonly JobState[] = ['success', 'failed', 'canceled', 'skipped']

export function isFinal(state: JobState): boolean {
  return FINAL.includes(state)
}

/**
 * Stage order: a stage starts when all jobs of earlier stages have ended; a job waits for a runner or is skipped as
 * its `when` says of what came before. Jobs that do not change stay the same objects.
 */
export function advance<Job extends Staged>(jobs: readonly Job[], nowMs: number): readonly Job[] {
  const stages = [...new Set(jobs.map((job) => job.stageIndex))].toSorted((a, b) => a - b)
  let advanced = jobs
  for (const stage of stages) {
    const earlier = advanced.filter((job) => job.stageIndex < stage)
    if (!earlier.every((job) => isFinal(job.state))) break
    const hasFailed = earlier.some(counts)
    advanced = advanced.map((job) =>
      job.stageIndex === stage && job.state === 'created' ? begin(job, { hasFailed, nowMs }) : job,
    )
  }
  return advanced
}

function counts(job: Staged): boolean {
  return job.state === 'canceled' || (job.state === 'failed' && !mayFail(job))
}

/** `allow_failure:exit_codes`: the code says whether the failure was one of those that are expected. */
function mayFail({ plan: { allow_failure: allowed }, exitCode }: Staged): boolean {
  if (typeof allowed === 'boolean') return allowed
  return exitCode !== null && allowed.exit_codes.includes(exitCode)
}

function begin<Job extends Staged>(
  job: Job,
  { hasFailed, nowMs }: { hasFailed: boolean; nowMs: number },
): Job {
  const { when } = job.plan
  const runs = when === 'always' || (when === 'on_failure') === hasFailed
  return runs
    ? { ...job, state: 'pending', queuedAtMs: nowMs }
    : { ...job, state: 'skipped', finishedAtMs: nowMs }
}

/** As GitLab sums up: a job that is allowed to fail does not fail the pipeline. */
export function pipelineState(jobs: readonly Staged[]): JobState {
  const states = new Set(jobs.map((job) => job.state))
  if (states.has('running')) return 'running'
  if (states.has('pending') || states.has('created'))
    return jobs.some((job) => isFinal(job.state)) ? 'running' : 'pending'
  if (jobs.some((job) => job.state === 'failed' && !mayFail(job))) return 'failed'
  if (states.has('canceled')) return 'canceled'
  return states.has('success') || states.has('failed') ? 'success' : 'skipped'
}

/** The snapshot after `change` to some of its jobs and all that follows from it, or undefined when no job changed. */
export function settle(
  { pipeline, jobs }: Snapshot,
  change: (job: JobRecord) => JobRecord,
  nowMs: number,
): Snapshot | undefined {
  const changed = jobs.map(change)
  if (changed.every((job, index) => job === jobs[index])) return undefined
  const settled = advance(changed, nowMs)
  const state = pipelineState(settled)
  const startedAtMs = pipeline.startedAtMs ?? (state === 'running' ? nowMs : null)
  return {
    pipeline: { ...pipeline, state, startedAtMs, finishedAtMs: isFinal(state) ? nowMs : null },
    jobs: settled,
  }
}

export interface Outcome {
  readonly state: 'success' | 'failed' | 'canceled'
  readonly failureReason?: string
  readonly exitCode?: number
}

export function finished(job: JobRecord, outcome: Outcome, nowMs: number): JobRecord {
  const { state, failureReason = null, exitCode = null } = outcome
  return { ...job, state, failureReason, exitCode, finishedAtMs: nowMs, deadlineMs: null }
}
