import { neededNames } from './stages.ts'
import type { Outcome } from './status.ts'
import type { PipelineUser } from './origin.ts'
import type { JobRecord, NewJob } from './store.ts'

/** GitLab's `auto_retry.rb`: how often a job was retried already counts, whoever did it. */
export function retriesItself(
  job: JobRecord,
  { outcome, jobs }: { readonly outcome: Outcome; readonly jobs: readonly JobRecord[] },
): boolean {
  const { retry } = job.plan
  if (retry === null || outcome.state !== 'failed' || job.isRetried) return false
  const reason = outcome.failureReason ?? 'unknown_failure'
  const isMeant =
    retry.when.includes('always') ||
    retry.when.includes(reason) ||
    (outcome.exitCode !== undefined && (retry.exit_codes ?? []).includes(outcome.exitCode))
  const tries = jobs.filter(({ isRetried, plan }) => isRetried && plan.name === job.plan.name)
  return isMeant && tries.length < retry.max
}

/** Another try, as it was before anything had happened to it. */
export function anotherTry(
  job: JobRecord,
  { nowMs, user = job.user }: { readonly nowMs: number; readonly user?: PipelineUser | null },
): NewJob {
  const { id: _id, pipelineId: _pipelineId, stageIndex, plan, tags, resourceKey, variables } = job
  return {
    ...UNTOUCHED,
    stageIndex,
    plan,
    tags,
    resourceKey,
    variables,
    user,
    createdAtMs: nowMs,
  }
}

/** What every new job has in common. */
export const UNTOUCHED = {
  state: 'created',
  isRetried: false,
  user: null,
  variables: [],
  dotenv: [],
  scheduledAtMs: null,
  queuedAtMs: null,
  startedAtMs: null,
  finishedAtMs: null,
  timeoutSeconds: null,
  cancelsGracefully: false,
  deadlineMs: null,
  failureReason: null,
  exitCode: null,
  tokenHash: null,
  runnerId: null,
} as const satisfies Partial<NewJob>

/**
 * Jobs that were skipped because of others, and are to be looked at again once these run anew: those of later stages,
 * and those that need one of them, directly or not.
 */
export function unskipped(jobs: readonly JobRecord[], again: readonly JobRecord[]): readonly JobRecord[] {
  const first = again.reduce((least, { stageIndex }) => Math.min(least, stageIndex), Infinity)
  const dependents = dependentsOf(
    jobs,
    again.map(({ plan }) => plan.name),
  )
  return jobs.map((job) => {
    if (job.state !== 'skipped' || job.isRetried) return job
    const isAfter = job.stageIndex > first || dependents.has(job.plan.name)
    return isAfter ? { ...job, state: 'created', finishedAtMs: null } : job
  })
}

function dependentsOf(jobs: readonly JobRecord[], names: readonly string[]): ReadonlySet<string> {
  const neededBy = new Map<string, string[]>()
  for (const job of jobs)
    for (const name of neededNames(job) ?? []) {
      const list = neededBy.get(name)
      if (list === undefined) neededBy.set(name, [job.plan.name])
      else list.push(job.plan.name)
    }
  const found = new Set(names)
  for (const name of found) for (const dependent of neededBy.get(name) ?? []) found.add(dependent)
  return found
}
