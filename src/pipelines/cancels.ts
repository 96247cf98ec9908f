import { endJob, isHeld } from './endings.ts'
import type { Context } from './ports.ts'
import { settle } from './parts.ts'
import type { JobRecord, JobState, PipelineRecord } from './store.ts'

/** GitLab's cancelable states beside those that a runner has: a manual job waits on. */
const WAITING: ReadonlySet<JobState> = new Set(['created', 'waiting_for_resource', 'scheduled', 'pending'])
/** What a runner may take for its after_script, whatever the job may take. */
const CANCELING_MS = 600_000

export interface Cancel {
  /** Jobs that are canceling, and runners that would run after_script, are not waited for. */
  readonly isForced?: boolean | undefined
  readonly includes?: (job: JobRecord) => boolean
}

/**
 * Waiting jobs and those whose runner cancels gracefully first, in one step: after that none of them can start. The
 * other running ones are ended as every job is, token first.
 */
export async function cancelJobs(
  context: Context,
  pipelineId: number,
  { isForced = false, includes = () => true }: Cancel,
): Promise<void> {
  const { store, clock } = context
  const nowMs = clock.nowMs()
  const cancel = (job: JobRecord): JobRecord => {
    if (!includes(job)) return job
    if (WAITING.has(job.state)) return { ...job, state: 'canceled', finishedAtMs: nowMs }
    return !isForced && job.state === 'running' && job.cancelsGracefully ? canceling(job, nowMs) : job
  }
  await store.updatePipeline(pipelineId, (now) => settle(now, cancel, nowMs))
  for (const job of (await store.findPipeline(pipelineId))?.jobs ?? [])
    if (isHeld(job) && includes(job) && (isForced || job.state === 'running'))
      await endJob(context, job, { state: 'canceled' })
}

function canceling(job: JobRecord, nowMs: number): JobRecord {
  return {
    ...job,
    state: 'canceling',
    deadlineMs: Math.min(job.deadlineMs ?? Infinity, nowMs + CANCELING_MS),
  }
}

const MAX_REDUNDANT = 100
const STARTED: ReadonlySet<JobState> = new Set(['running', 'success', 'failed', 'canceling'])

/**
 * A newer commit of a ref makes earlier pipelines redundant, as each of them says by `workflow:auto_cancel:on_new_commit`
 * (GitLab's `CancelRedundantPipelinesService`). Default: all of it, unless a job has begun that is not interruptible.
 */
export async function cancelRedundant(context: Context, made: PipelineRecord): Promise<void> {
  const { project, commit } = made.origin
  const ref = { projectId: project.id, ref: commit.ref, refType: commit.refType }
  for (const earlier of await context.store.activePipelines(ref, MAX_REDUNDANT)) {
    if (earlier.id >= made.id || earlier.origin.commit.sha === commit.sha) continue
    const strategy = earlier.origin.autoCancel?.on_new_commit ?? 'conservative'
    if (strategy === 'none') continue
    if (strategy === 'conservative' && (await hasBegun(context, earlier.id))) continue
    const isSafe = ({ plan }: JobRecord): boolean => plan.interruptible === true
    await cancelJobs(context, earlier.id, strategy === 'interruptible' ? { includes: isSafe } : {})
  }
}

/** Whether a job has begun that may not be interrupted. */
async function hasBegun({ store }: Context, pipelineId: number): Promise<boolean> {
  const { jobs = [] } = (await store.findPipeline(pipelineId)) ?? {}
  return jobs.some(({ state, plan }) => STARTED.has(state) && plan.interruptible !== true)
}
