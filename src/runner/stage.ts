import type { Clock, Spawn } from '../base/index.ts'
import type { RunnerApi } from './api/api.ts'
import type { Executor, JobEnvironment } from './executor.ts'
import type { JobFolders } from './job/folders.ts'
import type { HostEnvironment } from './job/host-environment.ts'
import type { Job } from './job/job.ts'
import type { RunnerSettings } from './job/settings.ts'
import type { Variables } from './job/variables.ts'
import type { JobLog } from './log/job-log.ts'

/** One job with what runs it. */
export interface JobExecution {
  readonly job: Job
  readonly executor: Executor
  readonly api: RunnerApi
  /** Runs the runner's own git. */
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly clock: Clock
  readonly cacheFolder: string
  readonly cacheLimitBytes: number
  /** Which of the jobs that this runner runs at once it is, from 0. */
  readonly slot: number
  readonly log: JobLog
  /** The job must end; the reason is `timeout` where its time is over. Where it is canceled, after_script still runs. */
  readonly stop: AbortSignal
  /** Nothing may run any longer. */
  readonly abort: AbortSignal
}

/** A job whose folders, variables and environment are there. */
export interface Stage extends JobExecution {
  readonly folders: JobFolders
  readonly variables: Variables
  readonly settings: RunnerSettings
  readonly environment: JobEnvironment
  /** As `stop`. */
  readonly signal: AbortSignal
}
