import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newJob, newPipeline } from './new-rows.contract.ts'
import { anotherTry, retriesItself, unskipped } from './retries.ts'
import { expectSamePart } from './model-parts.contract.ts'
import { settled, stateOf } from './parts.ts'
import { advance, neededNames, queued, type Change } from './stages.ts'
import { isFinal, mayFail } from './status.ts'
import type { JobRecord, JobState, NewJob, Snapshot } from './store.ts'
import { tallyWith } from './tally.ts'

/** The pure part, over random graphs and events: no database, so that there are many of them. */
interface Kind {
  readonly stage: number
  readonly needs: readonly number[] | null
  readonly when: 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed'
  readonly mayFail: boolean
  readonly retries: number
  readonly hasResource: boolean
}

const kind: fc.Arbitrary<Kind> = fc.record({
  stage: fc.integer({ min: 0, max: 3 }),
  needs: fc.option(fc.array(fc.nat(20), { maxLength: 4 })),
  when: fc.constantFrom('on_success', 'on_success', 'on_failure', 'always', 'manual', 'delayed'),
  mayFail: fc.boolean(),
  retries: fc.integer({ min: 0, max: 2 }),
  hasResource: fc.boolean(),
})

const event = fc.tuple(
  fc.constantFrom('take', 'success', 'failed', 'play', 'due', 'cancel', 'retry', 'cancel all'),
  fc.nat(40),
)

/** Needs go to jobs that stand before it and in no later stage, as planning makes sure of. */
function jobOf(kinds: readonly Kind[], at: number): NewJob {
  const { stage, needs, when, mayFail: allow, retries, hasResource } = kinds[at]!
  const earlier = (needs ?? []).filter((need) => need < at && kinds[need]!.stage <= stage)
  const plain = newJob(`job ${at}`)
  const linked = [...new Set(earlier)].map((need) => ({
    job: `job ${need}`,
    artifacts: true,
    optional: false,
  }))
  return {
    ...plain,
    state: 'created',
    queuedAtMs: null,
    stageIndex: stage,
    resourceKey: hasResource ? '20:r' : null,
    plan: {
      ...plain.plan,
      needs: needs === null ? null : linked,
      when,
      start_in: '1s',
      allow_failure: allow,
      retry: retries === 0 ? null : { max: retries, when: ['always'] },
    },
  }
}

class Model {
  now: Snapshot
  readonly started: number[] = []
  #nextId = 1

  constructor(kinds: readonly Kind[]) {
    const jobs = advance(
      kinds.map((_, at) => jobOf(kinds, at)),
      0,
    )
    const tally = tallyWith({}, jobs)
    const state = stateOf(tally)
    const { jobs: _jobs, ...pipeline } = newPipeline([])
    this.now = {
      pipeline: { ...pipeline, id: 1, iid: 1, state, tally },
      jobs: jobs.map((job) => this.#numbered(job)),
    }
    this.grant()
  }

  #numbered(job: NewJob): JobRecord {
    return { ...job, id: this.#nextId++, pipelineId: 1 }
  }

  apply(change: Change): void {
    const after = settled(this.now, change, 1)
    expectSamePart(this.now, change, after)
    if (after === undefined) return
    const added = (after.newJobs ?? []).map((job) => this.#numbered(job))
    const before = this.now
    this.now = { pipeline: after.pipeline, jobs: [...after.jobs, ...added] }
    checkBegun(before, this.now)
  }

  change(job: JobRecord, more: Partial<JobRecord>): void {
    this.apply({ jobs: this.now.jobs.map((one) => (one === job ? { ...job, ...more } : one)) })
  }

  /** As the store does: the first that waits has the resource, while nobody else is queued or runs with it. */
  grant(): void {
    const of = (...states: readonly JobState[]): readonly JobRecord[] =>
      this.now.jobs.filter((job) => job.resourceKey !== null && states.includes(job.state))
    const [first] = of('waiting_for_resource')
    if (first !== undefined && of('pending', 'running').length === 0) this.change(first, queued(first, 1))
  }

  end(job: JobRecord, state: 'success' | 'failed'): void {
    const outcome = { state, failureReason: 'script_failure' } as const
    const isRetried = retriesItself(job, { outcome, jobs: this.now.jobs })
    const jobs = this.now.jobs.map((one) => (one === job ? { ...job, state, isRetried } : one))
    this.apply({ jobs, newJobs: isRetried ? [anotherTry(job, { nowMs: 1 })] : [] })
  }

  retry(job: JobRecord): void {
    const jobs = this.now.jobs.map((one) => (one === job ? { ...job, isRetried: true } : one))
    this.apply({ jobs: unskipped(jobs, [job]), newJobs: [anotherTry(job, { nowMs: 1 })] })
  }

  play(job: JobRecord): void {
    const jobs = this.now.jobs.map((one) => (one === job ? queued(job, 1) : one))
    this.apply({ jobs: unskipped(jobs, [job]) })
  }
}

function pick(model: Model, nth: number, ...states: readonly JobState[]): JobRecord | undefined {
  const fitting = model.now.jobs.filter((job) => !job.isRetried && states.includes(job.state))
  return fitting[nth % Math.max(1, fitting.length)]
}

function happen(model: Model, what: string, nth: number): void {
  const of = (...states: readonly JobState[]): JobRecord | undefined => pick(model, nth, ...states)
  const found = {
    take: of('pending'),
    success: of('running'),
    failed: of('running'),
    play: of('manual', 'scheduled'),
    due: of('scheduled'),
    cancel: of('created', 'waiting_for_resource', 'scheduled', 'pending', 'running'),
    retry: of('success', 'failed', 'canceled'),
  }[what]
  if (what === 'cancel all') cancelAll(model)
  else if (found !== undefined) EVENTS[what]?.(model, found)
  model.grant()
}

const EVENTS: Readonly<Record<string, (model: Model, job: JobRecord) => void>> = {
  take: (model, job) => take(model, job),
  success: (model, job) => model.end(job, 'success'),
  failed: (model, job) => model.end(job, 'failed'),
  play: (model, job) => model.play(job),
  due: (model, job) => model.change(job, queued(job, 1)),
  cancel: (model, job) => model.change(job, { state: 'canceled' }),
  retry: (model, job) => model.retry(job),
}

function cancelAll(model: Model): void {
  const isOver = ({ state }: JobRecord): boolean => isFinal(state) || state === 'manual'
  const jobs = model.now.jobs.map((job): JobRecord => (isOver(job) ? job : { ...job, state: 'canceled' }))
  model.apply({ jobs })
}

/** A job begins once. */
function take(model: Model, job: JobRecord): void {
  expect(model.started).not.toContain(job.id)
  model.started.push(job.id)
  model.change(job, { state: 'running' })
}

/** What begins in a step begins after its needs, or after all earlier stages, as they are after this step. */
function checkBegun(before: Snapshot, after: Snapshot): void {
  const newest = after.jobs.filter(({ isRetried }) => !isRetried)
  const waited = new Set(before.jobs.filter(({ state }) => state === 'created').map(({ id }) => id))
  for (const job of newest) {
    const hasBegun = !isFinal(job.state) && job.state !== 'created' && waited.has(job.id)
    if (!hasBegun) continue
    const names = neededNames(job)
    const earlier = newest.filter(({ plan, stageIndex }) =>
      names === undefined ? stageIndex < job.stageIndex : names.includes(plan.name),
    )
    const open = earlier.filter((one) => !isFinal(one.state) && !(one.state === 'manual' && mayFail(one)))
    expect(open.map(({ plan, state }) => `${plan.name} ${state}`)).toEqual([])
  }
}

function checkAlive({ now: { pipeline, jobs } }: Model): void {
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  const states = new Set(newest.map(({ state }) => state))
  const moving: readonly JobState[] = [
    'pending',
    'running',
    'scheduled',
    'manual',
    'waiting_for_resource',
    'canceling',
  ]
  // What waits for earlier jobs waits for one that moves.
  if (states.has('created')) expect(moving.some((state) => states.has(state))).toBe(true)
  if (states.has('waiting_for_resource'))
    expect(
      jobs.some(
        ({ state, resourceKey }) => resourceKey !== null && (state === 'pending' || state === 'running'),
      ),
    ).toBe(true)
  const isOver = newest.every(
    ({ state, ...job }) => isFinal(state) || (state === 'manual' && mayFail({ state, ...job })),
  )
  expect([isFinal(pipeline.state), [...states]]).toEqual([isOver, [...states]])
}

function checkSummary({ now: { pipeline, jobs } }: Model): void {
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  if (!isFinal(pipeline.state)) return
  const counting = newest.filter((job) => !mayFail(job))
  const hasFailed = counting.some(({ state }) => state === 'failed')
  const wasCanceled = counting.some(({ state }) => state === 'canceled')
  const hasRun = newest.some(({ state }) => ['success', 'failed', 'canceled'].includes(state))
  expect(pipeline.state).toBe(
    hasFailed ? 'failed' : wasCanceled ? 'canceled' : hasRun ? 'success' : 'skipped',
  )
}

describe('whatever happens to a pipeline', () => {
  it('never hangs, never runs a job twice or before its needs, and ends as GitLab sums it up', () => {
    fc.assert(
      fc.property(
        fc.array(kind, { minLength: 1, maxLength: 10 }),
        fc.array(event, { maxLength: 40 }),
        (kinds, events) => {
          const model = new Model(kinds)
          checkAlive(model)
          for (const [what, nth] of events) {
            happen(model, what, nth)
            checkAlive(model)
            checkSummary(model)
          }
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('ends when runners do their work and people theirs', () => {
    fc.assert(
      fc.property(
        fc.array(kind, { minLength: 1, maxLength: 10 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        (kinds, results) => {
          const model = new Model(kinds)
          for (const result of [...results, ...results])
            for (const what of ['due', 'play', 'take', result ? 'success' : 'failed']) happen(model, what, 0)
          expect(isFinal(model.now.pipeline.state)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('settles five thousand jobs in one pass', () => {
    const kinds = Array.from({ length: 5000 }, (_, at): Kind => ({
      stage: 0,
      needs: at === 0 ? [] : [at - 1],
      when: 'on_success',
      mayFail: false,
      retries: 0,
      hasResource: false,
    }))
    let looks = 0
    const jobs = kinds.map((_, at): NewJob => {
      const state = (): JobState => {
        looks += 1
        return 'created'
      }
      return Object.defineProperty(jobOf(kinds, at), 'state', { get: state, enumerable: true })
    })
    advance(jobs, 0)
    expect(looks).toBeLessThan(5000 * 10)
  })
})
