import { join } from 'node:path'
import { Secret } from '../../base/index.ts'
import { systemClock, systemEntropy, systemFiles, systemSpawn } from '../../host/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { createHttp } from '../../net/index.ts'
import { createRunner, type Executor, type JobOutcome, type RunnerObserver } from '../../runner/index.ts'
import type { Admin, PipelineSummary } from '../../server/index.ts'
import { clientErrors } from '../errors.ts'
import { planFirst } from '../run/plan-first.ts'
import { pipelineCommit, type ProjectSource } from '../run/project-source.ts'
import { ensurePublisher } from '../run/publisher.ts'
import type { ProjectVariable } from '../../repositories/index.ts'
import { BUILD_BACKENDS } from './build-backends.ts'
import type { PackageIndex } from './package-index.ts'

export interface RehearsedProject {
  readonly source: ProjectSource
  readonly trust: TrustFiles
  readonly variables: readonly ProjectVariable[]
  /** Where the runner asks for jobs. */
  readonly serverUrl: string
  readonly executor: Executor
  readonly index: PackageIndex
  readonly scratch: string
  readonly mirror: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly observer: RunnerObserver
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

export interface RehearsedPipeline {
  readonly pipeline: PipelineSummary
  readonly outcomes: readonly JobOutcome[]
}

const CONFIG_PATH = '.gitlab-ci.yml'
const POLL_MS = 100
const ACTIVE_STATES = ['created', 'pending', 'running']

/** The pipeline of the project's own file, as it is, on the instance behind `admin`, to its end. */
export async function rehearseProject(admin: Admin, rehearsed: RehearsedProject): Promise<RehearsedPipeline> {
  const { source, say, signal } = rehearsed
  const pipeline = await createPipeline(admin, rehearsed)
  say(`pipeline ${pipeline.id} of ${source.path} at ${source.sha.slice(0, 8)} on ${source.ref.name}`)
  const isDone = async (): Promise<boolean> =>
    !ACTIVE_STATES.includes((await admin.pipeline(pipeline.id)).state)
  try {
    const outcomes = await (await openRunner(admin, rehearsed)).runUntil(isDone, signal)
    return { outcomes, pipeline: await admin.pipeline(pipeline.id) }
  } finally {
    if (!(await isDone())) await admin.cancelPipeline(pipeline.id)
  }
}

async function createPipeline(admin: Admin, rehearsed: RehearsedProject): Promise<PipelineSummary> {
  const { source, trust, variables, index, mirror, env, say } = rehearsed
  const text = source.config
  if (text === undefined)
    throw clientErrors(
      'client.no-project',
      `the commit has no ${CONFIG_PATH}, so there is nothing to rehearse`,
      {
        hint: "'wheelseal run' runs a project without one by a pipeline of its own; 'wheelseal init' writes one",
      },
    )
  const user = env['USER'] ?? 'local'
  const project = await ensurePublisher(admin, { path: source.path, visibility: 'public', user, say })
  if (index.url !== undefined)
    await admin.setForwarding({ project: project.path, indexUrl: index.url, names: BUILD_BACKENDS })
  const config = { path: CONFIG_PATH, text }
  const sources = await planFirst(source, {
    config,
    project,
    variables,
    trust,
    options: { mirror, env, say },
  })
  return admin.createPipeline({
    project: project.path,
    user,
    commit: pipelineCommit(source, source.ref),
    config: { ...config, sources },
    variables,
  })
}

async function openRunner(admin: Admin, rehearsed: RehearsedProject) {
  const { serverUrl, executor, observer, env, scratch } = rehearsed
  const { token } = await admin.createRunner({ description: 'wheelseal rehearse' })
  return createRunner({
    spawn: systemSpawn,
    host: env,
    serverUrl,
    token: new Secret(token),
    http: createHttp({ env, files: systemFiles }),
    clock: systemClock,
    entropy: systemEntropy,
    executor,
    cacheFolder: join(scratch, 'cache'),
    observer,
    pollMs: POLL_MS,
  })
}
