import { endJob } from './endings.ts'
import { pipelineErrors } from './errors.ts'
import { runningJob, type JobClaim } from './job-access.ts'
import { FAILURE_REASONS } from './payload.ts'
import type { Context } from './ports.ts'
import type { JobState } from './store.ts'

export interface TracePart {
  readonly start: number
  readonly bytes: Uint8Array
}

export interface TraceAnswer {
  /** False: the part does not follow what is there; go on from `size`. */
  readonly isAccepted: boolean
  readonly size: number
  readonly state: JobState
}

/** Durable when it resolves. A part that is there already is accepted again. */
export async function appendTrace(
  context: Context,
  claim: JobClaim,
  { start, bytes }: TracePart,
): Promise<TraceAnswer> {
  const job = await runningJob(context, claim)
  const end = start + bytes.length
  if (end > context.limits.maxTraceBytes) {
    await endJob(context, job, { state: 'failed', failureReason: 'trace_size_exceeded' })
    throw pipelineErrors(
      'pipelines.trace-too-long',
      `the log would be longer than ${context.limits.maxTraceBytes} bytes`,
    )
  }
  const size = await context.traces.append(job.id, start, bytes)
  return { isAccepted: size === end, size, state: job.state }
}

export interface JobUpdate {
  readonly state: string
  readonly failureReason?: string | undefined
  readonly exitCode?: number | undefined
}

/** `pending` and `running` are signs of life; the others end the job and its tokens. */
export async function updateJob(context: Context, claim: JobClaim, update: JobUpdate): Promise<JobState> {
  const job = await runningJob(context, claim)
  const { state } = update
  if (state === 'pending' || state === 'running') return job.state
  if (state !== 'success' && state !== 'failed')
    throw pipelineErrors('pipelines.job-update', 'the job state is unknown')
  const after = await endJob(context, job, {
    state,
    ...(state === 'failed' ? { failureReason: failureReason(update.failureReason) } : {}),
    ...(update.exitCode === undefined ? {} : { exitCode: update.exitCode }),
  })
  return after?.jobs.find(({ id }) => id === job.id)?.state ?? state
}

/** What a newer runner calls by a name that was not offered to it is unknown. */
function failureReason(given: string | undefined): string {
  return given !== undefined && FAILURE_REASONS.includes(given) ? given : 'unknown_failure'
}
