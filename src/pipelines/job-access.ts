import { bytesEqual, sha256Hex, utf8 } from '../base/index.ts'
import { endIfOverdue, isHeld } from './endings.ts'
import { JobEndedError, pipelineErrors } from './errors.ts'
import type { Context } from './ports.ts'
import type { JobRecord } from './store.ts'

/** A runner's claim to act for a job. */
export interface JobClaim {
  readonly jobId: number
  /** The job token, as it was sent. */
  readonly token: string
}

/** A longer one is not ours, and is not worth hashing. */
const MAX_TOKEN_LENGTH = 8192

export function hashToken(token: string): string {
  return sha256Hex(utf8(token.slice(0, MAX_TOKEN_LENGTH + 1)))
}

/** Running, or canceling. Throws `pipelines.unknown`, `pipelines.job-token`, and `JobEndedError` for the right token of an ended job. */
export async function runningJob(context: Context, { jobId, token }: JobClaim): Promise<JobRecord> {
  const job = await context.store.findJob(jobId)
  if (job === undefined) throw pipelineErrors('pipelines.unknown', `job ${jobId} does not exist`)
  if (!ownsToken(job, token))
    throw pipelineErrors('pipelines.job-token', `the token does not belong to job ${jobId}`)
  return stillRunning(context, job)
}

/** The running job whose token it is, whichever that may be. */
export async function jobOfToken(context: Context, token: string): Promise<JobRecord> {
  const job = await context.store.findJobByTokenHash(hashToken(token))
  if (job === undefined) throw pipelineErrors('pipelines.job-token', 'the token is not a job token')
  return stillRunning(context, job)
}

async function stillRunning(context: Context, job: JobRecord): Promise<JobRecord> {
  const current = await endIfOverdue(context, job)
  if (!isHeld(current)) throw new JobEndedError(current.id, current.state)
  return current
}

function ownsToken(job: JobRecord, token: string): boolean {
  return job.tokenHash !== null && bytesEqual(utf8(job.tokenHash), utf8(hashToken(token)))
}
