import { describe, expect, it, vi } from 'vitest'
import { Secret } from '../base/index.ts'
import {
  addFirstAgain,
  arrange,
  claim,
  finish,
  NOW_MS,
  pipelineRequest,
  type Arranged,
} from './arrange.contract.ts'
import type { JobState, PipelineView } from './index.ts'

function states(view: PipelineView): JobState[] {
  return view.jobs.map((job) => job.state)
}

describe('a pipeline', () => {
  it('waits with its first stage only, and goes on stage by stage', async () => {
    const arranged = await arrange()
    const { id } = await arranged.pipelines.create(pipelineRequest())
    const seen = []
    for (const _ of [1, 2, 3]) {
      const { state, jobs } = await arranged.pipelines.get(id)
      seen.push([state, ...jobs.map((job) => job.state)])
      arranged.advance(1_500)
      await finish(arranged, 'success')
    }
    expect(seen).toEqual([
      ['pending', 'pending', 'created', 'created'],
      ['running', 'success', 'pending', 'created'],
      ['running', 'success', 'success', 'pending'],
    ])
    const view = await arranged.pipelines.get(id)
    expect(view).toMatchObject({ state: 'success', iid: 1, durationSeconds: 3, finishedAtMs: NOW_MS + 4_500 })
    expect(await arranged.request()).toBeUndefined()
  })

  it('skips what comes after a failure, and says why it failed', async () => {
    const arranged = await arrange()
    const { id } = await arranged.pipelines.create(pipelineRequest())
    await finish(arranged, 'failed')
    const view = await arranged.pipelines.get(id)
    expect(view.state).toBe('failed')
    expect(states(view)).toEqual(['failed', 'skipped', 'skipped'])
    expect(view.jobs[0]).toMatchObject({ failureReason: 'script_failure', exitCode: 1 })
  })

  it.each<{ what: string; keys: string; first: 'success' | 'failed'; wanted: JobState[] }>([
    {
      what: 'runs on_failure after a failure',
      keys: 'stage: deploy, when: on_failure',
      first: 'failed',
      wanted: ['failed', 'pending'],
    },
    {
      what: 'skips on_failure after a success',
      keys: 'stage: deploy, when: on_failure',
      first: 'success',
      wanted: ['success', 'skipped'],
    },
    {
      what: 'runs always after a failure',
      keys: 'stage: deploy, when: always',
      first: 'failed',
      wanted: ['failed', 'pending'],
    },
    {
      what: 'waits for all jobs of a stage',
      keys: 'stage: test',
      first: 'failed',
      wanted: ['failed', 'pending'],
    },
  ])('$what', async ({ keys, first, wanted }) => {
    const arranged = await arrange()
    const { id } = await arranged.pipelines.create(
      pipelineRequest(`a: { script: e }\nb: { script: e, ${keys} }\n`),
    )
    await finish(arranged, first)
    expect(states(await arranged.pipelines.get(id))).toEqual(wanted)
  })

  it('succeeds when only a job failed that may', async () => {
    const arranged = await arrange()
    const text = 'a: { script: e, allow_failure: true }\nb: { stage: deploy, script: e }\n'
    const { id } = await arranged.pipelines.create(pipelineRequest(text))
    await finish(arranged, 'failed')
    await finish(arranged, 'success')
    expect((await arranged.pipelines.get(id)).state).toBe('success')
  })

  it.each([
    [3, 'success'],
    [4, 'failed'],
  ])('that may fail with code 3 and fails with %i is a %s', async (exitCode, wanted) => {
    const arranged = await arrange()
    const text = 'a: { script: e, allow_failure: { exit_codes: [3] } }\n'
    const { id } = await arranged.pipelines.create(pipelineRequest(text))
    const { id: jobId, token } = await arranged.take()
    await arranged.pipelines.updateJob({ jobId, token }, { state: 'failed', exitCode })
    expect((await arranged.pipelines.get(id)).state).toBe(wanted)
  })

  it('plans again from what was read where the repository is, and reads nothing else', async () => {
    const { pipelines } = await arrange()
    const text = 'include: [a.yml]\nown: { script: e, rules: [{ exists: [x], changes: [y] }] }\n'
    const repository = null
    const sources = {
      texts: ['.gitlab-ci.yml', 'a.yml'].map((path) => ({
        address: { kind: 'file' as const, repository, path },
        answer: {
          kind: 'text' as const,
          text: path === 'a.yml' ? 'inner: { script: e, parallel: 2 }\n' : text,
        },
      })),
      paths: [{ repository, answer: { kind: 'paths' as const, paths: ['x'] } }],
      changes: [{ compareTo: null, answer: { kind: 'paths' as const, paths: ['y'] } }],
    }
    const config = { path: '.gitlab-ci.yml', text, sources }
    const { jobs } = await pipelines.create(pipelineRequest(text, { config }))
    expect(jobs.map(({ name }) => name)).toEqual(['inner 1/2', 'inner 2/2', 'own'])
    const less = { ...sources, texts: sources.texts.slice(0, 1) }
    await expect(
      pipelines.create(pipelineRequest(text, { config: { ...config, sources: less } })),
    ).rejects.toThrow('.gitlab-ci.yml:1:11: include: a.yml: it was not handed in with the pipeline')
  })

  it.each([
    ['a short hash', { sha: 'abc' }],
    ['a ref with a space', { ref: 'a b' }],
    ['a ref that climbs', { ref: 'a/../b' }],
    ['a ref that looks like an option', { ref: '-x' }],
    ['no ref', { ref: '' }],
  ])('is refused for %s', async (_, commit) => {
    const { pipelines } = await arrange()
    const request = pipelineRequest()
    const wrong = { ...request, commit: { ...request.commit, ...commit } }
    await expect(pipelines.create(wrong)).rejects.toMatchObject({ code: 'pipelines.commit' })
  })

  it('shows a job that was added later in its stage', async () => {
    const arranged = await arrange()
    const { id } = await arranged.pipelines.create(pipelineRequest())
    await finish(arranged, 'failed')
    await addFirstAgain(arranged, id)
    const { jobs } = await arranged.pipelines.get(id)
    expect(jobs.map(({ id: number, name }) => [number, name])).toEqual([
      [1, 'build'],
      [4, 'build'],
      [2, 'sign'],
      [3, 'publish'],
    ])
  })

  it('is refused with the problems of its file', async () => {
    const { pipelines } = await arrange()
    await expect(pipelines.create(pipelineRequest('a: { script: e, pages: true }'))).rejects.toMatchObject({
      code: 'ciconfig.invalid',
      message: '.gitlab-ci.yml:1:17: job "a": pages is not supported by this version',
    })
  })
})

describe('a job', () => {
  it('that others are always faster for is no "no job": its runner asks again', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    const asked = vi.spyOn(arranged.store, 'updateJob').mockResolvedValue(undefined)
    await expect(arranged.request()).rejects.toMatchObject({ code: 'pipelines.lost-race', status: 409 })
    asked.mockRestore()
    expect((await arranged.take()).id).toBe(1)
  })

  it('goes to one runner, however many ask at once', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    const answers = await Promise.all(Array.from({ length: 5 }, () => arranged.request()))
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
  })

  it('has a token that dies before the job is called ended', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(pipelineRequest())
    const payload = await arranged.take()
    expect(arranged.liveTokens).toEqual(new Set([payload.id]))
    expect(await arranged.pipelines.isJobRunning(payload.id)).toBe(true)
    await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    expect(arranged.liveTokens.size).toBe(0)
    expect(await arranged.pipelines.isJobRunning(payload.id)).toBe(false)
  })

  it('stays running when its token could not be revoked, so that nothing ends with a live token', async () => {
    const revoke = vi.fn<(jobId: number) => Promise<void>>().mockRejectedValueOnce(new Error('disk'))
    const arranged = await arrange({ jobTokens: { issue: async () => new Secret('glcbt-1'), revoke } })
    await arranged.pipelines.create(pipelineRequest())
    const payload = await arranged.take()
    await expect(arranged.pipelines.updateJob(claim(payload), { state: 'success' })).rejects.toThrow('disk')
    expect(await arranged.pipelines.isJobRunning(payload.id)).toBe(true)
    await arranged.pipelines.updateJob(claim(payload), { state: 'success' })
    expect(await arranged.pipelines.isJobRunning(payload.id)).toBe(false)
  })

  it('that is cancelled while its token is made is not started, and leaves no live token', async () => {
    const live = new Set<number>()
    const arranged: Arranged = await arrange({
      jobTokens: {
        issue: async ({ jobId }) => {
          await arranged.pipelines.cancel(1)
          live.add(jobId)
          return new Secret('glcbt-late')
        },
        revoke: async (jobId) => {
          live.delete(jobId)
        },
      },
    })
    await arranged.pipelines.create(pipelineRequest())
    expect(await arranged.request()).toBeUndefined()
    expect(live.size).toBe(0)
    expect(states(await arranged.pipelines.get(1))).toEqual(['canceled', 'canceled', 'canceled'])
  })

  it('fails when its id token cannot be made, and hands out nothing', async () => {
    const arranged = await arrange({ mintIdToken: () => Promise.reject(new Error('no key')) })
    await arranged.pipelines.create(pipelineRequest())
    await finish(arranged, 'success')
    await expect(arranged.request()).rejects.toThrow('no key')
    expect(arranged.liveTokens.size).toBe(0)
    expect((await arranged.pipelines.get(1)).jobs[1]).toMatchObject({
      state: 'failed',
      failureReason: 'scheduler_failure',
    })
  })

  it.each([
    ['its pipeline', (arranged: Arranged) => arranged.pipelines.get(1)],
    ['the queue', (arranged: Arranged) => arranged.request()],
    ['its id tokens', (arranged: Arranged) => arranged.pipelines.isJobRunning(1)],
  ])('fails past its deadline when somebody looks at %s', async (_, look) => {
    const arranged = await arrange({ limits: { jobTimeoutSeconds: 60 } })
    await arranged.pipelines.create(pipelineRequest())
    const payload = await arranged.take()
    arranged.advance(59_999)
    expect(await arranged.pipelines.isJobRunning(1)).toBe(true)
    arranged.advance(1)
    await look(arranged)
    expect(arranged.liveTokens.size).toBe(0)
    expect((await arranged.pipelines.get(1)).jobs[0]).toMatchObject({
      failureReason: 'job_execution_timeout',
    })
    const late = arranged.pipelines.appendTrace(claim(payload), { start: 0, bytes: new Uint8Array(1) })
    await expect(late).rejects.toMatchObject({ code: 'pipelines.job-ended', state: 'failed' })
  })

  it('is cancelled with its pipeline, whatever its state', async () => {
    const arranged = await arrange()
    await arranged.pipelines.create(
      pipelineRequest('a: { script: e }\nb: { script: e }\nc: { stage: deploy, script: e }'),
    )
    await finish(arranged, 'success')
    const view = await arranged.pipelines.cancel(1)
    expect([view.state, ...states(view)]).toEqual(['canceled', 'success', 'canceled', 'canceled'])
    expect(arranged.liveTokens.size).toBe(0)
  })

  it('whose log grows too long fails', async () => {
    const arranged = await arrange({ limits: { maxTraceBytes: 4 } })
    await arranged.pipelines.create(pipelineRequest())
    const payload = await arranged.take()
    await arranged.pipelines.appendTrace(claim(payload), { start: 0, bytes: new Uint8Array(4) })
    const longer = arranged.pipelines.appendTrace(claim(payload), { start: 4, bytes: new Uint8Array(1) })
    await expect(longer).rejects.toMatchObject({ code: 'pipelines.trace-too-long' })
    expect((await arranged.pipelines.get(1)).jobs[0]).toMatchObject({ failureReason: 'trace_size_exceeded' })
  })
})
