import type { Clock, Entropy, Http, Secret, Spawn } from '../base/index.ts'
import { createRunnerApi, type JobUpdate, type RunnerApi } from './api/api.ts'
import { withDeadline } from './deadline.ts'
import type { HostEnvironment } from './job/host-environment.ts'
import { executeJob, type JobEnd } from './stages.ts'
import { jobFolders } from './job/folders.ts'
import { jobIdentity, parseJob, type Job } from './job/job.ts'
import { createJobLog, type JobLog } from './log/job-log.ts'
import { createMasker } from './log/mask.ts'
import type { JobOutcome, RunnerObserver } from './observer.ts'
import { pipSecrets } from './plain/pip-config.ts'
import { createMachine, type Machine } from './plain/executor.ts'
import { parseRemoteSecret } from './sources/sources.ts'
import { createTrace, DEFAULT_LOG_LIMIT_BYTES, type Trace } from './log/trace.ts'
import { startTraceSender, type ServerWish } from './log/trace-sender.ts'

/** Between two questions for a job; the stock runner's default. */
const DEFAULT_POLL_MS = 3_000
const TOKEN_PREFIXES: readonly string[] = ['glpat-', 'glcbt-', 'glrt-']
/** Reasons that every server knows; others only where it says so. */
const REASONS: readonly string[] = ['script_failure', 'runner_system_failure', 'job_execution_timeout']

export interface RunnerOptions {
  /** Without `/api/v4`. */
  readonly serverUrl: string
  /** The runner's authentication token, `glrt-…`. */
  readonly token: Secret
  readonly http: Http
  readonly spawn: Spawn
  readonly clock: Clock
  readonly entropy: Entropy
  readonly folders: {
    /** Job folders and seeds of virtual environments. One runner alone uses it; a short path is better. */
    readonly work: string
    /** Caches of jobs, kept between runs. */
    readonly cache: string
  }
  /** The environment of the machine's user, of which a job gets an allow-list. */
  readonly host: HostEnvironment
  /** Folders in front of the host's PATH, first wins: stock tools, then our own `cosign`. Default none. */
  readonly path?: readonly string[]
  readonly observer?: RunnerObserver
  /** Default 4 MiB. */
  readonly logLimitBytes?: number
  /** Default 3,000. */
  readonly pollMs?: number
}

export interface Runner {
  /** Asks once and runs what comes. Aborting the signal ends the job as canceled. Throws `runner.server`, `runner.payload`. */
  runNext(signal: AbortSignal): Promise<JobOutcome | 'no-job'>
  /** Runs jobs until `isDone` says so while there is none, or the signal is aborted. */
  runUntil(isDone: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<readonly JobOutcome[]>
}

export function createRunner(options: RunnerOptions): Runner {
  const { spawn, host, clock, path = [] } = options
  const api = createRunnerApi(options)
  const machine = createMachine({ spawn, host, work: options.folders.work, path })

  const runNext = async (signal: AbortSignal): Promise<JobOutcome | 'no-job'> => {
    const payload = await api.requestJob(signal)
    return payload === undefined
      ? 'no-job'
      : runJob({ options, api, machine, job: parseJob(payload), signal })
  }

  return {
    runNext,
    runUntil: async (isDone, signal) => {
      const outcomes: JobOutcome[] = []
      while (!signal.aborted) {
        const outcome = await runNext(signal)
        if (outcome !== 'no-job') outcomes.push(outcome)
        else if (await isDone()) break
        else await clock.sleep(options.pollMs ?? DEFAULT_POLL_MS, signal).catch(() => undefined)
      }
      return outcomes
    },
  }
}

interface JobRun {
  readonly options: RunnerOptions
  readonly api: RunnerApi
  readonly machine: Machine
  readonly job: Job
  /** The runner's user wants no more. */
  readonly signal: AbortSignal
}

async function runJob(run: JobRun): Promise<JobOutcome> {
  const { options, api, job } = run
  const { clock } = options
  const identity = jobIdentity(job)
  const startedMs = clock.nowMs()
  options.observer?.event({ kind: 'job-started', job: identity })
  const trace = createTrace(options.logLimitBytes ?? DEFAULT_LOG_LIMIT_BYTES)
  const wishes = { cancel: new AbortController(), abort: new AbortController() }
  const onWish = (wish: ServerWish): void => wishes[wish].abort('canceled')
  const sender = startTraceSender({ api, job, trace, clock, onWish })
  const log = await openLog(run, trace, () => sender.appended())
  const end = await execute(run, log, wishes)
  log.end()
  const isTaken = await sender.finish(finalUpdate(job, end))
  const known: JobEnd = isTaken ? end : { state: 'canceled' }
  const outcome: JobOutcome = { ...identity, ...known, durationMs: clock.nowMs() - startedMs }
  options.observer?.event({ kind: 'job-ended', job: identity, outcome })
  return outcome
}

function execute(
  { options, api, machine, job, signal }: JobRun,
  log: JobLog,
  wishes: Wishes,
): Promise<JobEnd> {
  const { clock, spawn, folders } = options
  const abort = AbortSignal.any([signal, wishes.abort.signal])
  const either = AbortSignal.any([abort, wishes.cancel.signal])
  return withDeadline({ ms: job.runner_info.timeout * 1_000, signal: either, clock }, (stop) =>
    executeJob({
      job,
      folders: jobFolders(folders.work, job),
      api,
      spawn,
      clock,
      machine,
      cacheFolder: folders.cache,
      log,
      stop,
      abort,
    }),
  )
}

type Wishes = Readonly<Record<ServerWish, AbortController>>

async function openLog(run: JobRun, trace: Trace, onAppended: () => void): Promise<JobLog> {
  const { options, job, machine } = run
  const identity = jobIdentity(job)
  const prefixes = [...TOKEN_PREFIXES, ...job.features.token_mask_prefixes]
  const secrets = [...jobSecrets(job), options.token.reveal(), ...pipSecrets(await machine.pipConfig())]
  return createJobLog({
    masker: createMasker(secrets, prefixes),
    clock: options.clock,
    onBytes: (masked) => {
      trace.append(masked)
      onAppended()
    },
    onLine: (line) => options.observer?.event({ kind: 'output', job: identity, line }),
  })
}

/** What must never show in the log, whether or not a variable is marked. */
function jobSecrets(job: Job): string[] {
  return [
    job.token,
    parseRemoteSecret(job.git_info.repo_url),
    ...job.dependencies.map(({ token }) => token),
    ...job.credentials.map(({ password }) => password),
    ...job.variables.filter(({ masked }) => masked).map(({ value }) => value),
  ]
}

function finalUpdate(job: Job, end: JobEnd): JobUpdate {
  if (end.state === 'success') return { state: 'success' }
  const reason = end.state === 'canceled' ? 'job_canceled' : end.reason
  const isKnown = REASONS.includes(reason) || job.features.failure_reasons.includes(reason)
  return {
    state: 'failed',
    failureReason: isKnown ? reason : 'unknown_failure',
    ...(end.state === 'failed' && end.exitCode !== undefined ? { exitCode: end.exitCode } : {}),
  }
}
