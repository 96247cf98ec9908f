import type { Context } from './ports.ts'
import { finished, settle, type Outcome } from './stages.ts'
import type { JobRecord, Snapshot } from './store.ts'

const OVERDUE_BATCH = 20

/**
 * Ends a running job. Its tokens die first: a crash after that leaves a running job without a token, which its
 * deadline ends; the other order would leave a live token on an ended job.
 */
export async function endJob(
  context: Context,
  job: Pick<JobRecord, 'id' | 'pipelineId'>,
  outcome: Outcome,
): Promise<Snapshot | undefined> {
  const { store, jobTokens, clock, log } = context
  await jobTokens.revoke(job.id)
  const nowMs = clock.nowMs()
  const end = (one: JobRecord): JobRecord =>
    one.id === job.id && one.state === 'running' ? finished(one, outcome, nowMs) : one
  const after = await store.updatePipeline(job.pipelineId, (now) => settle(now, end, nowMs))
  if (after !== undefined)
    log.event('job.ended', { jobId: job.id, state: outcome.state, reason: outcome.failureReason ?? null })
  return after
}

function isOverdue(job: JobRecord, nowMs: number): boolean {
  return job.state === 'running' && job.deadlineMs !== null && job.deadlineMs <= nowMs
}

/** A job past its deadline is failed when somebody next looks at it. */
export async function endIfOverdue(context: Context, job: JobRecord): Promise<JobRecord> {
  if (!isOverdue(job, context.clock.nowMs())) return job
  await endJob(context, job, { state: 'failed', failureReason: 'job_execution_timeout' })
  return (await context.store.findJob(job.id)) ?? job
}

/** A few at a time: each request for a job does its share. */
export async function endOverdue(context: Context): Promise<void> {
  const overdue = await context.store.overdueJobs(context.clock.nowMs(), OVERDUE_BATCH)
  for (const job of overdue) await endIfOverdue(context, job)
}
