import { resolve } from 'node:path'
import { describeError, Secret, utf8Decode } from '../../base/index.ts'
import { systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import type { JobOutcome } from '../../runner/index.ts'
import { clientErrors } from '../errors.ts'
import type { ExecutorChoice } from './executor.ts'
import { gitIn } from './git.ts'
import {
  openInstanceProject,
  type InstancePipeline,
  type InstanceProject,
  type ProjectRunner,
} from './instance-project.ts'
import type { PipelineRequest, RunStart } from './pipeline.ts'
import { checkProjectFolder, readProjectSource, type ProjectSource } from './project-source.ts'
import { pushCommit } from './push-commit.ts'
import { instanceOf, runJobsOf } from './run-jobs.ts'

export interface RunThereOptions extends Omit<PipelineRequest, 'mirror' | 'wheelhouse'> {
  /** Of the instance, without `/api/v4`. */
  readonly url: string
  /** GROUP/NAME there; undefined: as remote `origin` has it. */
  readonly project: string | undefined
  /** File with an access token; undefined: `WHEELSEAL_TOKEN` of `env`. */
  readonly tokenFile: string | undefined
  readonly executor: ExecutorChoice
  readonly prependPath: readonly string[]
}

export interface RunThereReport extends Pick<RunStart, 'source'> {
  /** Path of the project on the instance. */
  readonly project: string
  readonly pipeline: InstancePipeline
  readonly outcomes: readonly JobOutcome[]
}

/**
 * Pushes the commit to an instance, and runs the jobs of its pipeline here. The runner is of that project, and lives as
 * long as the run. Throws `client.access-token`, `client.run-url`, `client.run-project`, `client.run-right`,
 * `client.push`, `client.run-pipeline`.
 */
export async function runThere(options: RunThereOptions): Promise<RunThereReport> {
  checkOptions(options)
  const { url, env, say } = options
  const token = await accessTokenOf(options)
  const source = await pushableSource(options)
  const http = createHttp({ env, files: systemFiles })
  const project = await openInstanceProject({ url, token, http }, pathOf(options, source))
  options.signal.throwIfAborted()
  const runner = await project.createRunner('wheelseal run')
  try {
    const started = await startPipeline(options, { source, project, token })
    return {
      source,
      project: project.path,
      ...(await runHere(options, { ...started, project, runner, token })),
    }
  } finally {
    await runner.remove().catch((error: unknown) => {
      say(`runner ${runner.id} of the project could not be removed: ${describeError(error)}`)
    })
  }
}

function checkOptions({ jobs, variables }: RunThereOptions): void {
  if (jobs.length > 0)
    throw clientErrors('client.run-url', 'the pipeline of a push has all jobs: --url takes no names of jobs')
  for (const { key, value, isMasked } of variables) {
    if (isMasked)
      throw clientErrors('client.run-url', `${key} would not be masked in the logs of the server`, {
        hint: 'set it as a masked variable of the project on the server, or run with --data',
      })
    if (/[\0\r\n]/.test(value))
      throw clientErrors('client.run-url', `${key} has several lines, which a push cannot hand over`)
  }
}

const MAX_TOKEN_BYTES = 4096

/** Never an argument: process lists are public. */
async function accessTokenOf({ tokenFile, env }: RunThereOptions): Promise<Secret> {
  const text =
    tokenFile === undefined
      ? (env['WHEELSEAL_TOKEN'] ?? '')
      : utf8Decode(await systemFiles.read(tokenFile, MAX_TOKEN_BYTES))
  if (/^[\x21-\x7e]+$/.test(text.trim())) return new Secret(text.trim())
  throw clientErrors('client.access-token', `${tokenFile ?? 'WHEELSEAL_TOKEN'} has no access token`)
}

/** A commit that is in the repository, with a pipeline file: the server has no other way to get one. */
async function pushableSource({ folder, choice, env, say }: RunThereOptions): Promise<ProjectSource> {
  const place = await checkProjectFolder(folder)
  const isRoot = (await gitIn(place, systemSpawn, env).ask('rev-parse', '--show-cdup')) === ''
  if (!isRoot)
    throw clientErrors(
      'client.run-url',
      `${place} is not the root of a git repository, so nothing can be pushed`,
    )
  const source = await readProjectSource(place, { spawn: systemSpawn, env, scratch: resolve(place), choice })
  if (source.config === undefined)
    throw clientErrors(
      'client.run-url',
      'the commit has no .gitlab-ci.yml, and a server has no default pipeline',
      {
        hint: "'wheelseal init' writes one; commit it, or run with --data",
      },
    )
  if (source.notice !== undefined) say(source.notice)
  return source
}

function pathOf({ project }: RunThereOptions, { path }: ProjectSource): string {
  if (project !== undefined) return project
  if (!path.startsWith('local/')) return path
  throw clientErrors('client.run-url', 'no remote origin names the project on the server', {
    hint: 'give --project GROUP/NAME',
  })
}

interface Place {
  readonly source: ProjectSource
  readonly project: InstanceProject
  readonly token: Secret
}

/** That of the push; where the ref stands at the commit already, a new one. */
async function startPipeline(
  options: RunThereOptions,
  { source, project, token }: Place,
): Promise<{ readonly pipeline: InstancePipeline }> {
  const { url, env, variables, say, onStart, signal } = options
  const commit = { sha: source.sha, ref: source.ref.name }
  const before = await project.newestPipeline(commit)
  signal.throwIfAborted()
  const order = { source, url, path: project.path, token, variables }
  const pushed = await pushCommit(order, { spawn: systemSpawn, env })
  say(`${commit.ref} of ${project.path} is ${pushed}`)
  const id =
    pushed === 'pushed'
      ? await pushedPipeline(project, { ...commit, before }, signal)
      : await project.createPipeline(commit.ref, variables)
  const pipeline = await project.pipeline(id)
  say(`pipeline ${id} of ${project.path} at ${source.sha.slice(0, 8)} on ${commit.ref}: ${pipeline.webUrl}`)
  if (pipeline.yamlErrors !== null)
    throw clientErrors('client.run-pipeline', `the pipeline file is invalid: ${pipeline.yamlErrors}`)
  onStart({ source, pipeline })
  return { pipeline }
}

const POLL_MS = 1_000
/** GitLab makes the pipeline of a push a while after it. */
const TRIES = 30

/** Asked once at least: a pipeline of a push that was stopped is to be cancelled. */
async function pushedPipeline(
  project: InstanceProject,
  { before, ...commit }: { readonly sha: string; readonly ref: string; readonly before: number | undefined },
  signal: AbortSignal,
): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const newest = await project.newestPipeline(commit)
    if (newest !== undefined && newest !== before) return newest
    await systemClock.sleep(POLL_MS, signal)
  }
  throw clientErrors(
    'client.run-pipeline',
    `the push of ${commit.ref} made no pipeline within ${TRIES} seconds`,
  )
}

interface Started {
  readonly project: InstanceProject
  readonly runner: ProjectRunner
  readonly token: Secret
  readonly pipeline: InstancePipeline
}

const MAX_CANCEL_MS = 5_000

/** The server is told first: else it takes the jobs that end here for failed ones. */
function stopAfter(signal: AbortSignal, cancel: () => Promise<void>): AbortSignal {
  const stop = new AbortController()
  const onAbort = async (): Promise<void> => {
    await Promise.race([cancel().catch(() => undefined), systemClock.sleep(MAX_CANCEL_MS)])
    stop.abort(signal.reason)
  }
  if (signal.aborted) void onAbort()
  else signal.addEventListener('abort', () => void onAbort(), { once: true })
  return stop.signal
}

const ENDED = ['success', 'failed', 'canceled', 'skipped', 'manual', 'scheduled']

async function runHere(
  options: RunThereOptions,
  { project, runner, token, pipeline: { id } }: Started,
): Promise<Pick<RunThereReport, 'pipeline' | 'outcomes'>> {
  const isDone = async (): Promise<boolean> => ENDED.includes((await project.pipeline(id)).state)
  try {
    const outcomes = await runJobsOf({
      ...options,
      signal: stopAfter(options.signal, () => project.cancelPipeline(id)),
      token: runner.token,
      instance: instanceOf(options.url, token),
      isDone,
      pollMs: POLL_MS,
    })
    if (!(await isDone())) await project.cancelPipeline(id)
    return { outcomes, pipeline: await project.pipeline(id) }
  } catch (error) {
    await project.cancelPipeline(id).catch(() => undefined)
    throw error
  }
}
