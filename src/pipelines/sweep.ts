import { endIfOverdue, endJob } from './endings.ts'
import type { Context } from './ports.ts'
import { settleOne } from './parts.ts'
import { queued } from './stages.ts'
import type { JobRecord, JobState } from './store.ts'

const BATCH = 20
const PAGE = 100
/** Artifacts that are kept though their time has come are looked at again after this. */
const KEPT_FOR_MS = 3_600_000

/**
 * What became due since somebody last looked: a few of each kind, so that each request for a job does its share. There is
 * no timer: without a runner that asks nothing could begin anyway.
 */
export async function sweep(context: Context): Promise<void> {
  const { store, clock } = context
  const nowMs = clock.nowMs()
  for (const job of await store.overdueJobs(nowMs, BATCH)) await endIfOverdue(context, job)
  for (const job of await store.dueJobs(nowMs, BATCH)) await queue(context, job, 'scheduled')
  for (const job of await store.grantedJobs(BATCH)) await queue(context, job, 'waiting_for_resource')
  await removeExpired(context, nowMs)
}

async function queue({ store, clock }: Context, job: JobRecord, from: JobState): Promise<void> {
  const nowMs = clock.nowMs()
  const begin = (one: JobRecord): JobRecord => (one.state === from ? queued(one, nowMs) : one)
  await store.updateJob(job.id, (now) => settleOne(now, begin, { jobId: job.id, nowMs }))
}

/** Resources that were free before anybody asked. */
export async function grantResources(context: Context): Promise<void> {
  for (const job of await context.store.grantedJobs(BATCH)) await queue(context, job, 'waiting_for_resource')
}

async function removeExpired(context: Context, nowMs: number): Promise<void> {
  const { store } = context
  for (const { jobId, type } of await store.expiredArtifacts(nowMs, BATCH)) {
    const job = await store.findJob(jobId)
    if (job !== undefined && (await isKept(context, job))) await store.setExpiry(jobId, nowMs + KEPT_FOR_MS)
    else await store.removeArtifacts(jobId, type)
  }
}

/** The newest pipeline of a ref that succeeded keeps its artifacts, and one that has not ended needs them. */
export async function isKept({ store }: Context, job: JobRecord): Promise<boolean> {
  const pipeline = await store.findPipelineRecord(job.pipelineId)
  if (pipeline === undefined) return false
  const { id, finishedAtMs, origin } = pipeline
  if (finishedAtMs === null) return true
  const { ref, refType } = origin.commit
  return (await store.latestSuccess({ projectId: origin.project.id, ref, refType }))?.id === id
}

/**
 * When a server starts, no runner has reported for a while that nobody knows: each job that one had becomes failed, so
 * that nothing waits for it and nothing of its is believed. Its `retry` applies. What its runner sends later is refused.
 */
export async function recover(context: Context): Promise<number> {
  let count = 0
  for (let afterId = 0; ;) {
    const page = await context.store.unfinishedJobs(afterId, PAGE)
    const last = page.at(-1)
    if (last === undefined) return count
    for (const job of page) {
      await endJob(context, job, { state: 'failed', failureReason: 'runner_system_failure' })
      count += 1
    }
    afterId = last.id
  }
}
