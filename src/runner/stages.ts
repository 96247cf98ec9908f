import { join } from 'node:path'
import { describeError, WheelsealError, type Clock, type Spawn } from '../base/index.ts'
import type { RunnerApi } from './api/api.ts'
import { downloadDependencies, uploadWanted, wantedArtifacts } from './artifacts.ts'
import { restoreCaches, saveCaches } from './cache.ts'
import { withDeadline } from './deadline.ts'
import type { Executor, JobEnvironment, JobPlace } from './executor.ts'
import type { JobFolders } from './job/folders.ts'
import type { HostEnvironment } from './job/host-environment.ts'
import type { Job, JobResult } from './job/job.ts'
import { prepareVariables } from './job/prepare-variables.ts'
import { writeScript } from './job/script.ts'
import { expand, type Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'
import { getSources as fetchSources } from './sources/sources.ts'

/** GitLab's cap for after_script. */
const AFTER_SCRIPT_MS = 5 * 60_000
const AFTER_SCRIPT = 'after_script'

export type JobEnd =
  | { readonly state: 'success' }
  | { readonly state: 'failed'; readonly reason: string; readonly exitCode?: number }
  | { readonly state: 'canceled' }

export interface JobExecution {
  readonly job: Job
  readonly executor: Executor
  readonly api: RunnerApi
  /** Runs the runner's own git. */
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly clock: Clock
  readonly cacheFolder: string
  readonly log: JobLog
  /** The job must end; the reason is `timeout` where its time is over. after_script may still run. */
  readonly stop: AbortSignal
  /** Nothing may run any longer. */
  readonly abort: AbortSignal
}

/** One job's way from its folders to their removal; the stages between have GitLab's names and order. */
export async function executeJob(execution: JobExecution): Promise<JobEnd> {
  const { log, executor, job } = execution
  let place: JobPlace | undefined
  try {
    log.notice(executor.isolation)
    place = await executor.open(job)
    return await runStages(execution, place)
  } catch (error) {
    return failed(execution, error)
  } finally {
    await place?.close().catch((error: unknown) => {
      log.warning(`the job's folder could not be removed: ${describeError(error)}`)
    })
  }
}

/** The numbers are those of the life of a job in docs/design/runner.md. */
async function runStages(execution: JobExecution, place: JobPlace): Promise<JobEnd> {
  const { stop } = execution
  const stage = await prepareExecutor(execution, place) // 3
  await getSources(stage) // 4
  await restoreCache(stage) // 5
  stop.throwIfAborted()
  await downloadArtifacts(stage) // 5
  const exitCode = await stepScript(stage) // 6
  await afterScript(stage, exitCode) // 7
  stop.throwIfAborted()
  await archiveCache(stage, exitCode === 0 ? 'on_success' : 'on_failure') // 8
  await uploadArtifacts(stage, exitCode === 0 ? 'on_success' : 'on_failure') // 9
  stop.throwIfAborted()
  return ended(stage, exitCode)
}

interface Stage extends JobExecution {
  readonly folders: JobFolders
  readonly variables: Variables
  readonly environment: JobEnvironment
  readonly signal: AbortSignal
}

function prepareExecutor(execution: JobExecution, place: JobPlace): Promise<Stage> {
  const { job, log, stop } = execution
  const { folders } = place
  return log.section('prepare_script', 'Preparing environment', async () => {
    const variables = await prepareVariables({ job, folders, log })
    if (job.services.length > 0) log.warning('services are ignored: this executor starts no containers')
    const environment = await place.prepare({ image: expand(job.image?.name ?? '', variables), log })
    return { ...execution, folders, variables, environment, signal: stop }
  })
}

function getSources(stage: Stage): Promise<void> {
  return stage.log.section('get_sources', 'Getting source from Git repository', () => fetchSources(stage))
}

async function restoreCache(stage: Stage): Promise<void> {
  if (stage.job.cache.length === 0) return
  await stage.log.section('restore_cache', 'Restoring cache', () => restoreCaches(stage, stage.environment))
}

async function downloadArtifacts(stage: Stage): Promise<void> {
  if (stage.job.dependencies.length === 0) return
  await stage.log.section('download_artifacts', 'Downloading artifacts', () => downloadDependencies(stage))
}

/** Each step in its own shell; the first that fails ends the job. */
async function stepScript(stage: Stage): Promise<number> {
  for (const step of stage.job.steps.filter(({ name }) => name !== AFTER_SCRIPT)) {
    const title = 'Executing "step_script" stage of the job script'
    const exitCode = await stage.log.section('step_script', title, () =>
      runEntries(stage, { ...stage, entries: step.script, name: 'script' }),
    )
    if (exitCode !== 0 && !step.allow_failure) return exitCode
  }
  return 0
}

/** In its own shell, five minutes at most; how it ends does not change the job's result. */
async function afterScript(stage: Stage, scriptExitCode: number): Promise<void> {
  const { job, log, abort, clock } = stage
  const entries = job.steps.filter(({ name }) => name === AFTER_SCRIPT).flatMap(({ script }) => script)
  if (entries.length === 0 || abort.aborted) return
  const variables = new Map([...stage.variables, ['CI_JOB_STATUS', jobStatus(stage, scriptExitCode)]])
  const exitCode = await log.section(AFTER_SCRIPT, 'Running after_script', () =>
    withDeadline({ ms: AFTER_SCRIPT_MS, signal: abort, clock }, (signal) =>
      runEntries(stage, { entries, name: AFTER_SCRIPT, variables, signal }),
    ),
  )
  if (exitCode !== 0) log.warning(`after_script failed, but the job continues: exit code ${exitCode}`)
}

function jobStatus({ stop }: Stage, exitCode: number): 'success' | 'failed' | 'canceled' {
  if (stop.aborted) return stop.reason === 'timeout' ? 'failed' : 'canceled'
  return exitCode === 0 ? 'success' : 'failed'
}

interface Entries {
  readonly entries: readonly string[]
  readonly name: string
  readonly variables: Variables
  readonly signal: AbortSignal
}

/** Written by the host's path, run by the job's. */
async function runEntries(stage: Stage, { entries, name, variables, signal }: Entries): Promise<number> {
  const { folders, environment, log } = stage
  const fileName = `${name}.sh`
  await writeScript(join(folders.host.projectTemporary, fileName), entries, environment.shell)
  const file = join(folders.job.projectTemporary, fileName)
  return environment.run({ file, variables, signal, onOutput: log.output })
}

async function archiveCache(stage: Stage, result: JobResult): Promise<void> {
  if (stage.job.cache.length === 0) return
  const title = `Saving cache for ${endingOf(result)} job`
  await stage.log.section('archive_cache', title, () => saveCaches(stage, result))
}

async function uploadArtifacts(stage: Stage, result: JobResult): Promise<void> {
  const wanted = wantedArtifacts(stage.job, result)
  if (wanted.length === 0) return
  const title = `Uploading artifacts for ${endingOf(result)} job`
  await stage.log.section(`upload_artifacts_${result}`, title, () => uploadWanted(stage, wanted))
}

function endingOf(result: JobResult): string {
  return result === 'on_success' ? 'successful' : 'failed'
}

function ended({ log }: Stage, exitCode: number): JobEnd {
  if (exitCode !== 0) {
    log.error(`Job failed: exit code ${exitCode}`)
    return { state: 'failed', reason: 'script_failure', exitCode }
  }
  log.success('Job succeeded')
  return { state: 'success' }
}

function failed({ stop, log, job }: JobExecution, error: unknown): JobEnd {
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
