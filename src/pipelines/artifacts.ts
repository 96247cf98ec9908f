import { baseErrors, type Blob, type StagedBlob } from '../base/index.ts'
import { durationSeconds, type Variable } from '../ciconfig/index.ts'
import { MAX_DOTENV_UPLOAD_BYTES, readDotenv } from './dotenv.ts'
import { isHeld } from './endings.ts'
import { JobEndedError, pipelineErrors } from './errors.ts'
import { jobOfToken, runningJob, type JobClaim } from './job-access.ts'
import { settleOne } from './parts.ts'
import type { Context } from './ports.ts'
import { reportTypes } from './reports.ts'
import { isKept } from './sweep.ts'
import type { ArtifactRecord, JobRecord } from './store.ts'

export interface ArtifactUpload {
  /** GitLab's word: `archive`, `junit`, `dotenv`, … */
  readonly type: string
  readonly format: string
  readonly filename: string
  readonly bytes: AsyncIterable<Uint8Array>
}

export type ArtifactKind = Pick<ArtifactRecord, 'type' | 'format'>

/** A name in a header and on a disk: nothing that a path or a terminal could mistake. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._ +-]{0,200}$/
const ENDINGS = { zip: '.zip', gzip: '.gz', raw: '' } as const

/** Throws `pipelines.artifacts-kind` for what is not taken, before anything is read of a body. */
export function checkArtifactsKind({
  type,
  format,
}: {
  readonly type: string
  readonly format: string
}): ArtifactKind {
  if (type === 'archive' && format === 'zip') return { type, format }
  if (type !== 'archive' && /^[a-z_0-9]{1,40}$/.test(type) && (format === 'gzip' || format === 'raw'))
    return { type, format }
  throw pipelineErrors(
    'pipelines.artifacts-kind',
    `artifact type ${type.slice(0, 40)} in format ${format.slice(0, 40)} is not supported`,
  )
}

/** Life of an upload: 1 bytes staged, 2 blob durable, 3 row, if the job still runs. A crash leaves no row without its blob. */
export async function putArtifacts(context: Context, claim: JobClaim, upload: ArtifactUpload): Promise<void> {
  const kind = checkArtifactsKind(upload)
  const job = await runningJob(context, claim)
  checkPlanned(job, kind)
  const staged = await context.blobs.stage(upload.bytes, maxBytes(context, kind))
  try {
    const dotenv = kind.type === 'dotenv' ? await dotenvOf(context, job, staged) : undefined
    await staged.commit()
    const record = recordOf(context, job, { ...kind, filename: upload.filename, staged })
    if (!(await context.store.addArtifact(record, dotenv))) await explainRefusal(context, record)
  } finally {
    await staged.discard()
  }
}

/** The archive is taken of any job, as before there were reports; a report is one that the job lists. */
function checkPlanned({ plan }: JobRecord, { type }: ArtifactKind): void {
  if (type === 'archive' || reportTypes(plan.artifacts).includes(type)) return
  throw pipelineErrors('pipelines.artifacts-kind', `job ${plan.name} has no report of type ${type}`)
}

function maxBytes({ limits }: Context, { type }: ArtifactKind): number {
  if (type === 'archive') return limits.maxArtifactsBytes
  return type === 'dotenv' ? MAX_DOTENV_UPLOAD_BYTES : limits.maxReportBytes
}

/** What cannot be read is said to the runner, and fails the job even if the runner thinks that it has succeeded. */
async function dotenvOf(context: Context, job: JobRecord, staged: StagedBlob): Promise<readonly Variable[]> {
  try {
    return readDotenv(await staged.read(0, staged.size))
  } catch (error) {
    const fails = (one: JobRecord): JobRecord =>
      isHeld(one) ? { ...one, failureReason: 'data_integrity_failure' } : one
    const at = { jobId: job.id, nowMs: context.clock.nowMs() }
    await context.store.updateJob(job.id, (now) => settleOne(now, fails, at))
    throw error
  }
}

function recordOf(
  { clock, limits }: Context,
  { id, plan }: JobRecord,
  {
    type,
    format,
    filename,
    staged,
  }: ArtifactKind & { readonly filename: string; readonly staged: StagedBlob },
): ArtifactRecord {
  const ending = ENDINGS[format]
  const isGood = FILE_NAME.test(filename) && filename.endsWith(ending)
  const fallback = type === 'archive' ? 'artifacts.zip' : `${type}${ending}`
  const createdAtMs = clock.nowMs()
  const said = plan.artifacts?.expire_in ?? null
  const seconds = said === null ? limits.artifactsExpireSeconds : durationSeconds(said)
  return {
    jobId: id,
    type,
    format,
    filename: isGood ? filename : fallback,
    sha256: staged.sha256,
    size: staged.size,
    createdAtMs,
    expiresAtMs: seconds === null ? null : createdAtMs + seconds * 1000,
  }
}

/** A retry of an upload that had arrived is fine. */
async function explainRefusal({ store }: Context, { jobId, type, sha256 }: ArtifactRecord): Promise<void> {
  const current = await store.findJob(jobId)
  if (current === undefined || !isHeld(current)) throw new JobEndedError(jobId, current?.state ?? 'canceled')
  if ((await store.findArtifact(jobId, type))?.sha256 !== sha256)
    throw pipelineErrors(
      'pipelines.artifacts-taken',
      `job ${jobId} has already uploaded a different artifact of type ${type}`,
    )
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
  return openArtifact(context, claim.jobId, 'archive')
}

/** For whoever may read them. Throws `pipelines.artifacts-absent`, also where they have expired. */
export async function openArtifact(context: Context, jobId: number, type: string): Promise<OpenArtifacts> {
  const artifact = await context.store.findArtifact(jobId, type)
  if (artifact === undefined || !(await isThere(context, artifact)))
    throw pipelineErrors(
      'pipelines.artifacts-absent',
      `job ${jobId} has no ${type === 'archive' ? 'artifacts' : `artifact of type ${type}`}`,
    )
  const blob = await context.blobs.open(artifact.sha256, artifact.size)
  if (blob === undefined)
    throw baseErrors(
      'base.blob-damaged',
      `the artifacts of job ${jobId} are missing: sha256 ${artifact.sha256}`,
    )
  return { filename: artifact.filename, blob }
}

/** Not expired, or kept though it has. */
async function isThere(context: Context, { jobId, expiresAtMs }: ArtifactRecord): Promise<boolean> {
  if (expiresAtMs === null || expiresAtMs > context.clock.nowMs()) return true
  const job = await context.store.findJob(jobId)
  return job !== undefined && isKept(context, job)
}

/** What of a job can be downloaded, by type. */
export async function listArtifacts(context: Context, jobId: number): Promise<readonly ArtifactRecord[]> {
  const all = await context.store.jobArtifacts(jobId)
  const there = []
  for (const artifact of all) if (await isThere(context, artifact)) there.push(artifact)
  return there
}
