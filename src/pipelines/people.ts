import type { Variable } from '../ciconfig/index.ts'
import { pipelineErrors } from './errors.ts'
import { settled } from './parts.ts'
import type { Context } from './ports.ts'
import { anotherTry, unskipped } from './retries.ts'
import { queued } from './stages.ts'
import { isFinal } from './status.ts'
import { grantResources } from './sweep.ts'
import type { PipelineUser } from './origin.ts'
import type { JobRecord, JobState, NewJob, PipelineChange, Snapshot } from './store.ts'

/** Who retries or plays: the job runs with this user's rights from now on. */
export interface Acting {
  readonly user: PipelineUser
}

const ACTIONS: readonly string[] = ['manual', 'delayed']
const RETRYABLE: ReadonlySet<JobState> = new Set(['success', 'failed', 'canceled'])

/** A new try of a job that has ended; resolves to its number. Throws `pipelines.not-retryable`. */
export async function retryJob(
  context: Context,
  jobId: number,
  { user, variables }: Acting & { readonly variables?: readonly Variable[] },
): Promise<number> {
  const { pipelineId } = await knownJob(context, jobId)
  const nowMs = context.clock.nowMs()
  const retry = (now: Snapshot): PipelineChange | undefined => {
    const job = now.jobs.find(({ id }) => id === jobId)
    if (job === undefined || job.isRetried || !RETRYABLE.has(job.state)) return undefined
    const made = { ...anotherTry(job, { nowMs, user }), ...(variables === undefined ? {} : { variables }) }
    // Whoever asks for this job wants it to run now, and not to wait for a person or a time once more.
    const again = ACTIONS.includes(job.plan.when) ? queued(made, nowMs) : made
    return settled(now, { jobs: retried(now.jobs, [job]), newJobs: [again] }, nowMs)
  }
  const after = await context.store.updatePipeline(pipelineId, retry)
  const last = after?.jobs.at(-1)
  if (last === undefined)
    throw pipelineErrors('pipelines.not-retryable', `job ${jobId} has not ended, or was retried already`)
  await grantResources(context)
  return last.id
}

/** Marks jobs as retried; what was skipped because of them is looked at again. */
function retried(jobs: readonly JobRecord[], old: readonly JobRecord[]): readonly JobRecord[] {
  const replaced = new Set(old)
  const marked = jobs.map((job) => (replaced.has(job) ? { ...job, isRetried: true } : job))
  return unskipped(marked, old)
}

/** All jobs that failed or were cancelled, once more. Nothing to retry is fine. */
export async function retryPipeline(context: Context, pipelineId: number, { user }: Acting): Promise<void> {
  const nowMs = context.clock.nowMs()
  await context.store.updatePipeline(pipelineId, (now) => {
    const old = now.jobs.filter(
      ({ isRetried, state }) => !isRetried && (state === 'failed' || state === 'canceled'),
    )
    const newJobs = old.map((job): NewJob => anotherTry(job, { nowMs, user }))
    const after = retried(now.jobs, old)
    const jobs = old.length > 0 ? after.map(lookedAtAgain) : after
    return settled(now, { jobs, newJobs }, nowMs)
  })
  await grantResources(context)
}

function lookedAtAgain(job: JobRecord): JobRecord {
  if (job.state !== 'skipped' || job.isRetried) return job
  return { ...job, state: 'created', finishedAtMs: null }
}

/** Starts a manual or a delayed job now; one that has ended is retried. Resolves to the number of the job that runs. */
export async function playJob(
  context: Context,
  jobId: number,
  { user, variables = [] }: Acting & { readonly variables?: readonly Variable[] },
): Promise<number> {
  const { pipelineId, plan, state: before } = await knownJob(context, jobId)
  if (ACTIONS.includes(plan.when) && isFinal(before) && before !== 'skipped')
    return retryJob(context, jobId, { user, variables })
  const nowMs = context.clock.nowMs()
  const after = await context.store.updatePipeline(pipelineId, (now) => {
    const job = now.jobs.find(({ id }) => id === jobId)
    if (job?.state !== 'manual' && job?.state !== 'scheduled') return undefined
    const played = queued({ ...job, user, variables }, nowMs)
    const jobs = now.jobs.map((one) => (one === job ? played : one))
    return settled(now, { jobs: unskipped(jobs, [job]) }, nowMs)
  })
  if (after === undefined)
    throw pipelineErrors('pipelines.not-playable', `job ${jobId} does not wait for a person or a time`)
  await grantResources(context)
  return jobId
}

async function knownJob({ store }: Context, jobId: number): Promise<JobRecord> {
  const job = await store.findJob(jobId)
  if (job === undefined) throw pipelineErrors('pipelines.unknown', `job ${jobId} does not exist`)
  return job
}
