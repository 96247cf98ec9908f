import { expect, it } from 'vitest'
import { changing, newJob, newPipeline } from './new-rows.contract.ts'
import type { PipelineStore, RunnerRecord } from './store.ts'

type Kind = Pick<RunnerRecord, 'tags' | 'runUntagged' | 'projectId'>

const UNTAGGED: Kind = { tags: [], runUntagged: true, projectId: null }

let runners = 0
/** Gives the number of a new runner. */
async function addRunner(store: PipelineStore, kind: Partial<Kind> = {}): Promise<number> {
  runners += 1
  const runner = { description: 'here', createdAtMs: 5, tokenHash: `runner ${runners}` }
  return (await store.createRunner({ ...runner, ...UNTAGGED, ...kind })).id
}

export function describeQueue(store: () => PipelineStore): void {
  const next = async (runnerId: number): Promise<string | undefined> =>
    (await store().nextPendingJob(runnerId))?.plan.name

  it('gives the pending job that was queued first', async () => {
    const runner = await addRunner(store())
    const late = await store().createPipeline(newPipeline(['late']))
    const early = await store().createPipeline(newPipeline(['early', 'other']))
    await store().updatePipeline(late.pipeline.id, changing('late', { queuedAtMs: 2_000 }))
    expect(await store().nextPendingJob(runner)).toEqual(early.jobs[0])
    await store().updatePipeline(early.pipeline.id, changing('early', { state: 'running' }))
    await store().updatePipeline(early.pipeline.id, changing('other', { state: 'canceled' }))
    expect(await next(runner)).toBe('late')
    await store().updatePipeline(late.pipeline.id, changing('late', { state: 'failed' }))
    expect(await next(runner)).toBeUndefined()
    await store().updatePipeline(late.pipeline.id, changing('late', { state: 'pending' }))
    expect(await next(runner)).toBe('late')
  })

  it.each<{ tags: string[]; kind: Partial<Kind>; takes: boolean }>([
    { tags: [], kind: {}, takes: true },
    { tags: [], kind: { tags: ['a'] }, takes: true },
    { tags: [], kind: { tags: ['a'], runUntagged: false }, takes: false },
    { tags: ['a'], kind: {}, takes: false },
    { tags: ['a'], kind: { tags: ['a'], runUntagged: false }, takes: true },
    { tags: ['a'], kind: { tags: ['b', 'a'] }, takes: true },
    { tags: ['b', 'a', 'a'], kind: { tags: ['a', 'c', 'b'] }, takes: true },
    { tags: ['a', 'b'], kind: { tags: ['a'] }, takes: false },
    { tags: ['A'], kind: { tags: ['a'] }, takes: false },
    { tags: ['a,b'], kind: { tags: ['a', 'b'] }, takes: false },
    { tags: ['"'], kind: { tags: ['"', '\\'] }, takes: true },
  ])('gives a job tagged $tags to a runner of $kind: $takes', async ({ tags, kind, takes }) => {
    const before = await addRunner(store(), kind)
    await store().createPipeline({ ...newPipeline([]), jobs: [newJob('job', tags)] })
    const after = await addRunner(store(), kind)
    const other = await addRunner(store(), { ...kind, tags: [...(kind.tags ?? []), 'other'] })
    const wanted = takes ? 'job' : undefined
    expect([await next(before), await next(after), await next(other)]).toEqual([wanted, wanted, wanted])
  })

  it('passes by what waits for other runners, however early it was queued', async () => {
    const runner = await addRunner(store(), { tags: ['mine'] })
    const { pipeline } = await store().createPipeline({
      ...newPipeline([]),
      jobs: [newJob('theirs', ['theirs']), { ...newJob('mine', ['mine']), queuedAtMs: 9_000 }],
    })
    expect(await next(runner)).toBe('mine')
    const newJobs = [newJob('added', ['mine'])]
    await store().updatePipeline(pipeline.id, (now) => ({ ...now, newJobs }))
    expect(await next(runner)).toBe('added')
  })

  it('finds for a new kind of runner what waited before it, and none that waits no more', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['taken', 'waits']))
    await store().updatePipeline(pipeline.id, changing('taken', { state: 'running' }))
    const runner = await addRunner(store(), { tags: ['new'] })
    expect(await next(runner)).toBe('waits')
    await store().updatePipeline(pipeline.id, changing('waits', { state: 'running' }))
    expect(await next(runner)).toBeUndefined()
    expect(await next(await addRunner(store(), { tags: ['new'] }))).toBeUndefined()
  })

  it('gives a runner of one project the jobs of no other, whenever they were queued', async () => {
    const kind = { tags: ['a'] }
    const before = await addRunner(store(), { ...kind, projectId: 20 })
    await store().createPipeline(newPipeline(['theirs'], 21))
    const own = await store().createPipeline(newPipeline(['mine']))
    const after = await addRunner(store(), { projectId: 20 })
    const all = await addRunner(store(), kind)
    const other = await addRunner(store(), { projectId: 22 })
    const found = async () => Promise.all([before, after, all, other].map(next))
    expect(await found()).toEqual(['mine', 'mine', 'theirs', undefined])
    await store().updatePipeline(own.pipeline.id, (now) => ({
      ...changing('mine', { state: 'failed' })(now),
      newJobs: [newJob('again')],
    }))
    expect(await found()).toEqual(['again', 'again', 'theirs', undefined])
    await store().updatePipeline(own.pipeline.id, changing('again', { state: 'canceled' }))
    expect(await found()).toEqual([undefined, undefined, 'theirs', undefined])
  })

  it('gives each job to one of several runners that ask at once', async () => {
    const names = ['one', 'two', 'three', 'four', 'five']
    await store().createPipeline(newPipeline(names))
    const take = async (runnerId: number): Promise<string[]> => {
      const taken: string[] = []
      for (let asked = 0; asked < 2 * names.length; asked++) {
        const pending = await store().nextPendingJob(runnerId)
        if (pending === undefined) break
        const { id, plan } = pending
        const after = await store().updatePipeline(pending.pipelineId, (now) =>
          now.jobs.find((job) => job.id === id)?.state === 'pending'
            ? changing(plan.name, { state: 'running', runnerId })(now)
            : undefined,
        )
        if (after !== undefined) taken.push(plan.name)
      }
      return taken
    }
    const all = [
      await addRunner(store()),
      await addRunner(store()),
      await addRunner(store(), { tags: ['a'] }),
    ]
    const taken = (await Promise.all(all.map(take))).flat()
    expect(taken.toSorted((a, b) => names.indexOf(a) - names.indexOf(b))).toEqual(names)
  })

  it('finds running jobs at or past their deadline, the earliest first', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['a', 'b', 'c', 'd']))
    const deadlines = { a: 3_000, b: 2_000, c: 2_001, d: 1_000 }
    for (const [job, deadlineMs] of Object.entries(deadlines)) {
      const state = job === 'd' ? 'failed' : 'running'
      await store().updatePipeline(pipeline.id, changing(job, { state, deadlineMs }))
    }
    const names = async (nowMs: number, limit: number): Promise<string[]> =>
      (await store().overdueJobs(nowMs, limit)).map((job) => job.plan.name)
    expect(await names(2_001, 9)).toEqual(['b', 'c'])
    expect(await names(9_000, 2)).toEqual(['b', 'c'])
    expect(await names(1_999, 9)).toEqual([])
  })
}

export function describeRunners(store: () => PipelineStore): void {
  it('finds a runner by the hash of its token only', async () => {
    const described = { description: 'here', createdAtMs: 5, runUntagged: false, projectId: 7 }
    const tags = ['b', 'a', 'b']
    const runner = await store().createRunner({ ...described, tags, tokenHash: 'aa' })
    expect(await store().findRunner('aa')).toEqual(runner)
    expect(runner).toEqual({ id: 1, ...described, tags: ['a', 'b'] })
    const same = await store().createRunner({ ...described, tags: ['a', 'b'], tokenHash: 'ac' })
    expect(await store().findRunner('ac')).toEqual({ ...same, id: 2 })
    expect(await store().findRunner('ab')).toBeUndefined()
  })
}
