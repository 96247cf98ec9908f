import { baseErrors, type Blob } from '../base/index.ts'
import { endJob } from './endings.ts'
import { JobEndedError, pipelineErrors } from './errors.ts'
import { jobOfToken, runningJob, type JobClaim } from './job-access.ts'
import { FAILURE_REASONS } from './payload.ts'
import type { Context } from './ports.ts'
import type { ArtifactRecord, JobRecord, JobState } from './store.ts'

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
  return { isAccepted: size === end, size, state: 'running' }
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
  if (state === 'pending' || state === 'running') return 'running'
  if (state !== 'success' && state !== 'failed')
    throw pipelineErrors('pipelines.job-update', 'the job state is unknown')
  await endJob(context, job, {
    state,
    ...(state === 'failed' ? { failureReason: failureReason(update.failureReason) } : {}),
    ...(update.exitCode === undefined ? {} : { exitCode: update.exitCode }),
  })
  return state
}

/** What a newer runner calls by a name that was not offered to it is unknown. */
function failureReason(given: string | undefined): string {
  return given !== undefined && FAILURE_REASONS.includes(given) ? given : 'unknown_failure'
}

export interface ArtifactUpload {
  /** GitLab's word: `archive`, `junit`, `dotenv`, … */
  readonly type: string
  readonly format: string
  /** `artifacts:expire_in`, as the runner says it back. */
  readonly expireIn?: string | undefined
  readonly filename: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A name in a header and on a disk: nothing that a path or a terminal could mistake. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._ +-]{0,200}\.zip$/

/** Throws `pipelines.artifacts-kind` for what is not taken, before anything is read of a body. */
export function checkArtifactsKind({
  type,
  format,
}: {
  readonly type: string
  readonly format: string
}): ArtifactKind {
  if (type !== 'archive' || format !== 'zip')
    throw pipelineErrors(
      'pipelines.artifacts-kind',
      `artifact type ${type.slice(0, 40)} in format ${format.slice(0, 40)} is not supported`,
    )
  return { type, format }
}

type ArtifactKind = Pick<ArtifactRecord, 'type' | 'format'>

/** Life of an upload: 1 bytes staged, 2 blob durable, 3 row, if the job still runs. A crash leaves no row without its blob. */
export async function putArtifacts(context: Context, claim: JobClaim, upload: ArtifactUpload): Promise<void> {
  const kind = checkArtifactsKind(upload)
  const job = await runningJob(context, claim)
  const filename = FILE_NAME.test(upload.filename) ? upload.filename : 'artifacts.zip'
  const staged = await context.blobs.stage(upload.bytes, context.limits.maxArtifactsBytes)
  try {
    await staged.commit()
    const { sha256, size } = staged
    const createdAtMs = context.clock.nowMs()
    const record = {
      jobId: job.id,
      ...kind,
      filename,
      sha256,
      size,
      createdAtMs,
      expiresAtMs: null,
    }
    if (!(await context.store.addArtifact(record))) await explainRefusal(context, job, sha256)
  } finally {
    await staged.discard()
  }
}

/** A retry of an upload that had arrived is fine. */
async function explainRefusal({ store }: Context, { id }: JobRecord, sha256: string): Promise<void> {
  const current = await store.findJob(id)
  if (current?.state !== 'running') throw new JobEndedError(id, current?.state ?? 'canceled')
  if ((await store.findArtifact(id, 'archive'))?.sha256 !== sha256)
    throw pipelineErrors('pipelines.artifacts-taken', `job ${id} has already uploaded different artifacts`)
}

export interface OpenArtifacts {
  readonly filename: string
  readonly blob: Blob
}

/** A running job of the same pipeline may read a job's artifacts. Throws `pipelines.job-token` for any other. */
export async function checkReader(context: Context, { jobId, token }: JobClaim): Promise<void> {
  const asking = await jobOfToken(context, token)
  const job = await context.store.findJob(jobId)
  if (job === undefined || job.pipelineId !== asking.pipelineId)
    throw pipelineErrors('pipelines.job-token', `the job of the token may not read artifacts of job ${jobId}`)
}

/** Throws as `checkReader`, and `pipelines.artifacts-absent`. */
export async function openArtifacts(context: Context, claim: JobClaim): Promise<OpenArtifacts> {
  await checkReader(context, claim)
  const { jobId } = claim
  const artifact = await context.store.findArtifact(jobId, 'archive')
  if (artifact === undefined)
    throw pipelineErrors('pipelines.artifacts-absent', `job ${jobId} has no artifacts`)
  const blob = await context.blobs.open(artifact.sha256, artifact.size)
  if (blob === undefined)
    throw baseErrors(
      'base.blob-damaged',
      `the artifacts of job ${jobId} are missing: sha256 ${artifact.sha256}`,
    )
  return { filename: artifact.filename, blob }
}
