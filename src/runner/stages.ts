import { join } from 'node:path'
import { describeError, WheelsealError, type Clock, type Spawn } from '../base/index.ts'
import type { RunnerApi } from './api/api.ts'
import { downloadDependencies, uploadArtifacts, wantedArtifacts } from './artifacts.ts'
import { restoreCaches, saveCaches } from './cache.ts'
import { withDeadline } from './deadline.ts'
import { makeJobFolders, removeFolder, type JobFolders } from './job/folders.ts'
import type { Job } from './job/job.ts'
import type { JobLog } from './log/job-log.ts'
import { prepareEnvironment, type Machine, type Prepared } from './plain/executor.ts'
import { runScript } from './job/script.ts'
import { getSources } from './sources/sources.ts'

/** GitLab's cap for after_script. */
const AFTER_SCRIPT_MS = 5 * 60_000
const AFTER_SCRIPT = 'after_script'

export type JobEnd =
  | { readonly state: 'success' }
  | { readonly state: 'failed'; readonly reason: string; readonly exitCode?: number }
  | { readonly state: 'canceled' }

export interface Execution {
  readonly job: Job
  readonly folders: JobFolders
  readonly api: RunnerApi
  readonly spawn: Spawn
  readonly clock: Clock
  readonly machine: Machine
  readonly cacheFolder: string
  readonly log: JobLog
  /** The job must end; the reason is `timeout` where its time is over. after_script may still run. */
  readonly stop: AbortSignal
  /** Nothing may run any longer. */
  readonly abort: AbortSignal
}

interface Stage extends Execution, Prepared {}

type JobStatus = 'success' | 'failed' | 'canceled'

/**
 * The plain executor: one job's stages in the order of the stock runner, as processes of this user in folders of their
 * own, which are removed at the end. It does not isolate.
 */
export async function executeJob(execution: Execution): Promise<JobEnd> {
  const { log, folders } = execution
  try {
    log.notice(
      'Running with the plain executor, without isolation: a job can read and change everything that this user can',
    )
    return await runStages(execution)
  } catch (error) {
    return failed(execution, error)
  } finally {
    await removeFolder(folders.root).catch((error: unknown) => {
      log.warning(`the job's folder could not be removed: ${describeError(error)}`)
    })
  }
}

async function runStages(execution: Execution): Promise<JobEnd> {
  const { log, stop } = execution
  const stage = await prepare(execution)
  await fetchInputs(stage)
  const exitCode = await runSteps(stage)
  await runAfterScript(stage, statusFor(stage, exitCode))
  stop.throwIfAborted()
  await keepResults(stage, exitCode === 0 ? 'on_success' : 'on_failure')
  stop.throwIfAborted()
  if (exitCode !== 0) {
    log.error(`Job failed: exit code ${exitCode}`)
    return { state: 'failed', reason: 'script_failure', exitCode }
  }
  log.success('Job succeeded')
  return { state: 'success' }
}

function statusFor({ stop }: Execution, exitCode: number): JobStatus {
  if (stop.aborted) return stop.reason === 'timeout' ? 'failed' : 'canceled'
  return exitCode === 0 ? 'success' : 'failed'
}

async function prepare(execution: Execution): Promise<Stage> {
  const { folders, log } = execution
  await makeJobFolders(folders)
  return log.section('prepare_script', 'Preparing environment', async () => ({
    ...execution,
    ...(await prepareEnvironment(execution)),
  }))
}

async function fetchInputs(stage: Stage): Promise<void> {
  const { log, job, machine, stop } = stage
  const options = { ...stage, host: machine.host, signal: stop }
  await log.section('get_sources', 'Getting source from Git repository', () => getSources(options))
  if (job.cache.length > 0)
    await log.section('restore_cache', 'Restoring cache', () => restoreCaches(options))
  stop.throwIfAborted()
  if (job.dependencies.length > 0) {
    await log.section('download_artifacts', 'Downloading artifacts', () => downloadDependencies(options))
  }
}

/** Each step in its own shell; the first that fails ends the job. */
async function runSteps(stage: Stage): Promise<number> {
  for (const step of stage.job.steps.filter(({ name }) => name !== AFTER_SCRIPT)) {
    const title = 'Executing "step_script" stage of the job script'
    const run = { entries: step.script, name: 'script', env: stage.env, signal: stage.stop }
    const exitCode = await stage.log.section('step_script', title, () => runEntries(stage, run))
    if (exitCode !== 0 && !step.allow_failure) return exitCode
  }
  return 0
}

interface Entries {
  readonly entries: readonly string[]
  readonly name: string
  readonly env: Stage['env']
  readonly signal: AbortSignal
}

async function runEntries(stage: Stage, { entries, name, env, signal }: Entries): Promise<number> {
  return runScript({
    spawn: stage.spawn,
    shell: await stage.machine.shell(),
    entries,
    file: join(stage.folders.projectTemporary, `${name}.sh`),
    cwd: stage.folders.project,
    env,
    signal,
    onOutput: stage.log.output,
  })
}

/** In its own shell, five minutes at most; how it ends does not change the job's result. */
async function runAfterScript(stage: Stage, status: JobStatus): Promise<void> {
  const { job, log, abort, clock } = stage
  const entries = job.steps.filter(({ name }) => name === AFTER_SCRIPT).flatMap(({ script }) => script)
  if (entries.length === 0 || abort.aborted) return
  const env = { ...stage.env, CI_JOB_STATUS: status }
  const exitCode = await log.section(AFTER_SCRIPT, 'Running after_script', () =>
    withDeadline({ ms: AFTER_SCRIPT_MS, signal: abort, clock }, (signal) =>
      runEntries(stage, { entries, name: AFTER_SCRIPT, env, signal }),
    ),
  )
  if (exitCode !== 0) log.warning(`after_script failed, but the job continues: exit code ${exitCode}`)
}

async function keepResults(stage: Stage, outcome: 'on_success' | 'on_failure'): Promise<void> {
  const { log, job } = stage
  const ending = outcome === 'on_success' ? 'successful' : 'failed'
  if (job.cache.length > 0) {
    await log.section('archive_cache', `Saving cache for ${ending} job`, () => saveCaches(stage, outcome))
  }
  const wanted = wantedArtifacts(job, outcome)
  if (wanted.length === 0) return
  const options = { ...stage, signal: stage.stop }
  await log.section(`upload_artifacts_${outcome}`, `Uploading artifacts for ${ending} job`, () =>
    uploadArtifacts(options, wanted),
  )
}

function failed({ stop, log, job }: Execution, error: unknown): JobEnd {
  if (!stop.aborted) {
    log.error(`Job failed (system failure): ${describeError(error)}`)
    if (error instanceof WheelsealError) log.line(`hint: ${error.hint}`)
    return { state: 'failed', reason: 'runner_system_failure' }
  }
  if (stop.reason === 'timeout') {
    log.error(`Job failed: execution took longer than ${job.runner_info.timeout} seconds`)
    return { state: 'failed', reason: 'job_execution_timeout' }
  }
  log.warning('Job canceled')
  return { state: 'canceled' }
}
