import { join } from 'node:path'
import { Secret, sha256Hex } from '../../base/index.ts'
import {
  shippedFile,
  systemClock,
  systemEntropy,
  systemFiles,
  systemSpawn,
  userFolders,
} from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { createRunner, type JobOutcome, type RunnerObserver } from '../../runner/index.ts'
import type { Admin, PipelineSummary } from '../../server/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { projectVariables, type ProjectVariable } from '../../repositories/index.ts'
import { ensurePublisher } from './publisher.ts'
import {
  isReleaseRef,
  pipelineCommit,
  readProjectSource,
  type ProjectSource,
  type SourceChoice,
} from './project-source.ts'
import { tagNotes } from './tag-notes.ts'
import { planFirst } from './plan-first.ts'
import { chooseExecutor, type ChosenExecutor, type ExecutorChoice } from './executor.ts'
import { mergedVariables, versionVariables, wheelhouseVariables } from './variables.ts'
import { writeLaunchers } from './launcher.ts'

export interface RunOptions {
  readonly folder: string
  readonly choice: SourceChoice
  /** Only these jobs and those that they wait for; empty: all. */
  readonly jobs: readonly string[]
  /** Of this pipeline only: they win over all others. */
  readonly variables: readonly ProjectVariable[]
  /** Jobs at a time. */
  readonly parallel: number
  readonly executor: ExecutorChoice
  readonly isImageStrict: boolean
  /** A folder of wheels that jobs install from, instead of an index. */
  readonly wheelhouse: string | undefined
  readonly visibility: string
  /** Folders of tools for the PATH of the jobs; a `cosign` in them takes the place of ours. */
  readonly prependPath: readonly string[]
  /** The words that start this program. */
  readonly program: readonly string[]
  /** Where files of other projects, components and templates are; undefined: nowhere. */
  readonly mirror: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** A new folder for everything that the run leaves to no one. Its path should be short. */
  readonly scratch: string
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

export interface RunResult {
  readonly source: ProjectSource
  /** As whom the pipeline ran. */
  readonly user: string
  readonly pipeline: PipelineSummary
  readonly outcomes: readonly JobOutcome[]
}

const POLL_MS = 100
const CONFIG_PATH = '.gitlab-ci.yml'
const ACTIVE_STATES = ['created', 'pending', 'running']

/** Creates a pipeline of the project's commit on the instance behind `admin`, and runs its jobs here to the end. */
export async function runProject(admin: Admin, trust: TrustFiles, options: RunOptions): Promise<RunResult> {
  const { env, scratch, say } = options
  const source = await readProjectSource(options.folder, {
    spawn: systemSpawn,
    env,
    scratch: join(scratch, 'source'),
    choice: options.choice,
  })
  if (source.notice !== undefined) say(source.notice)
  const user = env['USER'] ?? 'local'
  const tools = await writeLaunchers(join(scratch, 'tools'), options.program, options.prependPath)
  const chosen = await chooseExecutor({
    ...options,
    choice: options.executor,
    serverUrl: trust.url,
    instance: instanceOf(trust),
    path: [tools],
  })
  const pipeline = await createPipeline(admin, trust, { source, user, options, chosen })
  if (source.sdistVersion !== undefined)
    say(`the folder is an unpacked sdist; its version is ${source.sdistVersion}`)
  for (const note of await tagNotes(source, env)) say(note)
  say(`pipeline ${pipeline.id} of ${source.path} at ${source.sha.slice(0, 8)} on ${source.ref.name}`)
  options.onStart({ source, pipeline })
  const isDone = async (): Promise<boolean> =>
    !ACTIVE_STATES.includes((await admin.pipeline(pipeline.id)).state)
  try {
    const runner = await openRunner(admin, trust, { ...options, chosen })
    const outcomes = await runner.runUntil(isDone, options.signal)
    return { source, user, outcomes, pipeline: await admin.pipeline(pipeline.id) }
  } finally {
    if (!(await isDone())) await admin.cancelPipeline(pipeline.id)
  }
}

interface Order {
  readonly source: ProjectSource
  readonly user: string
  readonly options: RunOptions
  readonly chosen: ChosenExecutor
}

async function createPipeline(
  admin: Admin,
  trust: TrustFiles,
  { source, user, options, chosen }: Order,
): Promise<PipelineSummary> {
  const { visibility, say } = options
  const { path, ref, defaultBranch } = source
  const project = await ensurePublisher(admin, { path, visibility, defaultBranch, user, say })
  const variables = mergedVariables(
    projectVariables(trust, { path, ref, configPath: CONFIG_PATH }),
    wheelhouseVariables(chosen.wheelhouse),
    versionVariables(source.sdistVersion),
    options.variables,
  )
  const text = source.config ?? defaultPipeline(say)
  const config = { path: CONFIG_PATH, text }
  const read = await planFirst(source, { config, project, variables, trust, options })
  return admin.createPipeline({
    project: project.path,
    user,
    commit: { ...pipelineCommit(source, ref), isRefProtected: isReleaseRef(source) },
    config: { ...config, sources: read },
    variables,
    ...(options.jobs.length === 0 ? {} : { jobs: options.jobs }),
  })
}

/** It takes names and versions from what was built, so that it serves any project. */
function defaultPipeline(say: (text: string) => void): string {
  say(`the project has no ${CONFIG_PATH}; the six stages of the default pipeline run`)
  return shippedFile('templates/python-package.yml')
}

async function openRunner(
  admin: Admin,
  trust: TrustFiles,
  options: RunOptions & { readonly chosen: ChosenExecutor },
) {
  const { env, observer, chosen } = options
  const { token } = await admin.createRunner({ description: 'wheelseal run' })
  return createRunner({
    spawn: systemSpawn,
    host: env,
    serverUrl: trust.url,
    token: new Secret(token),
    http: createHttp({ env, files: systemFiles }),
    clock: systemClock,
    entropy: systemEntropy,
    executor: chosen.executor,
    cacheFolder: cacheFolder(trust, env),
    observer,
    pollMs: POLL_MS,
    jobs: options.parallel,
  })
}

/** Project ids begin at 1 in every instance: what one instance's jobs have cached must not reach another's. */
function cacheFolder(trust: TrustFiles, env: RunOptions['env']): string {
  return join(userFolders(env).cache, 'jobs', instanceOf(trust))
}

/** By the key of its log, which no other has. */
function instanceOf({ rekor }: TrustFiles): string {
  return sha256Hex(rekor).slice(0, 16)
}
