import { expect, it } from 'vitest'
import { changing, newJob, newPipeline } from './new-rows.contract.ts'
import type { JobState, NewPipeline, PipelineStore } from './store.ts'

/** Pipelines of a project by their ref. */
export function describeRefs(store: () => PipelineStore): void {
  const REF = { projectId: 20, ref: 'main', refType: 'branch' } as const
  const add = async (state: JobState, more: Partial<NewPipeline['origin']['commit']> = {}): Promise<void> => {
    const written = newPipeline(['one'])
    const { origin } = written
    const commit = { ...origin.commit, ...more }
    await store().createPipeline({ ...written, state, origin: { ...origin, commit } })
  }

  it('finds those that have not ended, the newest first', async () => {
    await add('manual')
    await add('success')
    await add('running')
    await add('running', { ref: 'other' })
    await add('running', { refType: 'tag' })
    await store().createPipeline(newPipeline(['one'], 21))
    await add('canceling')
    const found = async (limit: number): Promise<readonly number[]> =>
      (await store().activePipelines(REF, limit)).map(({ id }) => id)
    expect(await found(9)).toEqual([7, 3, 1])
    expect(await found(2)).toEqual([7, 3])
  })

  it('finds the newest that succeeded', async () => {
    expect(await store().latestSuccess(REF)).toBeUndefined()
    await add('success')
    await add('success')
    await add('failed')
    await add('success', { refType: 'tag' })
    expect((await store().latestSuccess(REF))?.id).toBe(2)
    await store().updatePipeline(2, ({ pipeline, jobs }) => ({
      pipeline: { ...pipeline, state: 'running' },
      jobs,
    }))
    expect((await store().latestSuccess(REF))?.id).toBe(1)
  })
}

/** Jobs that wait for something else than a runner. */
export function describeWaiting(store: () => PipelineStore): void {
  it('finds scheduled jobs whose time has come, the earliest first', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['a', 'b', 'c']))
    const times = { a: 3_000, b: 2_000, c: 1_000 }
    for (const [job, scheduledAtMs] of Object.entries(times))
      await store().updatePipeline(
        pipeline.id,
        changing(job, { state: job === 'c' ? 'canceled' : 'scheduled', scheduledAtMs }),
      )
    const names = async (nowMs: number, limit: number): Promise<string[]> =>
      (await store().dueJobs(nowMs, limit)).map((job) => job.plan.name)
    expect(await names(1_999, 9)).toEqual([])
    expect(await names(2_000, 9)).toEqual(['b'])
    expect(await names(9_000, 9)).toEqual(['b', 'a'])
    expect(await names(9_000, 1)).toEqual(['b'])
  })

  it('finds the jobs that a runner has, page by page', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['a', 'b', 'c', 'd']))
    for (const [job, state] of [
      ['a', 'canceling'],
      ['b', 'running'],
      ['d', 'canceling'],
    ] as const)
      await store().updatePipeline(pipeline.id, changing(job, { state }))
    const names = async (afterId: number, limit: number): Promise<string[]> =>
      (await store().unfinishedJobs(afterId, limit)).map((job) => job.plan.name)
    expect(await names(0, 2)).toEqual(['a', 'b'])
    expect(await names(2, 2)).toEqual(['d'])
    expect(await names(4, 2)).toEqual([])
  })

  it('gives a resource to one job at a time, whatever pipeline it is of', async () => {
    const waiting = { state: 'waiting_for_resource', resourceKey: '20:x' } as const
    const jobs = [
      { ...newJob('a'), ...waiting },
      { ...newJob('b'), ...waiting },
    ]
    const first = await store().createPipeline({ ...newPipeline([]), jobs })
    const other = { ...newJob('c'), ...waiting, resourceKey: '20:y' }
    const second = await store().createPipeline({
      ...newPipeline([]),
      jobs: [other, { ...newJob('d'), ...waiting }],
    })
    const granted = async (): Promise<string[]> => (await store().grantedJobs(9)).map((job) => job.plan.name)
    const change = async (name: string, state: JobState): Promise<void> => {
      const { id } = 'ab'.includes(name) ? first.pipeline : second.pipeline
      await store().updatePipeline(id, changing(name, { state }))
    }
    expect(await granted()).toEqual(['a', 'c'])
    expect((await store().grantedJobs(1)).map((job) => job.plan.name)).toEqual(['a'])
    await change('a', 'pending')
    expect(await granted()).toEqual(['c'])
    await change('a', 'running')
    expect(await granted()).toEqual(['c'])
    await change('b', 'canceled')
    await change('c', 'canceled')
    expect(await granted()).toEqual([])
    await change('a', 'failed')
    expect(await granted()).toEqual(['d'])
    await change('d', 'canceled')
    expect(await granted()).toEqual([])
  })
}
