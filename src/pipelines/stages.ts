import { durationSeconds } from '../ciconfig/index.ts'
import { isFinal, Summary, summaryOf, type Counted } from './status.ts'
import type { JobRecord, JobState, NewJob, PipelineChange, Snapshot } from './store.ts'

/** In the order of the stages, and inside a stage as they were added. */
export function byStage<Job extends Pick<JobRecord, 'stageIndex'>>(jobs: readonly Job[]): readonly Job[] {
  return jobs.toSorted((a, b) => a.stageIndex - b.stageIndex)
}

/** What the order of jobs needs to know of one. */
interface Staged
  extends
    Counted,
    Pick<
      JobRecord,
      'stageIndex' | 'isRetried' | 'resourceKey' | 'queuedAtMs' | 'scheduledAtMs' | 'finishedAtMs'
    > {
  readonly plan: Pick<JobRecord['plan'], 'name' | 'when' | 'start_in' | 'allow_failure' | 'needs'>
}

/** Names of the jobs of this pipeline that a job waits for; undefined where the order of the stages counts. */
export function neededNames({ plan }: Pick<Staged, 'plan'>): readonly string[] | undefined {
  return plan.needs?.flatMap((need) => ('project' in need || 'pipeline' in need ? [] : [need.job]))
}

/**
 * Lets every job begin that may: by its needs where it names them, else when all jobs of earlier stages have ended. It
 * waits for a runner, a person, a time or a resource, or is skipped, as its `when` says of what came before. Each job
 * is looked at once, after all that it waits for. Jobs that do not change stay the same objects.
 */
export function advance<Job extends Staged>(jobs: readonly Job[], nowMs: number): readonly Job[] {
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  const latest = new Map(newest.map((job) => [job.plan.name, job]))
  const replaced = new Map<Job, Job>()
  const earlier = new Summary()
  for (const members of stagesOf(newest)) {
    const before = earlier.state
    for (const job of inOrderOfNeeds(members)) {
      const state = stateBefore(job, { latest, before })
      if (job.state !== 'created' || !isFinal(state)) continue
      const begun = begin(job, { before: state, nowMs })
      replaced.set(job, begun)
      latest.set(job.plan.name, begun)
    }
    for (const job of members) earlier.add(replaced.get(job) ?? job)
  }
  return replaced.size === 0 ? jobs : jobs.map((job) => replaced.get(job) ?? job)
}

/** The jobs of each stage, in the order of the stages. */
function stagesOf<Job extends Staged>(jobs: readonly Job[]): readonly (readonly Job[])[] {
  const stages = Map.groupBy(jobs, ({ stageIndex }) => stageIndex)
  return [...stages].toSorted(([a], [b]) => a - b).map(([, members]) => members)
}

function stateBefore(
  job: Staged,
  { latest, before }: { readonly latest: ReadonlyMap<string, Staged>; readonly before: JobState },
): JobState {
  const names = neededNames(job)
  if (names === undefined) return before
  const summary = summaryOf(
    names.flatMap((name) => {
      const needed = latest.get(name)
      return needed === undefined ? [] : [needed]
    }),
  )
  // A skip may come early, a start may not: GitLab begins `always` here while other needs still run.
  return job.plan.when === 'always' && !summary.isOver ? 'pending' : summary.needed
}

/** Kahn's algorithm over the needs inside a stage: planning has refused circles. */
function inOrderOfNeeds<Job extends Staged>(members: readonly Job[]): readonly Job[] {
  const byName = new Map(members.map((job) => [job.plan.name, job]))
  const needs = members.map((job) => {
    const here = new Set((neededNames(job) ?? []).flatMap((name) => byName.get(name) ?? []))
    return { job, here: [...here] }
  })
  const neededBy = dependents(needs)
  const open = new Map(needs.map(({ job, here }) => [job, here.length]))
  const ready = members.filter((job) => open.get(job) === 0)
  for (const job of ready)
    for (const dependent of neededBy.get(job) ?? []) {
      const count = (open.get(dependent) ?? 0) - 1
      open.set(dependent, count)
      if (count === 0) ready.push(dependent)
    }
  return ready
}

function dependents<Job>(
  needs: readonly { readonly job: Job; readonly here: readonly Job[] }[],
): ReadonlyMap<Job, readonly Job[]> {
  const pairs = needs.flatMap(({ job, here }) => here.map((needed) => ({ job, needed })))
  const grouped = Map.groupBy(pairs, ({ needed }) => needed)
  return new Map([...grouped].map(([needed, of]) => [needed, of.map(({ job }) => job)]))
}

/** GitLab's `valid_statuses_for_build`: a job that names its needs does not run without them. */
function runsAfter({ plan }: Staged, before: JobState): boolean {
  if (plan.when === 'always') return before !== 'canceled'
  if (plan.when === 'on_failure') return before === 'failed'
  return before === 'success' || (before === 'skipped' && plan.needs === null)
}

function begin<Job extends Staged>(
  job: Job,
  { before, nowMs }: { readonly before: JobState; readonly nowMs: number },
): Job {
  if (!runsAfter(job, before)) return { ...job, state: 'skipped', finishedAtMs: nowMs }
  if (job.plan.when === 'manual') return { ...job, state: 'manual' }
  if (job.plan.when !== 'delayed') return queued(job, nowMs)
  const scheduledAtMs = nowMs + (durationSeconds(job.plan.start_in ?? '') ?? 0) * 1000
  return { ...job, state: 'scheduled', scheduledAtMs }
}

/** A job with a resource waits for it first; the store says when it has it. */
export function queued<Job extends Staged>(job: Job, nowMs: number): Job {
  const isWaiting = job.resourceKey !== null && job.state !== 'waiting_for_resource'
  return isWaiting
    ? { ...job, state: 'waiting_for_resource' }
    : { ...job, state: 'pending', queuedAtMs: nowMs }
}

/** Of the newest try of each job. */
export function pipelineState(jobs: readonly Staged[]): JobState {
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  return newest.length === 0 ? 'skipped' : summaryOf(newest).state
}

/** What some event does to the jobs of a pipeline; undefined: nothing. */
export interface Change {
  readonly jobs: readonly JobRecord[]
  readonly newJobs?: readonly NewJob[]
}

/** The pipeline after a change and all that follows from it, or undefined when no job changed. */
export function settled(
  { pipeline, jobs }: Snapshot,
  { jobs: changed, newJobs = [] }: Change,
  nowMs: number,
): PipelineChange | undefined {
  if (newJobs.length === 0 && changed.every((job, index) => job === jobs[index])) return undefined
  const all = advance<JobRecord | NewJob>([...changed, ...newJobs], nowMs)
  const state = pipelineState(all)
  const startedAtMs = pipeline.startedAtMs ?? (all.some(({ state: one }) => one === 'running') ? nowMs : null)
  return {
    pipeline: { ...pipeline, state, startedAtMs, finishedAtMs: isFinal(state) ? nowMs : null },
    jobs: all.slice(0, changed.length) as readonly JobRecord[],
    newJobs: all.slice(changed.length),
  }
}

/** `settled`, where each job changes by itself. */
export function settle(
  now: Snapshot,
  change: (job: JobRecord) => JobRecord,
  nowMs: number,
): PipelineChange | undefined {
  return settled(now, { jobs: now.jobs.map(change) }, nowMs)
}
