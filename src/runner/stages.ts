import { describeError, WheelsealError } from '../base/index.ts'
import { downloadDependencies, uploadWanted, wantedArtifacts } from './artifacts.ts'
import { restoreCaches, saveCaches } from './cache.ts'
import type { JobPlace } from './executor.ts'
import { runnerErrors } from './errors.ts'
import { checkFolders } from './job/folders.ts'
import type { JobResult } from './job/job.ts'
import { prepareVariables } from './job/prepare-variables.ts'
import { readSettings } from './job/settings.ts'
import { expand } from './job/variables.ts'
import { afterScript, preGetSources, stepScript, type ScriptEnd } from './scripts.ts'
import { removeLeftRepositories } from './sources/left-repositories.ts'
import { getSources as fetchSources } from './sources/sources.ts'
import type { JobExecution, Stage } from './stage.ts'

export type JobEnd =
  | { readonly state: 'success' }
  | { readonly state: 'failed'; readonly reason: string; readonly exitCode?: number }
  | { readonly state: 'canceled' }

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
  const { stop, abort } = execution
  const stage = await prepareExecutor(execution, place) // 3
  await getSources(stage) // 4
  await restoreCache(stage) // 5
  stop.throwIfAborted()
  await downloadArtifacts(stage) // 5
  const script = await stepScript(stage) // 6
  const afterCode = await afterScript(stage, script) // 7
  stop.throwIfAborted()
  const exitCode = script.exitCode === 0 ? afterCode : script.exitCode
  const end: ScriptEnd =
    script.status === 'success' && exitCode !== 0 ? { status: 'failed', exitCode } : { ...script, exitCode }
  const result = end.status === 'success' ? 'on_success' : 'on_failure'
  await archiveCache(stage, result) // 8
  await uploadArtifacts(stage, result) // 9
  abort.throwIfAborted()
  stop.throwIfAborted()
  return ended(stage, end)
}

function prepareExecutor(execution: JobExecution, place: JobPlace): Promise<Stage> {
  const { job, log, slot, stop } = execution
  const { folders } = place
  return log.section('prepare_script', 'Preparing environment', async () => {
    const variables = await prepareVariables({ job, folders, slot, log })
    const settings = readSettings(variables)
    for (const warning of settings.warnings) log.warning(warning)
    if (job.services.length > 0) log.warning('services are ignored: this executor starts no containers')
    const environment = await place.prepare({ image: expand(job.image?.name ?? '', variables), log })
    return { ...execution, folders, variables, settings, environment, signal: stop }
  })
}

function getSources(stage: Stage): Promise<void> {
  const { log, settings, folders } = stage
  return log.section('get_sources', 'Getting source from Git repository', async () => {
    const hookCode = await preGetSources(stage)
    if (hookCode !== 0)
      throw runnerErrors('runner.hook', `pre_get_sources_script ended with exit code ${hookCode}`)
    if (stage.job.hooks.length > 0) await removeLeftRepositories(folders.host.project)
    await attempt(stage, settings.attempts.sources, async () => {
      await fetchSources({ ...stage, settings: settings.git })
    })
  })
}

/** As the stock runner: at once, and all of it again. */
async function attempt(stage: Stage, most: number, work: () => Promise<void>): Promise<void> {
  for (let number = 1; ; number++) {
    try {
      return await work()
    } catch (error) {
      if (number >= most || stage.stop.aborted) throw error
      stage.log.warning(`attempt ${number} of ${most} failed: ${describeError(error)}`)
    }
  }
}

async function restoreCache(stage: Stage): Promise<void> {
  if (stage.job.cache.length === 0) return
  await stage.log.section('restore_cache', 'Restoring cache', () => restoreCaches(stage, stage.environment))
}

async function downloadArtifacts(stage: Stage): Promise<void> {
  if (stage.job.dependencies.length === 0) return
  await stage.log.section('download_artifacts', 'Downloading artifacts', () =>
    attempt(stage, stage.settings.attempts.artifacts, () => downloadDependencies(stage)),
  )
}

async function archiveCache(stage: Stage, result: JobResult): Promise<void> {
  if (stage.job.cache.length === 0) return
  await checkFolders(stage.folders.host)
  const title = `Saving cache for ${endingOf(result)} job`
  await stage.log.section('archive_cache', title, () => saveCaches(stage, result))
}

async function uploadArtifacts(stage: Stage, result: JobResult): Promise<void> {
  const wanted = wantedArtifacts(stage.job, result)
  if (wanted.length === 0) return
  await checkFolders(stage.folders.host)
  const title = `Uploading artifacts for ${endingOf(result)} job`
  await stage.log.section(`upload_artifacts_${result}`, title, () => uploadWanted(stage, wanted))
}

function endingOf(result: JobResult): string {
  return result === 'on_success' ? 'successful' : 'failed'
}

function ended({ log, variables }: Stage, { status, exitCode }: ScriptEnd): JobEnd {
  if (status === 'success') {
    log.success('Job succeeded')
    return { state: 'success' }
  }
  if (status === 'timedout') {
    log.error(`Job failed: the script took longer than ${variables.get('RUNNER_SCRIPT_TIMEOUT')}`)
    return { state: 'failed', reason: 'job_execution_timeout' }
  }
  log.error(`Job failed: exit code ${exitCode}`)
  return { state: 'failed', reason: 'script_failure', exitCode }
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
