import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { PlannedJob } from '../ciconfig/index.ts'
import type {
  JobRecord,
  NewJob,
  NewPipeline,
  PipelineChange,
  PipelineStore,
  Snapshot,
  Traces,
} from './store.ts'

const PLAN: PlannedJob = {
  name: 'build',
  stage: 'build',
  image: { name: 'python:3.12' },
  before_script: [],
  script: ['echo "ünïcode\n"'],
  after_script: [],
  variables: { A: 'a' },
  yaml_variables: [{ key: 'A', value: 'a', isRaw: true }],
  when: 'on_success',
  allow_failure: false,
  artifacts: null,
  cache: [],
  id_tokens: { T: { aud: ['x', 'y'] } },
}

function newPipeline(names: readonly string[], projectId = 20): NewPipeline {
  return {
    state: 'pending',
    createdAtMs: 1_000,
    startedAtMs: null,
    finishedAtMs: null,
    origin: {
      project: {
        id: projectId,
        path: 'group/project',
        name: 'project',
        namespaceId: 7,
        namespacePath: 'group',
        visibility: 'private',
        defaultBranch: 'main',
      },
      user: { id: 1, login: 'ada', email: 'ada@example.com', accessLevel: 'owner' },
      commit: { repositoryUrl: '/srv/project', sha: 'a'.repeat(40), ref: 'main', refType: 'branch' },
      source: 'push',
      configPath: '.gitlab-ci.yml',
      stages: ['.pre', 'build', '.post'],
      projectVariables: [],
      pipelineVariables: [],
    },
    jobs: names.map((name) => newJob(name)),
  }
}

function newJob(name: string): NewJob {
  return {
    stageIndex: 1,
    plan: { ...PLAN, name },
    state: 'pending',
    queuedAtMs: 1_000,
    startedAtMs: null,
    finishedAtMs: null,
    deadlineMs: null,
    failureReason: null,
    exitCode: null,
    tokenHash: null,
    runnerId: null,
  }
}

/** Changes the job of that name. */
function changing(name: string, change: Partial<JobRecord>): (now: Snapshot) => Snapshot {
  return ({ pipeline, jobs }) => ({
    pipeline,
    jobs: jobs.map((job) => (job.plan.name === name ? { ...job, ...change } : job)),
  })
}

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
    describeRaces(() => store)
  })
}

function describePipelines(store: () => PipelineStore): void {
  it('gives back what was written, jobs in their order', async () => {
    const written = newPipeline(['one', 'two'])
    const { pipeline, jobs } = await store().createPipeline(written)
    expect(await store().findPipeline(pipeline.id)).toEqual({ pipeline, jobs })
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
    const change = { state: 'running', deadlineMs: 5_000, tokenHash: 'f00', runnerId: 3 } as const
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

function describeQueue(store: () => PipelineStore): void {
  it('gives the pending job that was queued first', async () => {
    const late = await store().createPipeline(newPipeline(['late']))
    const early = await store().createPipeline(newPipeline(['early', 'other']))
    await store().updatePipeline(late.pipeline.id, changing('late', { queuedAtMs: 2_000 }))
    expect((await store().nextPendingJob())?.plan.name).toBe('early')
    await store().updatePipeline(early.pipeline.id, changing('early', { state: 'running' }))
    await store().updatePipeline(early.pipeline.id, changing('other', { state: 'canceled' }))
    expect((await store().nextPendingJob())?.plan.name).toBe('late')
    await store().updatePipeline(late.pipeline.id, changing('late', { state: 'failed' }))
    expect(await store().nextPendingJob()).toBeUndefined()
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

function describeRunners(store: () => PipelineStore): void {
  it('finds a runner by the hash of its token only', async () => {
    const runner = await store().createRunner({ description: 'here', createdAtMs: 5, tokenHash: 'aa' })
    expect(await store().findRunner('aa')).toEqual(runner)
    expect(runner).toEqual({ id: 1, description: 'here', createdAtMs: 5 })
    expect(await store().findRunner('ab')).toBeUndefined()
  })
}

function describeArtifacts(store: () => PipelineStore): void {
  it('keeps one artifact of a running job, and none of another', async () => {
    const { pipeline, jobs } = await store().createPipeline(newPipeline(['one', 'two']))
    const jobId = jobs[0]?.id ?? 0
    const artifact = { jobId, filename: 'artifacts.zip', sha256: 'ab', size: 3, createdAtMs: 9 }
    expect(await store().addArtifact(artifact)).toBe(false)
    await store().updatePipeline(pipeline.id, changing('one', { state: 'running' }))
    expect(await store().addArtifact(artifact)).toBe(true)
    expect(await store().addArtifact({ ...artifact, sha256: 'cd' })).toBe(false)
    expect(await store().addArtifact({ ...artifact, jobId: 99 })).toBe(false)
    expect(await store().findArtifact(jobId)).toEqual(artifact)
    expect(await store().pipelineArtifacts(pipeline.id)).toEqual([artifact])
    expect(await store().pipelineArtifacts(pipeline.id + 1)).toEqual([])
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
    const artifact = { jobId: jobs[0]?.id ?? 0, filename: 'artifacts.zip', size: 3, createdAtMs: 9 }
    const kept = await Promise.all(
      ['ab', 'cd', 'ef'].map((sha256) => store().addArtifact({ ...artifact, sha256 })),
    )
    expect(kept.filter((isKept) => isKept)).toHaveLength(1)
    expect(await store().pipelineArtifacts(pipeline.id)).toHaveLength(1)
  })
}

/** What every adapter of `Traces` must do. */
export function describeTraces(name: string, makeTraces: () => Promise<Traces>): void {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const whole = async (traces: Traces, jobId: number, start = 0): Promise<string> => {
    const parts = []
    for await (const part of traces.read(jobId, start)) parts.push(part)
    return Buffer.concat(parts).toString()
  }

  describe(`traces: ${name}`, () => {
    it('appends where the log ends and nowhere else', async () => {
      const traces = await makeTraces()
      expect(await traces.append(1, 0, text('hello '))).toBe(6)
      expect(await traces.append(1, 6, text('world'))).toBe(11)
      expect(await traces.append(1, 6, text('again'))).toBe(11)
      expect(await traces.append(1, 12, text('gap'))).toBe(11)
      expect(await traces.size(1)).toBe(11)
      expect(await whole(traces, 1)).toBe('hello world')
      expect(await whole(traces, 1, 6)).toBe('world')
      expect(await whole(traces, 1, 11)).toBe('')
    })

    it('has an empty log for a job that has printed nothing', async () => {
      const traces = await makeTraces()
      expect(await traces.append(7, 0, text(''))).toBe(0)
      expect(await traces.size(7)).toBe(0)
      expect(await whole(traces, 7)).toBe('')
    })

    it('lets one of many win that append at one place, and keeps logs apart', async () => {
      const traces = await makeTraces()
      const jobs = [1, 1, 1, 1, 1001, 1001]
      await Promise.all(jobs.map((jobId, index) => traces.append(jobId, 0, text(`<${index}>`))))
      expect(await whole(traces, 1)).toMatch(/^<\d>$/)
      expect(await whole(traces, 1001)).toMatch(/^<[45]>$/)
    })

    it('reads a log longer than one chunk', async () => {
      const traces = await makeTraces()
      const long = 'x'.repeat(200_000)
      await traces.append(2, 0, text(long))
      expect(await whole(traces, 2, 1)).toHaveLength(199_999)
    })
  })
}
