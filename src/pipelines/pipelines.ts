import type { Job, Jobs } from '../access/index.ts'
import { encodeBase64Url, Secret } from '../base/index.ts'
import {
  planPipeline,
  recordedSources,
  textSources,
  type KnownVariables,
  type Plan,
  type Variable,
} from '../ciconfig/index.ts'
import {
  checkReader,
  listArtifacts,
  openArtifact,
  openArtifacts,
  putArtifacts,
  type ArtifactUpload,
  type OpenArtifacts,
} from './artifacts.ts'
import { cancelJobs, cancelRedundant } from './cancels.ts'
import { endIfOverdue, isHeld } from './endings.ts'
import { eraseJob, removePipeline } from './erase.ts'
import { pipelineErrors } from './errors.ts'
import { originOfJob, type JobOrigin } from './job-origin.ts'
import { hashToken, runningJob, type JobClaim } from './job-access.ts'
import { checkRequest, newPipeline, type PipelineRequest } from './new-pipeline.ts'
import type { JobPayload } from './payload.ts'
import { playJob, retryJob, retryPipeline, type Acting } from './people.ts'
import { DEFAULT_LIMITS, type Context, type PipelineParts } from './ports.ts'
import { findRunner, requestJob, type JobRequest } from './queue.ts'
import { appendTrace, updateJob, type JobUpdate, type TraceAnswer, type TracePart } from './running.ts'
import type { ArtifactRecord, JobRecord, JobState, Snapshot } from './store.ts'
import { grantResources, recover } from './sweep.ts'
import { onlyJobs } from './only-jobs.ts'
import { pipelineVariables } from './variables.ts'
import { describeJob, viewJob, viewPipeline, type JobView, type PipelineView } from './view.ts'

export interface Pipelines extends Jobs {
  /** Durable when it resolves; its first jobs wait for a runner. Throws `ciconfig.invalid`, `pipelines.commit`, `pipelines.job-name`. */
  create(request: PipelineRequest): Promise<PipelineView>
  /** Throws `pipelines.unknown`. */
  get(pipelineId: number): Promise<PipelineView>
  /**
   * Cancels what has not ended, but for manual jobs that nobody has played. A running job is `canceling` while its runner
   * runs after_script, where the runner can; else its token is dead when this resolves. `isForced`: it is so always.
   */
  cancel(pipelineId: number, how?: { readonly isForced?: boolean }): Promise<PipelineView>
  /** New tries of its failed and cancelled jobs, with the rights of whoever asks. */
  retry(pipelineId: number, acting: Acting): Promise<PipelineView>
  /** Cancelled, then gone with its jobs, their logs and artifacts. Throws `pipelines.unknown`, `pipelines.busy`. */
  remove(pipelineId: number): Promise<void>
  /** Throws `pipelines.unknown`, as all calls by a job's number. */
  getJob(jobId: number): Promise<JobView>
  cancelJob(jobId: number, how?: { readonly isForced?: boolean }): Promise<JobView>
  /** The new try. Throws `pipelines.not-retryable`. */
  retryJob(jobId: number, acting: Acting): Promise<JobView>
  /** A manual or delayed job begins now; one that has ended is retried. Throws `pipelines.not-playable`. */
  playJob(jobId: number, acting: Acting & { readonly variables?: readonly Variable[] }): Promise<JobView>
  /** What of a job can be downloaded, by type; nothing of it that has expired. */
  listArtifacts(jobId: number): Promise<readonly ArtifactRecord[]>
  /** For whoever may read the project. Throws `pipelines.artifacts-absent`. */
  openArtifact(jobId: number, type: string): Promise<OpenArtifacts>
  /** They never expire. Throws `pipelines.artifacts-absent`. */
  keepArtifacts(jobId: number): Promise<void>
  /** None is fine. */
  removeArtifacts(jobId: number): Promise<void>
  /** Its log and its artifacts. Throws `pipelines.not-erasable`. */
  eraseJob(jobId: number): Promise<void>
  /**
   * To be called once when a server starts: jobs that a runner had before fail with `runner_system_failure`. Resolves to
   * their number.
   */
  recover(): Promise<number>
  createRunner(runner: {
    readonly description: string
    /** The runner takes jobs that have no other tags than these. Default: none. */
    readonly tags?: readonly string[]
    /** Whether it takes jobs without tags. Default: true. */
    readonly runUntagged?: boolean
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
  const limits = { ...DEFAULT_LIMITS, ...parts.limits }
  const context: Context = {
    ...parts,
    limits,
    cancelOthers: (pipelineId) => cancelJobs(context, pipelineId, {}),
  }
  return {
    create: (request) => createPipeline(context, request),
    get: (pipelineId) => getPipeline(context, pipelineId),
    cancel: (pipelineId, how = {}) => cancelPipeline(context, pipelineId, how),
    retry: async (pipelineId, acting) => {
      await findSnapshot(context, pipelineId)
      await retryPipeline(context, pipelineId, acting)
      return getPipeline(context, pipelineId)
    },
    remove: async (pipelineId) => {
      await findSnapshot(context, pipelineId)
      await removePipeline(context, pipelineId)
    },
    ...jobCalls(context),
    recover: () => recover(context),
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

type JobCalls = Pick<
  Pipelines,
  | 'getJob'
  | 'cancelJob'
  | 'retryJob'
  | 'playJob'
  | 'listArtifacts'
  | 'openArtifact'
  | 'keepArtifacts'
  | 'removeArtifacts'
  | 'eraseJob'
>

function jobCalls(context: Context): JobCalls {
  const { store } = context
  const known = async (jobId: number): Promise<JobRecord> => {
    const job = await store.findJob(jobId)
    if (job === undefined) throw pipelineErrors('pipelines.unknown', `job ${jobId} does not exist`)
    return endIfOverdue(context, job)
  }
  const view = async (jobId: number): Promise<JobView> => viewJob(await known(jobId))
  return {
    getJob: view,
    cancelJob: async (jobId, how = {}) => {
      const { pipelineId } = await known(jobId)
      await cancelJobs(context, pipelineId, { ...how, includes: ({ id }) => id === jobId })
      return view(jobId)
    },
    retryJob: async (jobId, acting) => view(await retryJob(context, jobId, acting)),
    playJob: async (jobId, acting) => view(await playJob(context, jobId, acting)),
    listArtifacts: async (jobId) => listArtifacts(context, (await known(jobId)).id),
    openArtifact: async (jobId, type) => openArtifact(context, (await known(jobId)).id, type),
    keepArtifacts: async (jobId) => {
      if (!(await store.setExpiry((await known(jobId)).id, null)))
        throw pipelineErrors('pipelines.artifacts-absent', `job ${jobId} has no artifacts`)
    },
    removeArtifacts: async (jobId) => {
      await store.removeArtifacts((await known(jobId)).id)
    },
    eraseJob: async (jobId) => eraseJob(context, await known(jobId)),
  }
}

async function createPipeline(context: Context, request: PipelineRequest): Promise<PipelineView> {
  const { project, user, commit, source, config } = request
  checkRequest(request)
  const nowMs = context.clock.nowMs()
  const partial = { project, user, commit, source, configPath: config.path }
  const given = { project: request.variables, pipeline: request.pipelineVariables ?? [] }
  const predefined = pipelineVariables(partial, { externalUrl: context.externalUrl, createdAtMs: nowMs })
  const variables = { ...given, predefined }
  const { yamlErrors } = request
  const isPlanned = request.isSkipped !== true && yamlErrors === undefined
  const plan = isPlanned ? onlyJobs(await planOf(config, variables), request.jobs ?? []) : NO_PLAN
  const origin = {
    ...partial,
    stages: plan.stages,
    projectVariables: given.project,
    pipelineVariables: given.pipeline,
    name: plan.workflow.name,
    autoCancel: plan.workflow.auto_cancel,
    ...(yamlErrors === undefined ? {} : { yamlErrors }),
  }
  const { pipeline } = await context.store.createPipeline(newPipeline(plan, origin, nowMs))
  context.log.event('pipeline.created', { pipelineId: pipeline.id, projectId: project.id })
  await grantResources(context)
  if (isPlanned) await cancelRedundant(context, pipeline)
  return viewPipeline(await findSnapshot(context, pipeline.id))
}

const NO_PLAN: Pick<Plan, 'stages' | 'jobs' | 'workflow'> = {
  stages: [],
  jobs: [],
  workflow: { name: null, variables: {}, auto_cancel: null },
}

function planOf(
  { path, text, sources }: PipelineRequest['config'],
  variables: KnownVariables,
): Promise<Plan> {
  return planPipeline({
    file: path,
    sources: sources === undefined ? textSources(new Map([[path, text]])) : recordedSources(sources),
    variables,
    unexecuted: 'refuse',
  })
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

async function cancelPipeline(
  context: Context,
  pipelineId: number,
  how: { readonly isForced?: boolean },
): Promise<PipelineView> {
  await findSnapshot(context, pipelineId)
  await cancelJobs(context, pipelineId, how)
  context.log.event('pipeline.canceled', { pipelineId })
  return viewPipeline(await findSnapshot(context, pipelineId))
}

async function createRunner(
  { store, entropy, clock }: Context,
  { description, tags = [], runUntagged = true }: Parameters<Pipelines['createRunner']>[0],
): Promise<{ readonly id: number; readonly token: Secret }> {
  const token = `glrt-${encodeBase64Url(entropy.bytes(24))}`
  const { id } = await store.createRunner({
    description,
    tags,
    runUntagged,
    projectId: null,
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
  return job !== undefined && isHeld(await endIfOverdue(context, job))
}

async function findJob({ store }: Context, jobId: number): Promise<Job | undefined> {
  const job = await store.findJob(jobId)
  const pipeline = job === undefined ? undefined : await store.findPipelineRecord(job.pipelineId)
  return job === undefined || pipeline === undefined ? undefined : describeJob(job, pipeline)
}
