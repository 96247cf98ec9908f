import { describe, expect, it } from 'vitest'
import { Secret } from '../base/index.ts'
import { arrange, claim, pipelineRequest, runAll, statesOf, type Arranged } from './arrange.contract.ts'
import type { PipelineParts, PipelineStore, Snapshot } from './index.ts'

const TEXT = `a: { stage: build, script: e, id_tokens: { T: { aud: x } }, retry: { max: 1, when: runner_system_failure } }
b: { script: e }\n`

/** A process that died: whoever waits for it waits for ever, and nothing more happens. */
const dead = <T>(): Promise<T> => new Promise(() => undefined)

/** The process that comes after it, on what is stored. */
async function restarted(store: PipelineStore, live: Set<number>): Promise<Arranged> {
  const jobTokens: PipelineParts['jobTokens'] = {
    issue: async ({ jobId }) => {
      live.add(jobId)
      return new Secret(`glcbt-later${jobId}`)
    },
    revoke: async (jobId) => void live.delete(jobId),
  }
  const entropy = { bytes: (length: number) => new Uint8Array(length).fill(8), uuid: () => '' }
  const arranged = await arrange({ store, jobTokens, entropy })
  await arranged.pipelines.recover()
  return arranged
}

type Step = (live: Set<number>) => Partial<PipelineParts>

const issue = (live: Set<number>): PipelineParts['jobTokens'] => ({
  issue: async ({ jobId }) => {
    live.add(jobId)
    return new Secret(`glcbt-${jobId}`)
  },
  revoke: async (jobId) => void live.delete(jobId),
})

/** The steps of docs/design/pipelines.md after which the process dies, while a job starts. */
const STARTING: readonly (readonly [string, Step])[] = [
  ['1: the job is running', (live) => ({ jobTokens: { ...issue(live), issue: dead } })],
  ['2: its token is issued', (live) => ({ jobTokens: issue(live), mintIdToken: dead })],
]

describe('a process that dies while a job starts, after step', () => {
  it.each(STARTING)('%s', async (_, parts) => {
    const live = new Set<number>()
    const base = await arrange()
    const first = await arrange({
      ...parts(live),
      store: base.store,
      entropy: { bytes: (n) => new Uint8Array(n).fill(9), uuid: () => '' },
    })
    await first.pipelines.create(pipelineRequest(TEXT))
    void first.request()
    await expect.poll(async () => (await base.store.findJob(1))?.state).toBe('running')
    const next = await restarted(base.store, live)
    expect([...live]).toEqual([])
    expect(await statesOf(next)).toBe('a pending, b created, = pending')
    expect(await runAll(next)).toEqual(['a', 'b'])
    expect(await statesOf(next)).toBe('a success, b success, = success')
  })

  it('3 or 4: its token is bound, whether the payload has left or not', async () => {
    const live = new Set<number>()
    const first = await arrange({ jobTokens: issue(live) })
    await first.pipelines.create(pipelineRequest(TEXT))
    const payload = await first.take()
    const next = await restarted(first.store, live)
    const late = next.pipelines.updateJob(claim(payload), { state: 'success' })
    await expect(late).rejects.toMatchObject({ code: 'pipelines.job-ended', state: 'failed' })
    expect(await runAll(next)).toEqual(['a', 'b'])
  })
})

describe('a process that dies while a job ends, after step', () => {
  it('7: its tokens are revoked', async () => {
    const live = new Set<number>()
    const base = await arrange()
    let isDead = false
    const store: PipelineStore = {
      ...base.store,
      updateJob: (...given) => (isDead ? dead() : base.store.updateJob(...given)),
    }
    const entropy = { bytes: (length: number) => new Uint8Array(length).fill(9), uuid: () => '' }
    const first = await arrange({ store, jobTokens: issue(live), entropy })
    await first.pipelines.create(pipelineRequest(TEXT))
    const payload = await first.take()
    isDead = true
    void first.pipelines.updateJob(claim(payload), { state: 'success' })
    await expect.poll(() => live.size).toBe(0)
    const next = await restarted(base.store, live)
    expect(await runAll(next)).toEqual(['a', 'b'])
    expect(await statesOf(next)).toBe('a success, b success, = success')
  })

  it('of a cancel: what waited is cancelled, and what ran is ended when the server starts', async () => {
    const live = new Set<number>()
    const base = await arrange()
    let calls = 0
    const store: PipelineStore = {
      ...base.store,
      updatePipeline: async (...given): Promise<Snapshot | undefined> => {
        calls += 1
        return base.store.updatePipeline(...given)
      },
    }
    const entropy = { bytes: (length: number) => new Uint8Array(length).fill(9), uuid: () => '' }
    const first = await arrange({ store, jobTokens: { ...issue(live), revoke: dead }, entropy })
    await first.pipelines.create(pipelineRequest(TEXT))
    await first.take()
    calls = 0
    void first.pipelines.cancel(1)
    await expect.poll(() => calls).toBe(1)
    await expect.poll(async () => (await base.store.findJob(2))?.state).toBe('canceled')
    const next = await restarted(base.store, live)
    expect(await runAll(next)).toEqual(['a'])
    expect(await statesOf(next)).toBe('a success, b canceled, = canceled')
  })

  it('of the grant of a resource: the next request finds it', async () => {
    const base = await arrange()
    let isDead = false
    const store: PipelineStore = {
      ...base.store,
      grantedJobs: (limit) => (isDead ? dead() : base.store.grantedJobs(limit)),
    }
    const entropy = { bytes: (length: number) => new Uint8Array(length).fill(9), uuid: () => '' }
    const first = await arrange({ store, entropy })
    isDead = true
    void first.pipelines.create(pipelineRequest('a: { script: e, resource_group: r }\n'))
    await expect.poll(async () => (await base.store.findJob(1))?.state).toBe('waiting_for_resource')
    const next = await restarted(base.store, new Set())
    expect(await runAll(next)).toEqual(['a'])
  })
})
