import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import { ARCHIVE, describeArtifacts } from './artifacts.contract.ts'
import { changing, newJob, newPipeline } from './new-rows.contract.ts'
import { describeParts } from './parts.contract.ts'
import { describeQueue, describeRunners } from './queue.contract.ts'
import { describeRefs, describeWaiting } from './waiting.contract.ts'
import type { PipelineChange, PipelineStore, Snapshot } from './store.ts'

/** What every adapter of `PipelineStore` must do. `open` gives two handles of an empty one. */
export function describePipelineStore(name: string, open: () => Promise<TwoHandles<PipelineStore>>): void {
  describe(`pipeline store: ${name}`, () => {
    let opened: TwoHandles<PipelineStore>
    let store: PipelineStore
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())
    describePipelines(() => store)
    describeUpdates(() => store)
    describeQueue(() => store)
    describeRunners(() => store)
    describeArtifacts(() => store)
    describeRefs(() => store)
    describeWaiting(() => store)
    describeParts(() => store)
    describeRaces(() => store)
  })
}

function describePipelines(store: () => PipelineStore): void {
  it('gives back what was written, jobs in their order', async () => {
    const written = newPipeline(['one', 'two'])
    const { pipeline, jobs } = await store().createPipeline(written)
    expect(await store().findPipeline(pipeline.id)).toEqual({ pipeline, jobs })
    expect(await store().findPipelineRecord(pipeline.id)).toEqual(pipeline)
    expect(await store().findPipelineRecord(9)).toBeUndefined()
    expect(pipeline.origin).toEqual(written.origin)
    expect(jobs.map((job) => job.plan)).toEqual(written.jobs.map((job) => job.plan))
    expect(await store().findJob(jobs[1]?.id ?? 0)).toEqual(jobs[1])
  })

  it('counts pipelines within each project, and numbers all of them', async () => {
    const counts = []
    for (const projectId of [20, 21, 20]) {
      const { pipeline } = await store().createPipeline(newPipeline(['one'], projectId))
      counts.push([pipeline.id, pipeline.iid])
    }
    expect(counts).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ])
  })

  it('knows nothing of what is not there', async () => {
    expect(await store().findPipeline(9)).toBeUndefined()
    expect(await store().findJob(9)).toBeUndefined()
    expect(await store().updatePipeline(9, (now) => now)).toBeUndefined()
  })
}

function describeUpdates(store: () => PipelineStore): void {
  it('writes what is decided and nothing else', async () => {
    const { pipeline, jobs } = await store().createPipeline(newPipeline(['one', 'two']))
    const change = {
      state: 'running',
      isRetried: true,
      user: { id: 2, login: 'bob', email: 'bob@example.com', accessLevel: null },
      variables: [{ key: 'A', value: 'a', isMasked: true }],
      dotenv: [{ key: 'B', value: 'b' }],
      scheduledAtMs: 1_500,
      timeoutSeconds: 60,
      cancelsGracefully: true,
      deadlineMs: 5_000,
      tokenHash: 'f00',
      runnerId: 3,
    } as const
    const after = await store().updatePipeline(pipeline.id, changing('one', change))
    expect(after?.jobs[0]).toMatchObject(change)
    expect(await store().findPipeline(pipeline.id)).toEqual({
      pipeline,
      jobs: [{ ...jobs[0], ...change }, jobs[1]],
    })
    expect((await store().findJobByTokenHash('f00'))?.id).toBe(jobs[0]?.id)
    expect(await store().findJobByTokenHash('bad')).toBeUndefined()
  })

  it('leaves all as it is when nothing is decided, or deciding fails', async () => {
    const before = await store().createPipeline(newPipeline(['one']))
    expect(await store().updatePipeline(before.pipeline.id, () => undefined)).toBeUndefined()
    const fails = (): never => {
      throw new Error('no')
    }
    await expect(store().updatePipeline(before.pipeline.id, fails)).rejects.toThrow('no')
    expect(await store().findPipeline(before.pipeline.id)).toEqual(before)
  })

  it('adds jobs after all others, in the same step as the change that asked for them', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['one', 'two']))
    const other = await store().createPipeline(newPipeline(['other']))
    const newJobs = [newJob('one'), { ...newJob('three'), stageIndex: 0 }]
    const again = (now: Snapshot): PipelineChange => ({
      ...changing('one', { state: 'failed' })(now),
      newJobs,
    })
    const after = await store().updatePipeline(pipeline.id, again)
    expect(after?.jobs.map((job) => [job.plan.name, job.state])).toEqual([
      ['one', 'failed'],
      ['two', 'pending'],
      ['one', 'pending'],
      ['three', 'pending'],
    ])
    expect(after?.jobs.slice(2)).toMatchObject(newJobs)
    expect(await store().findPipeline(pipeline.id)).toEqual(after)
    expect(new Set(after?.jobs.map((job) => job.id)).size).toBe(4)
    expect(await store().findJob(after?.jobs[2]?.id ?? 0)).toEqual(after?.jobs[2])
    expect(await store().findPipeline(other.pipeline.id)).toEqual(other)
  })

  it('adds the jobs of each of two steps that come at once, and counts all of them', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['one']))
    const add = (now: Snapshot): PipelineChange => ({ ...now, newJobs: [newJob(`job ${now.jobs.length}`)] })
    await Promise.all([store().updatePipeline(pipeline.id, add), store().updatePipeline(pipeline.id, add)])
    const names = (await store().findPipeline(pipeline.id))?.jobs.map((job) => job.plan.name)
    expect(names).toEqual(['one', 'job 1', 'job 2'])
  })

  it('lets one of many win that want the same job', async () => {
    const { pipeline } = await store().createPipeline(newPipeline(['one']))
    const take = (now: Snapshot): Snapshot | undefined =>
      now.jobs[0]?.state === 'pending' ? changing('one', { state: 'running' })(now) : undefined
    const results = await Promise.all(
      Array.from({ length: 8 }, () => store().updatePipeline(pipeline.id, take)),
    )
    expect(results.filter((result) => result !== undefined)).toHaveLength(1)
  })
}

function describeRaces(store: () => PipelineStore): void {
  it('counts pipelines of one project that are made at once', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => store().createPipeline(newPipeline(['one']))))
    expect(made.map(({ pipeline }) => pipeline.iid).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
  })

  it('loses no change of two that are made at once to one pipeline', async () => {
    const names = ['one', 'two', 'three', 'four']
    const { pipeline } = await store().createPipeline(newPipeline(names))
    // Of the pipeline, not of a job: each must have seen the one before.
    const add = ({ pipeline: now, jobs }: Snapshot): Snapshot => ({
      pipeline: { ...now, startedAtMs: (now.startedAtMs ?? 0) + 1 },
      jobs,
    })
    await Promise.all(names.map(() => store().updatePipeline(pipeline.id, add)))
    expect((await store().findPipeline(pipeline.id))?.pipeline.startedAtMs).toBe(4)
  })

  it('keeps one of several artifacts of a job that arrive at once', async () => {
    const { pipeline, jobs } = await store().createPipeline(newPipeline(['one']))
    await store().updatePipeline(pipeline.id, changing('one', { state: 'running' }))
    const artifact = { ...ARCHIVE, jobId: jobs[0]?.id ?? 0 }
    const kept = await Promise.all(
      ['ab', 'cd', 'ef'].map((sha256) => store().addArtifact({ ...artifact, sha256 })),
    )
    expect(kept.filter((isKept) => isKept)).toHaveLength(1)
    expect(await store().pipelineArtifacts(pipeline.id)).toHaveLength(1)
  })
}
