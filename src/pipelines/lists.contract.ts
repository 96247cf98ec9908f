import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TwoHandles } from '../base/two-handles.contract.ts'
import type { PipelineFilter, PipelineLists, Slice } from './lists.ts'
import { changing, newPipeline } from './new-rows.contract.ts'
import type { PipelineOrigin } from './origin.ts'
import type { PipelineRecord, PipelineStore } from './store.ts'

export interface ListsOpened {
  readonly store: PipelineStore
  readonly lists: PipelineLists
}

const HERE = 20
const PAGE = { direction: 'desc', offset: 0, limit: 20 } as const
const BY_ID = { ...PAGE, orderBy: 'id' } as const

/** What every adapter of `PipelineLists` must do. `open` gives two handles of an empty one that looks at 5 pipelines. */
export function describePipelineLists(name: string, open: () => Promise<TwoHandles<ListsOpened>>): void {
  describe(`pipeline lists: ${name}`, () => {
    let opened: TwoHandles<ListsOpened>
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())
    describePipelineList(() => ({ store: opened.first.store, lists: opened.second.lists }))
    describeJobList(() => ({ store: opened.first.store, lists: opened.second.lists }))
  })
}

interface Added {
  readonly ref?: string
  readonly sha?: string
  readonly source?: string
  readonly login?: string
  readonly projectId?: number
  readonly createdAtMs?: number
  readonly jobs?: readonly string[]
}

async function add({ store }: ListsOpened, added: Added = {}): Promise<PipelineRecord> {
  const { jobs = ['one'], projectId = HERE, createdAtMs = 1_000 } = added
  const made = newPipeline(jobs, projectId)
  const { origin } = made
  const changed: PipelineOrigin = {
    ...origin,
    source: added.source ?? 'push',
    user: { ...origin.user, login: added.login ?? 'ada', id: added.login === undefined ? 1 : 2 },
    commit: { ...origin.commit, ref: added.ref ?? 'main', sha: added.sha ?? 'a'.repeat(40) },
  }
  return (await store.createPipeline({ ...made, createdAtMs, origin: changed })).pipeline
}

async function end({ store }: ListsOpened, id: number, finishedAtMs: number): Promise<void> {
  await store.updatePipeline(id, (now) => ({
    ...now,
    pipeline: { ...now.pipeline, state: 'success', finishedAtMs },
  }))
}

function describePipelineList(open: () => ListsOpened): void {
  const ids = async (filter: PipelineFilter = {}, slice: Partial<Slice> = {}): Promise<number[]> =>
    (await open().lists.pipelines(HERE, filter, { ...BY_ID, ...slice })).map(({ id }) => id)

  it('gives pipelines of the project as they are, the newest first, in pages', async () => {
    await add(open(), { projectId: 21 })
    const two = await add(open())
    const three = await add(open())
    expect(await open().lists.pipelines(HERE, {}, BY_ID)).toEqual([three, two])
    expect(await ids({}, { limit: 1 })).toEqual([3])
    expect(await ids({}, { limit: 1, offset: 1 })).toEqual([2])
    expect(await open().lists.pipelines(HERE, {}, { ...BY_ID, direction: 'asc' })).toEqual([two, three])
    expect(await open().lists.countPipelines(HERE, {})).toBe(2)
    expect(await open().lists.countPipelines(22, {})).toBe(0)
  })

  it('finds by ref, commit, source, user, state and time, and by several at once', async () => {
    await add(open(), { ref: 'dev', sha: 'b'.repeat(40) })
    await add(open(), { source: 'web', login: 'bob' })
    await add(open(), { ref: 'dev', source: 'web', createdAtMs: 5_000 })
    await end(open(), 1, 9_000)
    const cases: readonly (readonly [PipelineFilter, readonly number[]])[] = [
      [{ ref: 'dev' }, [3, 1]],
      [{ sha: 'b'.repeat(40) }, [1]],
      [{ sha: 'b'.repeat(40), ref: 'main' }, []],
      [{ source: 'web' }, [3, 2]],
      [{ login: 'bob' }, [2]],
      [{ states: ['success'] }, [1]],
      [{ states: ['success'], ref: 'dev' }, [1]],
      [{ states: ['success', 'pending'] }, [3, 2, 1]],
      [{ states: [] }, []],
      [{ ref: 'dev', source: 'web' }, [3]],
      [{ updatedAfterMs: 1_000 }, [3, 1]],
      [{ updatedBeforeMs: 9_000 }, [3, 2]],
      [{ updatedAfterMs: 5_000, updatedBeforeMs: 9_001 }, [1]],
      [{ ref: "x' or 1=1 --" }, []],
    ]
    for (const [filter, found] of cases) {
      expect(await ids(filter), JSON.stringify(filter)).toEqual(found)
      expect(await open().lists.countPipelines(HERE, filter), JSON.stringify(filter)).toBe(found.length)
    }
  })

  it('orders by what is asked for, and then by number', async () => {
    await add(open(), { ref: 'b', createdAtMs: 3_000, login: 'bob' })
    await add(open(), { ref: 'a', createdAtMs: 4_000 })
    await add(open(), { ref: 'b', createdAtMs: 1_000 })
    await end(open(), 3, 3_500)
    const order = async (orderBy: 'ref' | 'status' | 'updated_at' | 'user_id', more: Partial<Slice> = {}) =>
      (await open().lists.pipelines(HERE, {}, { ...PAGE, ...more, orderBy })).map(({ id }) => id)
    expect(await order('ref')).toEqual([3, 1, 2])
    expect(await order('ref', { direction: 'asc' })).toEqual([2, 1, 3])
    expect(await order('status')).toEqual([3, 2, 1])
    expect(await order('updated_at')).toEqual([2, 3, 1])
    expect(await order('user_id')).toEqual([1, 3, 2])
  })

  it('looks at the newest, and counts no more than it looks at', async () => {
    for (let index = 0; index < 6; index += 1) await add(open(), { ref: index === 0 ? 'dev' : 'main' })
    expect(await ids()).toEqual([6, 5, 4, 3, 2])
    expect(await ids({ source: 'web' })).toEqual([])
    expect(await open().lists.countPipelines(HERE, {})).toBeUndefined()
    expect(await open().lists.countPipelines(HERE, { ref: 'dev' })).toBe(1)
    expect(await ids({ ref: 'dev' })).toEqual([1])
    const oldest = { ...BY_ID, direction: 'asc' } as const
    expect((await open().lists.pipelines(HERE, {}, oldest)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
  })
}

function describeJobList(open: () => ListsOpened): void {
  it('gives jobs of the project with their pipelines, the newest first', async () => {
    const { store, lists } = open()
    await add(open(), { projectId: 21 })
    const pipeline = await add(open(), { jobs: ['one', 'two', 'three'] })
    const snapshot = await store.findPipeline(pipeline.id)
    const listed = await lists.jobs(HERE, undefined, PAGE)
    expect(listed).toEqual(snapshot?.jobs.toReversed().map((job) => ({ job, pipeline })))
    const second = { ...PAGE, limit: 1, offset: 1 }
    expect((await lists.jobs(HERE, undefined, second)).map(({ job }) => job.plan.name)).toEqual(['two'])
    expect(await lists.countJobs(HERE, undefined)).toBe(3)
  })

  it('finds jobs in any of several states, and jobs that were added later', async () => {
    const { store, lists } = open()
    const { id } = await add(open(), { jobs: ['one', 'two', 'three'] })
    await store.updatePipeline(id, changing('two', { state: 'failed' }))
    await store.updatePipeline(id, (now) => {
      const { id: _id, pipelineId: _pipelineId, ...job } = now.jobs[1] ?? expect.fail('no job')
      return { ...now, newJobs: [{ ...job, state: 'running' }] }
    })
    const found = async (states: Parameters<PipelineLists['jobs']>[1], slice: Partial<Slice> = {}) =>
      (await lists.jobs(HERE, states, { ...PAGE, ...slice })).map(({ job }) => job.id)
    expect(await found(['failed'])).toEqual([2])
    expect(await found(['pending', 'failed', 'failed'])).toEqual([3, 2, 1])
    expect(await found(['pending', 'failed', 'running'], { limit: 2, offset: 1 })).toEqual([3, 2])
    expect(await found(['pending', 'running'], { direction: 'asc' })).toEqual([1, 3, 4])
    expect(await found([])).toEqual([])
    expect(await lists.countJobs(HERE, ['pending', 'running', 'running'])).toBe(3)
    expect(await lists.countJobs(HERE, [])).toBe(0)
  })

  it('counts no more jobs than are looked at', async () => {
    await add(open(), { jobs: ['a', 'b', 'c', 'd', 'e', 'f'] })
    expect(await open().lists.countJobs(HERE, undefined)).toBeUndefined()
    expect(await open().lists.countJobs(HERE, ['pending'])).toBeUndefined()
    expect(await open().lists.countJobs(HERE, ['failed'])).toBe(0)
  })
}
