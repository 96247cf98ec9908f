import type { Context } from './ports.ts'
import { anotherTry, retriesItself } from './retries.ts'
import { settledPart } from './parts.ts'
import { mayFail, type Outcome } from './status.ts'
import type { JobRecord, PartOfPipeline, PipelineChange, Snapshot, Wanted } from './store.ts'

/** A runner has it, and its token is alive. */
export function isHeld({ state }: Pick<JobRecord, 'state'>): boolean {
  return state === 'running' || state === 'canceling'
}

/**
 * Ends a running job. Its tokens die first: a crash after that leaves a running job without a token, which its
 * deadline ends; the other order would leave a live token on an ended job. Its `retry` applies in the same step.
 */
export async function endJob(
  context: Context,
  job: Pick<JobRecord, 'id' | 'pipelineId'>,
  outcome: Outcome,
): Promise<Snapshot | undefined> {
  const { store, jobTokens, clock, log } = context
  await jobTokens.revoke(job.id)
  const nowMs = clock.nowMs()
  const after = await store.updateJob(job.id, (now) => ended(now, { jobId: job.id, outcome, nowMs }))
  const record = after?.jobs.find(({ id }) => id === job.id)
  if (after === undefined || record === undefined) return undefined
  log.event('job.ended', { jobId: job.id, state: record.state, reason: record.failureReason })
  if (after.pipeline.origin.autoCancel?.on_job_failure === 'all' && hasFailed(record))
    await context.cancelOthers(job.pipelineId)
  return after
}

function hasFailed(job: JobRecord): boolean {
  return job.state === 'failed' && !job.isRetried && !mayFail(job)
}

interface Ending {
  readonly jobId: number
  readonly outcome: Outcome
  readonly nowMs: number
}

function ended(now: PartOfPipeline, { jobId, outcome, nowMs }: Ending): PipelineChange | Wanted | undefined {
  const job = now.jobs.find(({ id }) => id === jobId)
  if (job === undefined || !isHeld(job)) return undefined
  const { name } = job.plan
  // Its earlier tries count, and who needs it may begin.
  if (now.read !== 'all' && !now.read.names.has(name)) return { wanted: { names: [name], stages: [] } }
  const told = actualOutcome(job, outcome)
  const isRetried = retriesItself(job, { outcome: told, jobs: now.jobs })
  const after = { ...finished(job, told, nowMs), isRetried }
  const jobs = now.jobs.map((one) => (one === job ? after : one))
  return settledPart(now, { jobs, newJobs: isRetried ? [anotherTry(job, { nowMs })] : [] }, nowMs)
}

/** A job that was cancelled is cancelled, however it ended; what was wrong before its end makes a success a failure. */
function actualOutcome(job: JobRecord, outcome: Outcome): Outcome {
  if (job.state === 'canceling') return { state: 'canceled' }
  if (outcome.state !== 'success' || job.failureReason === null) return outcome
  return { state: 'failed', failureReason: job.failureReason }
}

function finished(job: JobRecord, outcome: Outcome, nowMs: number): JobRecord {
  const { state, failureReason = null, exitCode = null } = outcome
  return { ...job, state, failureReason, exitCode, finishedAtMs: nowMs, deadlineMs: null }
}

/** A job past its deadline is failed when somebody next looks at it. */
export async function endIfOverdue(context: Context, job: JobRecord): Promise<JobRecord> {
  const { deadlineMs } = job
  if (!isHeld(job) || deadlineMs === null || deadlineMs > context.clock.nowMs()) return job
  await endJob(context, job, { state: 'failed', failureReason: 'job_execution_timeout' })
  return (await context.store.findJob(job.id)) ?? job
}
