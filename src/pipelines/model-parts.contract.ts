import { expect } from 'vitest'
import { settledPart } from './parts.ts'
import { neededNames, type Change } from './stages.ts'
import type { JobRecord, PipelineChange, Snapshot } from './store.ts'

/** Where one job changes, what is read of the others is enough: the result is that of the whole pipeline. */
export function expectSamePart(now: Snapshot, change: Change, whole: PipelineChange | undefined): void {
  const changed = change.jobs.filter((job, index) => job !== now.jobs[index])
  const [job] = changed
  if (job === undefined || changed.length > 1) return
  const after = inParts(now, { job, newJobs: change.newJobs ?? [] })
  expect(after?.pipeline).toEqual(whole?.pipeline)
  expect(after?.newJobs).toEqual(whole?.newJobs)
  const written = (jobs: readonly JobRecord[] = []): readonly JobRecord[] =>
    jobs.filter((one) => !now.jobs.includes(one))
  expect(written(after?.jobs)).toEqual(written(whole?.jobs))
}

interface OneChange {
  readonly job: JobRecord
  readonly newJobs: NonNullable<Change['newJobs']>
}

function inParts(now: Snapshot, { job, newJobs }: OneChange): PipelineChange | undefined {
  // A job that is tried again was read with its tries.
  const names = new Set(newJobs.map(({ plan }) => plan.name))
  const stages = new Set<number>()
  for (;;) {
    const read = { names, stages }
    const known = readOf(now.jobs, job.id, read)
    const jobs = known.map((one) => (one.id === job.id ? job : one))
    const after = settledPart({ ...now, jobs: known, read }, { jobs, newJobs }, 1)
    if (after === undefined || !('wanted' in after)) return after
    if (after.wanted === 'all') throw new Error('all is wanted')
    const size = names.size + stages.size
    for (const name of after.wanted.names) names.add(name)
    for (const stage of after.wanted.stages) stages.add(stage)
    expect(names.size + stages.size).toBeGreaterThan(size)
  }
}

/** As a store reads them. */
function readOf(
  jobs: readonly JobRecord[],
  jobId: number,
  { names, stages }: { readonly names: ReadonlySet<string>; readonly stages: ReadonlySet<number> },
): readonly JobRecord[] {
  const needs = (job: JobRecord, of: ReadonlySet<string>): boolean =>
    neededNames(job)?.some((name) => of.has(name)) === true
  const isWaiting = (job: JobRecord): boolean => job.state === 'created' && !job.isRetried
  const tries = jobs.filter(({ plan }) => names.has(plan.name))
  const dependents = jobs.filter((job) => isWaiting(job) && needs(job, names))
  const needed = new Set([...tries, ...dependents].flatMap((job) => neededNames(job) ?? []))
  const read = new Set([
    ...tries,
    ...dependents,
    ...jobs.filter((job) => !job.isRetried && needed.has(job.plan.name)),
    ...jobs.filter((job) => isWaiting(job) && job.plan.needs === null && stages.has(job.stageIndex)),
  ])
  return jobs.filter((job) => job.id === jobId || read.has(job))
}
