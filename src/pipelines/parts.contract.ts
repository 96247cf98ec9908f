import { expect, it } from 'vitest'
import { ARCHIVE } from './artifacts.contract.ts'
import { changing, newJob, newPipeline } from './new-rows.contract.ts'
import type { GiversOf, NewJob, PartOfPipeline, PipelineStore, Snapshot, Wanted } from './store.ts'

/** `needs: null`: it waits for the stages before its own. */
function waiting(name: string, stageIndex: number, needs: readonly string[] | null = null): NewJob {
  const job = newJob(name)
  const linked = needs?.map((one) => ({ job: one, artifacts: true, optional: false })) ?? null
  return {
    ...job,
    stageIndex,
    state: stageIndex === 1 ? 'pending' : 'created',
    plan: { ...job.plan, needs: linked },
  }
}

const JOBS = [
  waiting('a', 1),
  waiting('b', 1),
  waiting('after', 2),
  waiting('last', 3),
  waiting('of a', 2, ['a']),
  waiting('of both', 3, ['b', 'of a']),
]

export function describeParts(store: () => PipelineStore): void {
  const made = (): Promise<Snapshot> => store().createPipeline({ ...newPipeline([]), jobs: JOBS })

  /** Names of the jobs that a step on the first job sees, after it has wanted these. */
  async function seen(...wanted: readonly Wanted['wanted'][]): Promise<readonly string[]> {
    const names: string[] = []
    let calls = 0
    const after = await store().updateJob(1, ({ jobs }) => {
      names.splice(0, Infinity, ...jobs.map(({ plan, state }) => `${plan.name} ${state}`))
      const next = wanted[calls++]
      return next === undefined ? undefined : { wanted: next }
    })
    expect(after).toBeUndefined()
    return names
  }

  it('shows a step its job alone, and what it wants besides', async () => {
    await made()
    expect(await seen()).toEqual(['a pending'])
    expect(await seen({ names: ['a'], stages: [] })).toEqual(['a pending', 'of a created'])
    const both = ['a pending', 'b pending', 'of a created', 'of both created']
    expect(await seen({ names: ['b'], stages: [] })).toEqual(both)
    expect(await seen({ names: ['a'], stages: [] }, { names: ['of a'], stages: [] })).toEqual(both)
    expect(await seen({ names: [], stages: [2] })).toEqual(['a pending', 'after created'])
    expect(await seen({ names: ['nobody'], stages: [9] })).toEqual(['a pending'])
    expect(await seen('all')).toHaveLength(JOBS.length)
  })

  it('says what was read, adds it up, and shows the newest tries of what others need', async () => {
    const { pipeline } = await made()
    await store().updatePipeline(pipeline.id, (now) => ({
      ...changing('a', { state: 'failed', isRetried: true })(now),
      newJobs: [waiting('a', 1)],
    }))
    await store().updateJob(1, ({ read }) => {
      expect(read).toEqual({ names: new Set(), stages: new Set() })
      return undefined
    })
    const reads: PartOfPipeline['read'][] = []
    await store().updateJob(2, ({ read, jobs }) => {
      reads.push(read)
      if (reads.length === 1) return { wanted: { names: ['b'], stages: [] } }
      if (reads.length === 2) return { wanted: { names: ['a'], stages: [3] } }
      expect(jobs.map(({ plan, isRetried }) => `${plan.name}${isRetried ? ' before' : ''}`)).toEqual([
        'a before',
        'b',
        'last',
        'of a',
        'of both',
        'a',
      ])
      return undefined
    })
    expect(reads[2]).toEqual({ names: new Set(['b', 'a']), stages: new Set([3]) })
  })

  it('writes what a step on one job decides, with new jobs, and nothing else', async () => {
    const before = await made()
    const other = await store().createPipeline({ ...newPipeline([]), jobs: JOBS })
    const after = await store().updateJob(2, (now) => ({
      pipeline: { ...now.pipeline, state: 'running', tally: { '1:running': 1 } },
      jobs: now.jobs.map((job) => ({ ...job, state: 'running' })),
      newJobs: [waiting('new', 2, ['b'])],
    }))
    expect(after?.jobs.map(({ plan, state }) => [plan.name, state])).toEqual([
      ['b', 'running'],
      ['new', 'created'],
    ])
    const [a, b, ...others] = before.jobs
    expect(await store().findPipeline(before.pipeline.id)).toEqual({
      pipeline: after?.pipeline,
      jobs: [a, { ...b, state: 'running' }, ...others, after?.jobs[1]],
    })
    expect(await store().findPipeline(other.pipeline.id)).toEqual(other)
    expect(await seen({ names: ['b'], stages: [] })).toContain('new created')
  })

  it('knows no step on a job that is not there, and does not leave half of one that fails', async () => {
    const before = await made()
    expect(await store().updateJob(99, () => expect.unreachable())).toBeUndefined()
    const fails = (): never => {
      throw new Error('no')
    }
    await expect(store().updateJob(1, fails)).rejects.toThrow('no')
    expect(await store().findPipeline(before.pipeline.id)).toEqual(before)
  })

  it('loses no step of two on jobs of one pipeline that come at once', async () => {
    const { pipeline } = await made()
    const count = (now: PartOfPipeline): Snapshot => ({
      ...now,
      pipeline: { ...now.pipeline, startedAtMs: (now.pipeline.startedAtMs ?? 0) + 1 },
    })
    await Promise.all([1, 2, 3, 4].map((jobId) => store().updateJob(jobId, count)))
    expect((await store().findPipelineRecord(pipeline.id))?.startedAtMs).toBe(4)
  })

  it('finds who gives something: by name, or in earlier stages', async () => {
    const { pipeline } = await made()
    for (const name of ['b', 'after']) {
      await store().updatePipeline(pipeline.id, changing(name, { state: 'running' }))
      const jobId = name === 'b' ? 2 : 3
      await store().addArtifact({ ...ARCHIVE, jobId })
    }
    await store().updatePipeline(pipeline.id, changing('a', { dotenv: [{ key: 'K', value: 'v' }] }))
    const given = async (of: GiversOf) => {
      const all = await store().givers(pipeline.id, of)
      return all.map(({ id, name, stageIndex, dotenv, archive }) => [
        `${stageIndex} ${id} ${name}`,
        dotenv.length,
        archive?.filename,
      ])
    }
    const { filename } = ARCHIVE
    expect(await given({ beforeStage: 1 })).toEqual([])
    const [a, b] = [
      ['1 1 a', 1, undefined],
      ['1 2 b', 0, filename],
    ]
    expect(await given({ beforeStage: 2 })).toEqual([a, b])
    expect(await given({ beforeStage: 9 })).toEqual([a, b, ['2 3 after', 0, filename]])
    expect(await given({ names: ['last', 'b', 'nobody'] })).toEqual([b, ['3 4 last', 0, undefined]])
    expect(await given({ names: [] })).toEqual([])
    await store().updatePipeline(pipeline.id, changing('b', { isRetried: true }))
    expect(await given({ beforeStage: 2 })).toEqual([a])
    expect(await given({ names: ['b'] })).toEqual([])
  })
}
