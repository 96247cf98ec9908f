import type { Clock, Secret, Spawn } from '../base/index.ts'
import type { JobUpdate, RunnerApi } from './api/api.ts'
import { withDeadline } from './deadline.ts'
import type { Executor } from './executor.ts'
import type { HostEnvironment } from './job/host-environment.ts'
import { jobIdentity, type Job } from './job/job.ts'
import { DEFAULT_CACHE_LIMIT_BYTES } from './cache.ts'
import { resolveVariables } from './job/variables.ts'
import { createJobLog, OWN_RESERVE_BYTES, type JobLog } from './log/job-log.ts'
import { createMasker } from './log/mask.ts'
import { createTrace, DEFAULT_LOG_LIMIT_BYTES, type Trace } from './log/trace.ts'
import { startTraceSender, type ServerWish } from './log/trace-sender.ts'
import type { JobOutcome, RunnerObserver } from './observer.ts'
import { parseRemoteSecret } from './sources/remote.ts'
import { executeJob, type JobEnd } from './stages.ts'

/** Masked whatever the server says; those of GitLab and our own. */
const TOKEN_PREFIXES: readonly string[] = ['glpat-', 'glcbt-', 'glrt-', 'gldt-', 'wspub-']
/** Reasons that every server knows; others only where it says so. */
const REASONS: readonly string[] = ['script_failure', 'runner_system_failure', 'job_execution_timeout']

/** What all jobs of a runner share. */
export interface JobRunOptions {
  /** The runner's authentication token, `glrt-…`. */
  readonly token: Secret
  readonly executor: Executor
  /** Runs the runner's own git, outside of any executor. */
  readonly spawn: Spawn
  readonly clock: Clock
  /** Caches of jobs, kept between runs. */
  readonly cacheFolder: string
  /** Of all caches together; the oldest go first. Default 10 GiB. */
  readonly cacheLimitBytes?: number
  /** The environment of the machine's user, of which the runner's own programs get an allow-list. */
  readonly host: HostEnvironment
  readonly observer?: RunnerObserver
  /** Default 4 MiB. */
  readonly logLimitBytes?: number
}

export interface JobRun {
  readonly options: JobRunOptions
  readonly api: RunnerApi
  readonly job: Job
  /** Which of the jobs that run at once it is, from 0. */
  readonly slot: number
  /** The runner's user wants no more. */
  readonly signal: AbortSignal
}

/** One job from its payload to its result on the server: log and result are reported around its stages. */
export async function runJob(run: JobRun): Promise<JobOutcome> {
  const { options, api, job } = run
  const { clock } = options
  const identity = jobIdentity(job)
  const startedMs = clock.nowMs()
  options.observer?.event({ kind: 'job-started', job: identity })
  const trace = createTrace((options.logLimitBytes ?? DEFAULT_LOG_LIMIT_BYTES) + OWN_RESERVE_BYTES)
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

/** As on GitLab, a job whose time is over runs no after_script; one that is canceled does. */
function execute({ options, api, job, slot, signal }: JobRun, log: JobLog, wishes: Wishes): Promise<JobEnd> {
  const { clock, cacheLimitBytes = DEFAULT_CACHE_LIMIT_BYTES } = options
  const wanted = AbortSignal.any([signal, wishes.abort.signal])
  return withDeadline({ ms: job.runner_info.timeout * 1_000, signal: wanted, clock }, (abort) => {
    const stop = AbortSignal.any([abort, wishes.cancel.signal])
    return executeJob({ ...options, cacheLimitBytes, api, job, slot, log, stop, abort })
  })
}

type Wishes = Readonly<Record<ServerWish, AbortController>>

async function openLog(run: JobRun, trace: Trace, onAppended: () => void): Promise<JobLog> {
  const { options, job } = run
  const identity = jobIdentity(job)
  const prefixes = [...TOKEN_PREFIXES, ...job.features.token_mask_prefixes]
  const secrets = [...jobSecrets(job), options.token.reveal(), ...(await options.executor.secrets())]
  return createJobLog({
    masker: createMasker(secrets, prefixes),
    clock: options.clock,
    limitBytes: options.logLimitBytes ?? DEFAULT_LOG_LIMIT_BYTES,
    onBytes: (masked) => {
      trace.append(masked)
      onAppended()
    },
    onLine: ({ text: line, from }) =>
      options.observer?.event({
        kind: 'output',
        job: identity,
        line,
        ...(from === 'runner' ? { from } : {}),
      }),
  })
}

/** What must never show in the log, whether or not a variable is marked. */
function jobSecrets(job: Job): string[] {
  return [
    job.token,
    parseRemoteSecret(job.git_info.repo_url),
    ...job.dependencies.map(({ token }) => token),
    ...job.credentials.map(({ password }) => password),
    ...maskedValues(job),
  ]
}

/** As they were sent, and as the job has them: what only the runner knows may be a part. */
function maskedValues({ variables }: Job): string[] {
  const masked = variables.filter((variable) => variable.masked)
  const { values } = resolveVariables({ job: variables, runner: {}, fileFolder: '' })
  const expanded = masked.filter(({ file }) => !file).map(({ key }) => values.get(key) ?? '')
  return [...masked.map(({ value }) => value), ...expanded]
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
