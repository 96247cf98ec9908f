import type { Entropy, Http } from '../base/index.ts'
import { createRunnerApi, type RunnerApi } from './api/api.ts'
import { parseJob, parseJobAddress, type Job } from './job/job.ts'
import type { JobOutcome } from './observer.ts'
import { createPatience } from './patience.ts'
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
  /** So many jobs run at once. Default 1. */
  readonly jobs?: number
}

export interface Runner {
  /** Asks once and runs what comes. Aborting the signal ends the job as canceled. Throws `runner.server`, `runner.payload`. */
  runNext(signal: AbortSignal): Promise<JobOutcome | 'no-job'>
  /**
   * Runs jobs, up to `jobs` at once, until `isDone` says so while there is none, or the signal is aborted. The outcomes
   * are in the order in which the jobs came. What goes wrong beside a job is thrown when the jobs that run have ended.
   */
  runUntil(isDone: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<readonly JobOutcome[]>
}

export function createRunner(options: RunnerOptions): Runner {
  const api = createRunnerApi({ ...options, executorName: options.executor.name })
  const slots = createSlots()

  const run = async (job: Job, signal: AbortSignal): Promise<JobOutcome> => {
    const slot = slots.take()
    try {
      return await runJob({ options, api, job, slot, signal })
    } finally {
      slots.give(slot)
    }
  }

  return {
    runNext: async (signal) => {
      const job = await nextJob(api, signal)
      return job === undefined ? 'no-job' : run(job, signal)
    },
    runUntil: (isDone, signal) => runUntil({ options, api, run, isDone, signal }),
  }
}

/** What the server hands out and this runner cannot read must not run on there until its time is over. */
async function nextJob(api: RunnerApi, signal: AbortSignal): Promise<Job | undefined> {
  const payload = await api.requestJob(signal)
  if (payload === undefined) return undefined
  try {
    return parseJob(payload)
  } catch (error) {
    const address = parseJobAddress(payload)
    const update = { state: 'failed', failureReason: 'runner_system_failure' } as const
    if (address !== undefined) await api.updateJob(address, update).catch(() => undefined)
    throw error
  }
}

/** The smallest that is free, as the stock runner numbers the jobs that it runs at once. */
function createSlots() {
  const taken = new Set<number>()
  return {
    take: (): number => {
      let slot = 0
      while (taken.has(slot)) slot++
      taken.add(slot)
      return slot
    },
    give: (slot: number): void => void taken.delete(slot),
  }
}

interface Loop {
  readonly options: RunnerOptions
  readonly api: RunnerApi
  readonly run: (job: Job, signal: AbortSignal) => Promise<JobOutcome>
  readonly isDone: () => boolean | Promise<boolean>
  readonly signal: AbortSignal
}

/** One question at a time, and only while there is room: other runners may have room sooner. */
async function runUntil({ options, api, run, isDone, signal }: Loop): Promise<readonly JobOutcome[]> {
  const { clock, jobs = 1, pollMs = DEFAULT_POLL_MS } = options
  const patience = createPatience({ clock, pollMs })
  const crew = createCrew(
    (job) => run(job, signal),
    () => patience.wake(),
  )
  try {
    while (!signal.aborted && !crew.hasFailed()) {
      if (crew.size() >= jobs) {
        await crew.oneEnds()
        continue
      }
      const job = await patience.ask(() => nextJob(api, signal), signal)
      if (job !== undefined) crew.start(job)
      else if (crew.size() === 0 && (await isDone())) break
      else await patience.wait(signal)
    }
  } finally {
    await crew.allEnd()
  }
  return crew.outcomes()
}

/** The jobs that run at once. */
function createCrew(run: (job: Job) => Promise<JobOutcome>, onEnd: () => void) {
  const ended: (JobOutcome | undefined)[] = []
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const start = (job: Job): void => {
    const place = ended.push(undefined) - 1
    const one = runOne(job, place).finally(() => {
      running.delete(one)
      onEnd()
    })
    running.add(one)
  }
  const runOne = async (job: Job, place: number): Promise<void> => {
    try {
      ended[place] = await run(job)
    } catch (error) {
      failures.push(error)
    }
  }
  return {
    start,
    size: () => running.size,
    hasFailed: () => failures.length > 0,
    oneEnds: () => Promise.race(running),
    allEnd: async () => void (await Promise.all(running)),
    /** In the order in which the jobs came. Throws what went wrong beside a job. */
    outcomes: (): readonly JobOutcome[] => {
      if (failures.length > 0) throw failures[0]
      return ended.filter((outcome) => outcome !== undefined)
    },
  }
}
