import { join } from 'node:path'
import { withDeadline } from './deadline.ts'
import type { BeforeScript } from './executor.ts'
import { checkFolders } from './job/folders.ts'
import type { Job } from './job/job.ts'
import { writeScriptText } from './job/script.ts'
import type { Variables } from './job/variables.ts'
import type { Stage } from './stage.ts'

const AFTER_SCRIPT = 'after_script'
/** A JSON Web Token, as every id token is. */
const ID_TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/
const PRE_GET_SOURCES = 'pre_get_sources_script'

/** How the scripts of a job went. `timedout`: its own time is over (RUNNER_SCRIPT_TIMEOUT), that of the job is not. */
export interface ScriptEnd {
  readonly status: 'success' | 'failed' | 'canceled' | 'timedout'
  readonly exitCode: number
}

/** Each step in its own shell; the first that fails ends the job. */
export async function stepScript(stage: Stage): Promise<ScriptEnd> {
  const { settings, job, stop, clock } = stage
  if (settings.scriptMs === undefined) return statusOf(stop, await runSteps(stage, stop))
  const ms = Math.min(settings.scriptMs, job.runner_info.timeout * 1_000)
  let last: AbortSignal = stop
  const exitCode = await withDeadline({ ms, signal: stop, clock }, (signal) => {
    last = signal
    return runSteps(stage, signal)
  })
  return statusOf(last, exitCode)
}

function statusOf(signal: AbortSignal, exitCode: number): ScriptEnd {
  if (signal.aborted) return { status: signal.reason === 'timeout' ? 'timedout' : 'canceled', exitCode }
  return { status: exitCode === 0 ? 'success' : 'failed', exitCode }
}

async function runSteps(stage: Stage, signal: AbortSignal): Promise<number> {
  const { job, log, variables } = stage
  for (const step of job.steps.filter(({ name }) => name !== AFTER_SCRIPT)) {
    const exitCode = await log.section('step_script', 'Executing "step_script" stage of the job script', () =>
      runEntries(stage, {
        variables,
        signal,
        entries: step.script,
        name: 'script',
        before: beforeOf(stage, step),
      }),
    )
    if (signal.aborted || (exitCode !== 0 && !step.allow_failure)) return exitCode
  }
  return 0
}

/**
 * In its own shell, with the time of RUNNER_AFTER_SCRIPT_TIMEOUT. How it ends changes the job's result only where
 * AFTER_SCRIPT_IGNORE_ERRORS says so; returns the exit code that then counts, else 0.
 */
export async function afterScript(stage: Stage, { status }: ScriptEnd): Promise<number> {
  const { job, log, abort, clock, settings } = stage
  const entries = job.steps.filter(({ name }) => name === AFTER_SCRIPT).flatMap(({ script }) => script)
  if (entries.length === 0 || abort.aborted) return 0
  const variables = new Map([...stage.variables, ['CI_JOB_STATUS', status]])
  const exitCode = await log.section(AFTER_SCRIPT, 'Running after_script', () =>
    withDeadline({ ms: settings.afterScriptMs, signal: abort, clock }, (signal) =>
      runEntries(stage, { entries, name: AFTER_SCRIPT, variables, signal }),
    ),
  )
  if (exitCode === 0) return 0
  if (!settings.ignoresAfterScriptErrors) return exitCode
  log.warning(`after_script failed, but job will continue unaffected: exit code ${exitCode}`)
  return 0
}

/** Of `hooks:pre_get_sources_script`: before there are sources, in the job's own environment. */
export async function preGetSources(stage: Stage): Promise<number> {
  const entries = stage.job.hooks
    .filter(({ name }) => name === PRE_GET_SOURCES)
    .flatMap(({ script }) => script)
  if (entries.length === 0) return 0
  const { variables, stop: signal } = stage
  return runEntries(stage, { entries, name: PRE_GET_SOURCES, variables, signal })
}

interface Entries {
  readonly entries: readonly string[]
  readonly name: string
  readonly variables: Variables
  readonly signal: AbortSignal
  readonly before?: BeforeScript | undefined
}

/** Of what the server says; a job's variables could say anything of its ref. */
function beforeOf({ job, environment }: Stage, step: Job['steps'][number]): BeforeScript | undefined {
  const count = step.before_script_count
  if (environment.pauses !== true || count === 0 || count > step.script.length) return undefined
  return {
    entries: step.script.slice(0, count),
    projectId: job.job_info.project_id,
    ref: `${job.git_info.ref_type} ${job.git_info.ref}`,
    isRefProtected: job.git_info.protected,
    hasIdTokens: job.variables.some(({ value }) => ID_TOKEN.test(value)),
  }
}

/** Written by the host's path, run by the job's. */
async function runEntries(
  stage: Stage,
  { entries, name, variables, signal, before }: Entries,
): Promise<number> {
  const { folders, environment, log, settings, clock } = stage
  await checkFolders(folders.host)
  const fileName = `${name}.sh`
  const sections = settings.hasScriptSections ? { nowMs: clock.nowMs(), name: `script_${name}` } : undefined
  const script = { entries, shell: environment.shell, sections, pauseAfter: before?.entries.length }
  await writeScriptText(join(folders.host.projectTemporary, fileName), script)
  const file = join(folders.job.projectTemporary, fileName)
  const exitCode = await environment.run({ file, variables, signal, onOutput: log.output, before })
  await checkFolders(folders.host)
  return exitCode
}
