import { advance, neededNames, openStage, type Around, type Change, type Named } from './stages.ts'
import { isFinal, isOver, Summary } from './status.ts'
import type { JobRecord, NewJob, PartOfPipeline, PipelineChange, Snapshot, Tally, Wanted } from './store.ts'
import { kindsOf, tallyWith, tallyWithout } from './tally.ts'

/** The pipeline after a change and all that follows from it, or undefined when no job changed. */
export function settled(now: Snapshot, change: Change, nowMs: number): PipelineChange | undefined {
  if (isSame(now, change)) return undefined
  return changed(now, { change, all: advance(allOf(change), nowMs), rest: {}, nowMs })
}

/** `settled`, where each job changes by itself. */
export function settle(
  now: Snapshot,
  change: (job: JobRecord) => JobRecord,
  nowMs: number,
): PipelineChange | undefined {
  return settled(now, { jobs: now.jobs.map(change) }, nowMs)
}

/**
 * `settled`, of those jobs of a pipeline that the change can set in motion: they are asked for until none is missing.
 * Of all others only the tally counts. A pipeline that was never counted is read whole, once.
 */
export function settledPart(
  now: PartOfPipeline,
  change: Change,
  nowMs: number,
): PipelineChange | Wanted | undefined {
  const { read, pipeline } = now
  if (isSame(now, change)) return undefined
  if (read === 'all') return settled(now, change, nowMs)
  const rest = pipeline.tally === null ? undefined : tallyWithout(pipeline.tally, now.jobs)
  if (rest === undefined) return { wanted: 'all' }
  const around = { kinds: kindsOf(rest), isReady: (job: Named) => isRead(job, read.names) }
  const all = advance(allOf(change), nowMs, around)
  return missing(now, all, around) ?? changed(now, { change, all, rest, nowMs })
}

/** `settledPart`, where only the one job changes. */
export function settleOne(
  now: PartOfPipeline,
  change: (job: JobRecord) => JobRecord,
  { jobId, nowMs }: { readonly jobId: number; readonly nowMs: number },
): PipelineChange | Wanted | undefined {
  return settledPart(now, { jobs: now.jobs.map((job) => (job.id === jobId ? change(job) : job)) }, nowMs)
}

/** Who needs others may only be judged when these were read, which they are with the job and with each of them. */
function isRead(job: Named, names: ReadonlySet<string>): boolean {
  const needed = neededNames(job)
  return needed === undefined || names.has(job.plan.name) || needed.some((name) => names.has(name))
}

function missing(
  { jobs, read }: PartOfPipeline,
  all: readonly (JobRecord | NewJob)[],
  around: Around,
): Wanted | undefined {
  if (read === 'all') return undefined
  const before = new Set<object>(jobs)
  const names = all
    .filter((job) => !before.has(job) && !job.isRetried && isOver(job))
    .map(({ plan }) => plan.name)
    .filter((name) => !read.names.has(name))
  const open = openStage(all, around)
  const stages = open === undefined || read.stages.has(open) ? [] : [open]
  return names.length + stages.length === 0 ? undefined : { wanted: { names, stages } }
}

function isSame({ jobs }: Snapshot, { jobs: after, newJobs = [] }: Change): boolean {
  return newJobs.length === 0 && after.every((job, index) => job === jobs[index])
}

function allOf({ jobs, newJobs = [] }: Change): readonly (JobRecord | NewJob)[] {
  return [...jobs, ...newJobs]
}

interface Settled {
  readonly change: Change
  readonly all: readonly (JobRecord | NewJob)[]
  /** Of the jobs that are not among them. */
  readonly rest: Tally
  readonly nowMs: number
}

function changed({ pipeline }: Snapshot, { change, all, rest, nowMs }: Settled): PipelineChange {
  const tally = tallyWith(rest, all)
  const state = stateOf(tally)
  const startedAtMs = pipeline.startedAtMs ?? (all.some(({ state: one }) => one === 'running') ? nowMs : null)
  return {
    pipeline: { ...pipeline, tally, state, startedAtMs, finishedAtMs: isFinal(state) ? nowMs : null },
    jobs: all.slice(0, change.jobs.length) as readonly JobRecord[],
    newJobs: all.slice(change.jobs.length),
  }
}

/** Of a pipeline with so many jobs of each kind. */
export function stateOf(tally: Tally): PipelineChange['pipeline']['state'] {
  const summary = new Summary()
  for (const kinds of kindsOf(tally).values()) summary.addKinds(kinds)
  return summary.isEmpty ? 'skipped' : summary.state
}
