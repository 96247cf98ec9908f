import { baseErrors, type Blob, type Blobs } from '../base/index.ts'
import { pipelineErrors } from './errors.ts'
import type { PipelineLists } from './lists.ts'
import type { Pipelines } from './pipelines.ts'
import type { ArtifactRecord, JobRecord, PipelineRecord, PipelineStore, Snapshot, Traces } from './store.ts'

/** Everything that is shown of a job. */
export interface ShownJob {
  readonly job: JobRecord
  readonly pipeline: PipelineRecord
  readonly artifacts: readonly ArtifactRecord[]
  /** A newer one of the same name has taken its place. */
  readonly isRetried: boolean
}

export interface ShownPipeline extends Snapshot {
  readonly shown: readonly ShownJob[]
}

export interface ListingParts {
  readonly pipelines: Pick<Pipelines, 'get'>
  readonly store: Pick<PipelineStore, 'findPipeline' | 'findJob' | 'pipelineArtifacts'>
  readonly lists: PipelineLists
  readonly traces: Pick<Traces, 'size' | 'read'>
  readonly blobs: Pick<Blobs, 'open'>
  readonly nowMs: () => number
}

/** What people and programs read of the pipelines of a project: nothing of another project, whatever number they give. */
export interface PipelineListing extends Pick<PipelineLists, 'pipelines' | 'countPipelines' | 'countJobs'> {
  jobs(...asked: Parameters<PipelineLists['jobs']>): Promise<readonly ShownJob[]>
  /** Throws `pipelines.unknown`. */
  pipeline(projectId: number, pipelineId: number): Promise<ShownPipeline>
  /** Throws `pipelines.unknown`. */
  job(projectId: number, jobId: number): Promise<ShownJob>
  /** Of the newest pipeline of the ref that succeeded, the job of that name. Throws `pipelines.unknown`. */
  latestJob(projectId: number, ref: string, name: string): Promise<ShownJob>
  traceSize(jobId: number): Promise<number>
  readTrace(jobId: number, start: number): AsyncIterable<Uint8Array>
  /** Throws `pipelines.artifacts-absent`. */
  openArchive(job: ShownJob): Promise<{ readonly artifact: ArtifactRecord; readonly blob: Blob }>
}

export function createPipelineListing(parts: ListingParts): PipelineListing {
  const { lists, traces } = parts
  return {
    pipelines: (...asked) => lists.pipelines(...asked),
    countPipelines: (...asked) => lists.countPipelines(...asked),
    countJobs: (...asked) => lists.countJobs(...asked),
    jobs: (...asked) => listJobs(parts, asked),
    pipeline: (projectId, pipelineId) => showPipeline(parts, projectId, pipelineId),
    job: (projectId, jobId) => showJob(parts, projectId, jobId),
    latestJob: (projectId, ref, name) => latestJob(parts, projectId, { ref, name }),
    traceSize: (jobId) => traces.size(jobId),
    readTrace: (jobId, start) => traces.read(jobId, start),
    openArchive: (job) => openArchive(parts, job),
  }
}

/** Each pipeline of the page is read once: most jobs of a page are of the same. */
async function listJobs(
  parts: ListingParts,
  asked: Parameters<PipelineLists['jobs']>,
): Promise<readonly ShownJob[]> {
  const listed = await parts.lists.jobs(...asked)
  const pipelines = new Map<number, readonly ShownJob[]>()
  for (const { pipeline } of listed) {
    if (pipelines.has(pipeline.id)) continue
    const snapshot = await parts.store.findPipeline(pipeline.id)
    pipelines.set(pipeline.id, snapshot === undefined ? [] : await shownJobs(parts, snapshot))
  }
  return listed.flatMap(
    ({ job, pipeline }) => pipelines.get(pipeline.id)?.find((one) => one.job.id === job.id) ?? [],
  )
}

async function shownJobs(
  { store, nowMs }: ListingParts,
  { pipeline, jobs }: Snapshot,
): Promise<readonly ShownJob[]> {
  const isKept = ({ expiresAtMs }: ArtifactRecord): boolean => expiresAtMs === null || expiresAtMs > nowMs()
  const kept = (await store.pipelineArtifacts(pipeline.id)).filter(isKept)
  const artifacts = Map.groupBy(kept, ({ jobId }) => jobId)
  const newest = new Map(jobs.map((job) => [job.plan.name, job.id]))
  return jobs.map((job) => ({
    job,
    pipeline,
    artifacts: artifacts.get(job.id) ?? [],
    isRetried: job.isRetried || newest.get(job.plan.name) !== job.id,
  }))
}

function unknown(what: string): Error {
  return pipelineErrors('pipelines.unknown', `the project has no ${what}`)
}

async function showPipeline(
  parts: ListingParts,
  projectId: number,
  pipelineId: number,
): Promise<ShownPipeline> {
  const snapshot = await current(parts, pipelineId)
  if (snapshot?.pipeline.origin.project.id !== projectId) throw unknown(`pipeline ${pipelineId}`)
  return { ...snapshot, shown: await shownJobs(parts, snapshot) }
}

/** A job past its deadline is ended before it is shown. */
async function current(
  { store, pipelines, nowMs }: ListingParts,
  pipelineId: number,
): Promise<Snapshot | undefined> {
  const snapshot = await store.findPipeline(pipelineId)
  const isOverdue = snapshot?.jobs.some(({ deadlineMs }) => deadlineMs !== null && deadlineMs <= nowMs())
  if (isOverdue !== true) return snapshot
  await pipelines.get(pipelineId)
  return store.findPipeline(pipelineId)
}

async function showJob(parts: ListingParts, projectId: number, jobId: number): Promise<ShownJob> {
  const job = await parts.store.findJob(jobId)
  const snapshot = job === undefined ? undefined : await current(parts, job.pipelineId)
  if (snapshot?.pipeline.origin.project.id !== projectId) throw unknown(`job ${jobId}`)
  const shown = (await shownJobs(parts, snapshot)).find((one) => one.job.id === jobId)
  if (shown === undefined) throw unknown(`job ${jobId}`)
  return shown
}

interface Wanted {
  readonly ref: string
  readonly name: string
}

async function latestJob(parts: ListingParts, projectId: number, { ref, name }: Wanted): Promise<ShownJob> {
  const newest = { orderBy: 'id', direction: 'desc', offset: 0, limit: 1 } as const
  const [pipeline] = await parts.lists.pipelines(projectId, { ref, states: ['success'] }, newest)
  const snapshot = pipeline && (await parts.store.findPipeline(pipeline.id))
  if (snapshot === undefined) throw unknown('pipeline of that ref that succeeded')
  const jobs = await shownJobs(parts, snapshot)
  const found = jobs.find(({ job, isRetried }) => job.plan.name === name && !isRetried)
  if (found === undefined) throw unknown('job of that name in its newest pipeline of the ref that succeeded')
  return found
}

async function openArchive(
  { blobs }: ListingParts,
  { job, artifacts }: ShownJob,
): Promise<{ readonly artifact: ArtifactRecord; readonly blob: Blob }> {
  const artifact = artifacts.find(({ type }) => type === 'archive')
  if (artifact === undefined)
    throw pipelineErrors('pipelines.artifacts-absent', `job ${job.id} has no artifacts`)
  const blob = await blobs.open(artifact.sha256, artifact.size)
  if (blob !== undefined) return { artifact, blob }
  throw baseErrors(
    'base.blob-damaged',
    `the artifacts of job ${job.id} are missing: sha256 ${artifact.sha256}`,
  )
}
