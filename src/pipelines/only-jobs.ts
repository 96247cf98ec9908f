import type { Plan, PlannedJob } from '../ciconfig/index.ts'
import { pipelineErrors } from './errors.ts'

const MAX_SHOWN = 20

/**
 * The plan with these jobs and those that they wait for: the needs of a job that has some, all jobs of earlier stages of
 * one that has none. A manual job that is named runs as any other. Throws `pipelines.job-name`.
 */
export function onlyJobs(plan: Plan, names: readonly string[]): Plan {
  if (names.length === 0) return plan
  const asked = new Set(names)
  for (const name of asked) if (!plan.jobs.some((job) => job.name === name)) throw unknownJob(plan, name)
  const kept = withThoseBefore(plan, asked)
  const jobs = plan.jobs.filter(({ name }) => kept.has(name))
  return { ...plan, jobs: jobs.map((job) => (asked.has(job.name) ? played(job) : job)) }
}

function withThoseBefore(plan: Plan, asked: ReadonlySet<string>): ReadonlySet<string> {
  const kept = new Set(asked)
  // Grows while it is read: who is waited for waits for others.
  for (const name of kept) {
    const job = plan.jobs.find((one) => one.name === name)
    if (job !== undefined) for (const before of jobsBefore(plan, job)) kept.add(before)
  }
  return kept
}

function jobsBefore({ jobs, stages }: Plan, { stage, needs }: PlannedJob): readonly string[] {
  if (needs !== null)
    return needs.flatMap((need) => ('project' in need || 'pipeline' in need ? [] : [need.job]))
  const at = stages.indexOf(stage)
  return jobs.filter((job) => stages.indexOf(job.stage) < at && job.when !== 'manual').map(({ name }) => name)
}

function played(job: PlannedJob): PlannedJob {
  return job.when === 'manual' || job.when === 'delayed'
    ? { ...job, when: 'on_success', start_in: null }
    : job
}

function unknownJob({ jobs }: Plan, name: string): Error {
  const known = jobs.slice(0, MAX_SHOWN).map((job) => job.name)
  const more = jobs.length > MAX_SHOWN ? ', …' : ''
  return pipelineErrors(
    'pipelines.job-name',
    `the pipeline has no job '${name}'; it has ${known.join(', ')}${more}`,
  )
}
