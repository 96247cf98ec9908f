import type { JobRecord, JobState } from './store.ts'

export interface Outcome {
  readonly state: 'success' | 'failed' | 'canceled'
  readonly failureReason?: string
  readonly exitCode?: number
}

/** What a summary needs to know of a job. */
export interface Counted extends Pick<JobRecord, 'state' | 'exitCode'> {
  readonly plan: Pick<JobRecord['plan'], 'allow_failure'>
}

const FINAL: ReadonlySet<JobState> = new Set(['success', 'failed', 'canceled', 'skipped'])

export function isFinal(state: JobState): boolean {
  return FINAL.has(state)
}

/** `allow_failure:exit_codes`: the code says whether the failure was one of those that are expected. */
export function mayFail({ plan: { allow_failure: allowed }, exitCode }: Counted): boolean {
  if (typeof allowed === 'boolean') return allowed
  return exitCode !== null && allowed.exit_codes.includes(exitCode)
}

/** `warning`: it failed or was cancelled, which it may. `ignored`: nobody has to play it. */
export type Kind = JobState | 'warning' | 'ignored'

export function kindOf(job: Counted): Kind {
  if ((job.state === 'failed' || job.state === 'canceled') && mayFail(job)) return 'warning'
  return job.state === 'manual' && mayFail(job) ? 'ignored' : job.state
}

/** It goes on no more by itself: it has ended, or nobody has to play it. */
export function isOver(job: Counted): boolean {
  const kind = kindOf(job)
  return kind === 'warning' || kind === 'ignored' || FINAL.has(kind)
}

/**
 * Several jobs in one state, as GitLab sums them up (`gitlab/ci/status/composite.rb`): the first line that holds. It
 * grows job by job, so that a stage costs no more than its own jobs.
 */
export class Summary {
  readonly #kinds = new Set<Kind>()

  add(job: Counted): void {
    this.#kinds.add(kindOf(job))
  }

  addKinds(kinds: Iterable<Kind>): void {
    for (const kind of kinds) this.#kinds.add(kind)
  }

  get isEmpty(): boolean {
    return this.#kinds.size === 0
  }

  /** Of no jobs at all: `success`. */
  get state(): JobState {
    if (this.#onlyOf()) return 'success'
    if (this.#onlyOf('skipped', 'ignored')) return 'skipped'
    if (this.#onlyOf('success', 'skipped', 'warning', 'ignored')) return 'success'
    if (this.#onlyOf('created', 'warning', 'ignored')) return 'created'
    if (this.#onlyOf('canceled', 'success', 'skipped', 'warning', 'ignored')) return 'canceled'
    if (this.#onlyOf('pending', 'created', 'skipped', 'warning', 'ignored')) return 'pending'
    if (this.#anyOf('running', 'pending')) return 'running'
    const next = WAITING.find((state) => this.#anyOf(state))
    return next ?? (this.#anyOf('created') ? 'running' : 'failed')
  }

  /** Nothing of it goes on by itself: all have ended, or nobody has to play them. */
  get isOver(): boolean {
    return this.#onlyOf('success', 'failed', 'canceled', 'skipped', 'warning', 'ignored')
  }

  /** Of the jobs that a job needs by name: one that does not run at all leaves it without them. */
  get needed(): JobState {
    if (this.#anyOf('skipped', 'ignored')) return 'skipped'
    return this.#onlyOf('success', 'failed', 'canceled', 'warning') ? this.state : 'pending'
  }

  #anyOf(...kinds: readonly Kind[]): boolean {
    return kinds.some((kind) => this.#kinds.has(kind))
  }

  #onlyOf(...kinds: readonly Kind[]): boolean {
    return [...this.#kinds].every((kind) => kinds.includes(kind))
  }
}

const WAITING: readonly JobState[] = ['canceling', 'waiting_for_resource', 'manual', 'scheduled']

export function summaryOf(jobs: Iterable<Counted>): Summary {
  const summary = new Summary()
  for (const job of jobs) summary.add(job)
  return summary
}
