import { durationSeconds } from '../ciconfig/index.ts'
import { isFinal, Summary, summaryOf, type Counted, type Kind } from './status.ts'
import type { JobRecord, JobState, NewJob } from './store.ts'

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

/** A job by what it says of others. */
export interface Named {
  readonly plan: Pick<JobRecord['plan'], 'name' | 'needs'>
}

/** Names of the jobs of this pipeline that a job waits for; undefined where the order of the stages counts. */
export function neededNames({ plan }: Named): readonly string[] | undefined {
  return plan.needs?.flatMap((need) => ('project' in need || 'pipeline' in need ? [] : [need.job]))
}

/** Of the jobs of a pipeline that are not looked at. */
export interface Around {
  /** By stage. */
  readonly kinds: ReadonlyMap<number, readonly Kind[]>
  /** Whether all is looked at that the job needs by name: else it stays as it is. */
  readonly isReady: (job: Named) => boolean
}

const WHOLE: Around = { kinds: new Map(), isReady: () => true }

/**
 * Lets every job begin that may: by its needs where it names them, else when all jobs of earlier stages have ended. It
 * waits for a runner, a person, a time or a resource, or is skipped, as its `when` says of what came before. Each job
 * is looked at once, after all that it waits for. Jobs that do not change stay the same objects.
 */
export function advance<Job extends Staged>(
  jobs: readonly Job[],
  nowMs: number,
  { kinds, isReady }: Around = WHOLE,
): readonly Job[] {
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  const latest = new Map(newest.map((job) => [job.plan.name, job]))
  const replaced = new Map<Job, Job>()
  const earlier = new Summary()
  for (const { members, others } of stagesOf(newest, kinds)) {
    const before = earlier.state
    for (const job of inOrderOfNeeds(members)) {
      const state = stateBefore(job, { latest, before })
      if (job.state !== 'created' || !isFinal(state) || !isReady(job)) continue
      const begun = begin(job, { before: state, nowMs })
      replaced.set(job, begun)
      latest.set(job.plan.name, begun)
    }
    for (const job of members) earlier.add(replaced.get(job) ?? job)
    earlier.addKinds(others)
  }
  return replaced.size === 0 ? jobs : jobs.map((job) => replaced.get(job) ?? job)
}

/** The stage whose jobs may begin, as far as stages count, of which some are not looked at; undefined: there is none. */
export function openStage(jobs: readonly Staged[], { kinds }: Around): number | undefined {
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  const earlier = new Summary()
  for (const { stage, members, others } of stagesOf(newest, kinds)) {
    if (others.includes('created')) return isFinal(earlier.state) ? stage : undefined
    for (const job of members) earlier.add(job)
    earlier.addKinds(others)
  }
  return undefined
}

interface Stage<Job> {
  readonly stage: number
  readonly members: readonly Job[]
  /** Of jobs that are not looked at. */
  readonly others: readonly Kind[]
}

/** In their order. */
function stagesOf<Job extends Staged>(jobs: readonly Job[], kinds: Around['kinds']): readonly Stage<Job>[] {
  const members = Map.groupBy(jobs, ({ stageIndex }) => stageIndex)
  const stages = [...new Set([...members.keys(), ...kinds.keys()])].toSorted((a, b) => a - b)
  return stages.map((stage) => ({
    stage,
    members: members.get(stage) ?? [],
    others: kinds.get(stage) ?? [],
  }))
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

/** What some event does to the jobs of a pipeline; undefined: nothing. */
export interface Change {
  readonly jobs: readonly JobRecord[]
  readonly newJobs?: readonly NewJob[]
}
