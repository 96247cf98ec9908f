import type { Entropy, Http } from '../base/index.ts'
import { createRunnerApi } from './api/api.ts'
import { parseJob } from './job/job.ts'
import type { JobOutcome } from './observer.ts'
import { runJob, type JobRunOptions } from './run-job.ts'

/** Between two questions for a job; the stock runner's default. */
const DEFAULT_POLL_MS = 3_000

export interface RunnerOptions extends JobRunOptions {
  /** Without `/api/v4`. */
  readonly serverUrl: string
  readonly http: Http
  readonly entropy: Entropy
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
  const { clock, executor } = options
  const api = createRunnerApi({ ...options, executorName: executor.name })

  const runNext = async (signal: AbortSignal): Promise<JobOutcome | 'no-job'> => {
    const payload = await api.requestJob(signal)
    return payload === undefined ? 'no-job' : runJob({ options, api, job: parseJob(payload), signal })
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
