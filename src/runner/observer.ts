import type { JobIdentity } from './job/job.ts'

/** How a job ended. `canceled`: the server no longer wants it, or this runner was told to stop. */
type JobState = 'success' | 'failed' | 'canceled'

export type RunnerEvent =
  | { readonly kind: 'job-started'; readonly job: JobIdentity }
  | {
      /** One line of the job's log: masked, with its colours, without GitLab's folding marks. */
      readonly kind: 'output'
      readonly job: JobIdentity
      readonly line: string
      /** There where the runner itself says it. A job can imitate the runner's words, but not this. */
      readonly from?: 'runner'
    }
  | { readonly kind: 'job-ended'; readonly job: JobIdentity; readonly outcome: JobOutcome }

/** Who watches the runner, such as a terminal. Must not throw. Events of several jobs come in any order. */
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
