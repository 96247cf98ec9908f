import type { JobIdentity } from './job/job.ts'

/** How a job ended. `canceled`: the server no longer wants it, or this runner was told to stop. */
type JobState = 'success' | 'failed' | 'canceled'

export type RunnerEvent =
  | { readonly kind: 'job-started'; readonly job: JobIdentity }
  /** One line of the job's log: masked, with its colours, without GitLab's folding marks. */
  | { readonly kind: 'output'; readonly job: JobIdentity; readonly line: string }
  | { readonly kind: 'job-ended'; readonly job: JobIdentity; readonly outcome: JobOutcome }

/** Who watches the runner, such as a terminal. Must not throw. */
export interface RunnerObserver {
  event(event: RunnerEvent): void
}

export interface JobOutcome extends JobIdentity {
  readonly state: JobState
  /** One of GitLab's failure reasons, such as `script_failure`. */
  readonly reason?: string
  readonly exitCode?: number
  readonly durationMs: number
}
