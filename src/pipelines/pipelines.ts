import type { Job, Jobs } from '../access/index.ts'
import { encodeBase64Url, Secret } from '../base/index.ts'
import { planPipeline, recordedSources, textSources } from '../ciconfig/index.ts'
import { endIfOverdue, endJob } from './endings.ts'
import { pipelineErrors } from './errors.ts'
import { originOfJob, type JobOrigin } from './job-origin.ts'
import { hashToken, runningJob, type JobClaim } from './job-access.ts'
import { checkRequest, newPipeline, type PipelineRequest } from './new-pipeline.ts'
import type { JobPayload } from './payload.ts'
import { DEFAULT_LIMITS, type Context, type PipelineParts } from './ports.ts'
import { findRunner, requestJob, type JobRequest } from './queue.ts'
import { settle } from './stages.ts'
import {
  appendTrace,
  checkReader,
  openArtifacts,
  putArtifacts,
  updateJob,
  type ArtifactUpload,
  type JobUpdate,
  type OpenArtifacts,
  type TraceAnswer,
  type TracePart,
} from './running.ts'
import type { JobRecord, JobState, Snapshot } from './store.ts'
import { onlyJobs } from './only-jobs.ts'
import { pipelineVariables } from './variables.ts'
import { describeJob, viewPipeline, type PipelineView } from './view.ts'

export interface Pipelines extends Jobs {
  /** Durable when it resolves; its first jobs wait for a runner. Throws `ciconfig.invalid`, `pipelines.commit`, `pipelines.job-name`. */
  create(request: PipelineRequest): Promise<PipelineView>
  /** Throws `pipelines.unknown`. */
  get(pipelineId: number): Promise<PipelineView>
  /** Ends what has not ended. A running job's token is dead when it resolves. */
  cancel(pipelineId: number): Promise<PipelineView>
  createRunner(runner: {
    readonly description: string
  }): Promise<{ readonly id: number; readonly token: Secret }>
  /** Throws `pipelines.runner-token`. */
  verifyRunner(runnerToken: string): Promise<{ readonly id: number }>
  /** The next job, running from now on, or undefined when none waits. Throws `pipelines.runner-token`. */
  requestJob(request: JobRequest): Promise<JobPayload | undefined>
  /** Before a large body is read. Throws `pipelines.unknown`, `pipelines.job-token`, `JobEndedError`, as all calls with a claim. */
  checkClaim(claim: JobClaim): Promise<void>
  appendTrace(claim: JobClaim, part: TracePart): Promise<TraceAnswer>
  updateJob(claim: JobClaim, update: JobUpdate): Promise<JobState>
  putArtifacts(claim: JobClaim, upload: ArtifactUpload): Promise<void>
  /** Whether the job of the token may read the artifacts of the job `jobId`. Throws `pipelines.job-token`, `JobEndedError`. */
  checkReader(claim: JobClaim): Promise<void>
  openArtifacts(claim: JobClaim): Promise<OpenArtifacts>
  /** From `start` to what is there now. Throws `pipelines.unknown`. */
  readTrace(jobId: number, start?: number): Promise<AsyncIterable<Uint8Array>>
  /** Undefined for a job that nobody knows. */
  originOfJob(jobId: number): Promise<JobOrigin | undefined>
}

export function createPipelines(parts: PipelineParts): Pipelines {
  const context: Context = { ...parts, limits: { ...DEFAULT_LIMITS, ...parts.limits } }
  return {
    create: (request) => createPipeline(context, request),
    get: (pipelineId) => getPipeline(context, pipelineId),
    cancel: (pipelineId) => cancelPipeline(context, pipelineId),
    createRunner: (runner) => createRunner(context, runner),
    verifyRunner: (token) => findRunner(context, token),
    requestJob: (request) => requestJob(context, request),
    checkClaim: async (claim) => {
      await runningJob(context, claim)
    },
    appendTrace: (claim, part) => appendTrace(context, claim, part),
    updateJob: (claim, update) => updateJob(context, claim, update),
    putArtifacts: (claim, upload) => putArtifacts(context, claim, upload),
    checkReader: (claim) => checkReader(context, claim),
    openArtifacts: (claim) => openArtifacts(context, claim),
    readTrace: (jobId, start = 0) => readTrace(context, jobId, start),
    isJobRunning: (jobId) => isJobRunning(context, jobId),
    originOfJob: (jobId) => originOfJob(context, jobId),
    findJob: (jobId) => findJob(context, jobId),
  }
}

async function createPipeline(context: Context, request: PipelineRequest): Promise<PipelineView> {
  const { project, user, commit, source, config } = request
  checkRequest(request)
  const nowMs = context.clock.nowMs()
  const partial = { project, user, commit, source, configPath: config.path }
  const given = { project: request.variables, pipeline: request.pipelineVariables ?? [] }
  const predefined = pipelineVariables(partial, { externalUrl: context.externalUrl, createdAtMs: nowMs })
  const whole = await planPipeline({
    file: config.path,
    sources:
      config.sources === undefined
        ? textSources(new Map([[config.path, config.text]]))
        : recordedSources(config.sources),
    variables: { ...given, predefined },
    unexecuted: 'refuse',
  })
  const plan = onlyJobs(whole, request.jobs ?? [])
  const origin = {
    ...partial,
    stages: plan.stages,
    projectVariables: given.project,
    pipelineVariables: given.pipeline,
  }
  const snapshot = await context.store.createPipeline(newPipeline(plan, origin, nowMs))
  context.log.event('pipeline.created', { pipelineId: snapshot.pipeline.id, projectId: project.id })
  return viewPipeline(snapshot)
}

async function findSnapshot({ store }: Context, pipelineId: number): Promise<Snapshot> {
  const snapshot = await store.findPipeline(pipelineId)
  if (snapshot === undefined)
    throw pipelineErrors('pipelines.unknown', `pipeline ${pipelineId} does not exist`)
  return snapshot
}

async function getPipeline(context: Context, pipelineId: number): Promise<PipelineView> {
  const before = await findSnapshot(context, pipelineId)
  const after = []
  for (const job of before.jobs) after.push(await endIfOverdue(context, job))
  const isUnchanged = after.every((job, index) => job === before.jobs[index])
  return viewPipeline(isUnchanged ? before : await findSnapshot(context, pipelineId))
}

/** Waiting jobs first: after that none can start any more, and the running ones are ended as every job is, token first. */
async function cancelPipeline(context: Context, pipelineId: number): Promise<PipelineView> {
  await findSnapshot(context, pipelineId)
  const nowMs = context.clock.nowMs()
  const cancel = (job: JobRecord): JobRecord =>
    job.state === 'created' || job.state === 'pending'
      ? { ...job, state: 'canceled', finishedAtMs: nowMs }
      : job
  await context.store.updatePipeline(pipelineId, (now) => settle(now, cancel, nowMs))
  const { jobs } = await findSnapshot(context, pipelineId)
  for (const job of jobs) if (job.state === 'running') await endJob(context, job, { state: 'canceled' })
  context.log.event('pipeline.canceled', { pipelineId })
  return viewPipeline(await findSnapshot(context, pipelineId))
}

async function createRunner(
  { store, entropy, clock }: Context,
  { description }: { readonly description: string },
): Promise<{ readonly id: number; readonly token: Secret }> {
  const token = `glrt-${encodeBase64Url(entropy.bytes(24))}`
  const { id } = await store.createRunner({
    description,
    tags: [],
    runUntagged: true,
    createdAtMs: clock.nowMs(),
    tokenHash: hashToken(token),
  })
  return { id, token: new Secret(token) }
}

async function readTrace(
  { store, traces }: Context,
  jobId: number,
  start: number,
): Promise<AsyncIterable<Uint8Array>> {
  if ((await store.findJob(jobId)) === undefined)
    throw pipelineErrors('pipelines.unknown', `job ${jobId} does not exist`)
  return traces.read(jobId, start)
}

async function isJobRunning(context: Context, jobId: number): Promise<boolean> {
  const job = await context.store.findJob(jobId)
  return job !== undefined && (await endIfOverdue(context, job)).state === 'running'
}

async function findJob({ store }: Context, jobId: number): Promise<Job | undefined> {
  const job = await store.findJob(jobId)
  const snapshot = job === undefined ? undefined : await store.findPipeline(job.pipelineId)
  return job === undefined || snapshot === undefined ? undefined : describeJob(job, snapshot.pipeline)
}
