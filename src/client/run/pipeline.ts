import { join } from 'node:path'
import { Secret } from '../../base/index.ts'
import { systemClock, systemEntropy, systemFiles, systemSpawn } from '../../host/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { createHttp } from '../../net/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'
import { createRunner, type Executor, type JobOutcome, type RunnerObserver } from '../../runner/index.ts'
import type { Admin, PipelineSummary, ProjectSummary } from '../../server/index.ts'
import { planFirst } from './plan-first.ts'
import {
  isReleaseRef,
  pipelineCommit,
  readProjectSource,
  type ProjectSource,
  type SourceChoice,
} from './project-source.ts'
import { tagNotes } from './tag-notes.ts'

export const CONFIG_PATH = '.gitlab-ci.yml'

/** What `run` and `rehearse` are asked alike. */
export interface PipelineRequest {
  readonly folder: string
  readonly choice: SourceChoice
  /** Only these jobs and those that they wait for; empty: all. */
  readonly jobs: readonly string[]
  /** Of this pipeline only: they win over all others. */
  readonly variables: readonly ProjectVariable[]
  /** Jobs at a time. */
  readonly parallel: number
  /** A Python that is not the one an image names is an error. */
  readonly isImageStrict: boolean
  /** A folder of wheels that jobs install from, instead of an index. */
  readonly wheelhouse: string | undefined
  /** The words that start this program. */
  readonly program: readonly string[]
  /** Where files of other projects, components and templates are; undefined: nowhere. */
  readonly mirror: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly observer: RunnerObserver
  /** The pipeline is there, and none of its jobs has begun. */
  readonly onStart: (start: RunStart) => void
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

export interface RunStart {
  readonly source: ProjectSource
  readonly pipeline: PipelineSummary
}

export interface PipelineResult extends RunStart {
  /** As whom the pipeline ran. */
  readonly user: string
  readonly outcomes: readonly JobOutcome[]
}

export async function readSource(request: PipelineRequest, scratch: string): Promise<ProjectSource> {
  const { folder, choice, env, say } = request
  const ports = { spawn: systemSpawn, env, scratch: join(scratch, 'source'), choice }
  const source = await readProjectSource(folder, ports)
  if (source.notice !== undefined) say(source.notice)
  return source
}

export interface PipelineOrder {
  readonly source: ProjectSource
  readonly project: Pick<ProjectSummary, 'id' | 'path' | 'visibility'>
  readonly trust: TrustFiles
  /** The pipeline's file. */
  readonly text: string
  readonly variables: readonly ProjectVariable[]
  readonly runner: RunnerOrder
}

/** How the runner of one pipeline is made. */
export interface RunnerOrder {
  readonly description: string
  /** Where the services are from here. */
  readonly serverUrl: string
  readonly executor: Executor
  readonly cacheFolder: string
}

export function userOf({ env }: Pick<PipelineRequest, 'env'>): string {
  return env['USER'] ?? 'local'
}

/** Creates the pipeline on the instance behind `admin`, and runs its jobs here to the end. */
export async function runPipeline(
  admin: Admin,
  order: PipelineOrder,
  request: PipelineRequest,
): Promise<PipelineResult> {
  const { source } = order
  const { say } = request
  request.signal.throwIfAborted()
  const pipeline = await createPipeline(admin, order, request)
  for (const note of await tagNotes(source, request.env)) say(note)
  say(`pipeline ${pipeline.id} of ${source.path} at ${source.sha.slice(0, 8)} on ${source.ref.name}`)
  request.onStart({ source, pipeline })
  return { source, user: userOf(request), ...(await runJobs(admin, { ...order.runner, pipeline }, request)) }
}

async function createPipeline(
  admin: Admin,
  { source, project, trust, text, variables }: PipelineOrder,
  { jobs, env, mirror, say }: PipelineRequest,
): Promise<PipelineSummary> {
  const config = { path: CONFIG_PATH, text }
  const sources = await planFirst(source, {
    config,
    project,
    variables,
    trust,
    options: { env, mirror, say },
  })
  return admin.createPipeline({
    project: project.path,
    user: userOf({ env }),
    commit: { ...pipelineCommit(source, source.ref), isRefProtected: isReleaseRef(source) },
    config: { ...config, sources },
    variables,
    ...(jobs.length === 0 ? {} : { jobs }),
  })
}

const POLL_MS = 100
const ACTIVE_STATES = ['created', 'pending', 'running']

async function runJobs(
  admin: Admin,
  order: RunnerOrder & { readonly pipeline: PipelineSummary },
  request: PipelineRequest,
): Promise<Pick<PipelineResult, 'pipeline' | 'outcomes'>> {
  const { id } = order.pipeline
  const isDone = async (): Promise<boolean> => !ACTIVE_STATES.includes((await admin.pipeline(id)).state)
  const runAll = async (): Promise<readonly JobOutcome[]> => {
    try {
      const runner = await openRunner(admin, order, request)
      return await runner.runUntil(isDone, request.signal)
    } finally {
      if (!(await isDone())) await admin.cancelPipeline(id)
    }
  }
  const outcomes = await runAll()
  return { outcomes, pipeline: await admin.pipeline(id) }
}

async function openRunner(
  admin: Admin,
  { description, serverUrl, executor, cacheFolder }: RunnerOrder,
  { env, observer, parallel }: PipelineRequest,
) {
  const { token } = await admin.createRunner({ description })
  return createRunner({
    spawn: systemSpawn,
    host: env,
    serverUrl,
    token: new Secret(token),
    http: createHttp({ env, files: systemFiles }),
    clock: systemClock,
    entropy: systemEntropy,
    executor,
    cacheFolder,
    observer,
    pollMs: POLL_MS,
    jobs: parallel,
  })
}
