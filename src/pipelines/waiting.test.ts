import { describe, expect, it } from 'vitest'
import { arrange, claim, pipelineRequest, runAll, statesOf, type Arranged } from './arrange.contract.ts'
import type { JobPayload } from './index.ts'

const BOB = { user: { id: 2, login: 'bob', email: 'bob@example.com', accessLevel: 'developer' } }

async function started(text: string, more: Parameters<typeof arrange>[0] = {}): Promise<Arranged> {
  const arranged = await arrange(more)
  await arranged.pipelines.create(pipelineRequest(text))
  return arranged
}

describe('a delayed job', () => {
  it('is queued when a runner asks after its time', async () => {
    const arranged = await started('a: { script: e, when: delayed, start_in: 1 minute }\n')
    expect(await statesOf(arranged)).toBe('a scheduled, = scheduled')
    arranged.advance(59_999)
    expect(await arranged.request()).toBeUndefined()
    arranged.advance(1)
    expect(await runAll(arranged)).toEqual(['a'])
  })

  it('begins now when it is played, and not at all when its pipeline is cancelled', async () => {
    const text = 'a: { script: e, when: delayed, start_in: 1 week }\n'
    const played = await started(text)
    await played.pipelines.playJob(1, BOB)
    expect(await runAll(played)).toEqual(['a'])
    const canceled = await started(text)
    await canceled.pipelines.cancel(1)
    canceled.advance(8 * 86_400_000)
    expect(await runAll(canceled)).toEqual([])
  })
})

describe('a resource group', () => {
  const TEXT = 'a: { script: e, resource_group: r }\nb: { script: e, resource_group: r }\n'

  it('runs one job at a time, also of two pipelines', async () => {
    const arranged = await started(TEXT)
    await arranged.pipelines.create(pipelineRequest(TEXT))
    for (const wanted of [1, 2, 3, 4]) {
      const payload = await arranged.take()
      expect(payload.id).toBe(wanted)
      expect(await arranged.request()).toBeUndefined()
      await arranged.pipelines.updateJob(claim(payload), { state: wanted % 2 === 0 ? 'success' : 'failed' })
    }
    expect(await statesOf(arranged, 2)).toBe('a failed, b success, = failed')
  })

  it('goes on when the job that has it is cancelled while it waits for a runner', async () => {
    const arranged = await started(TEXT)
    expect(await statesOf(arranged)).toBe('a pending, b waiting_for_resource, = running')
    await arranged.pipelines.cancelJob(1)
    expect(await runAll(arranged)).toEqual(['b'])
  })
})

describe('the timeout of a job', () => {
  it.each([
    ['', 3600],
    [', timeout: 90s', 90],
    [', timeout: 2h 30m', 9000],
    [', timeout: 1 month', 86_400],
    [', timeout: never', 86_400],
  ])('%s is %i seconds: for its runner, its deadline and its id tokens', async (keys, seconds) => {
    const arranged = await started(`a: { script: e, id_tokens: { T: { aud: x } }${keys} }\n`)
    const payload = await arranged.take()
    expect(payload['runner_info']).toMatchObject({ timeout: seconds })
    expect(arranged.minted[0]).toMatchObject({ lifetimeSeconds: seconds })
    arranged.advance(seconds * 1000 - 1)
    expect(await arranged.pipelines.isJobRunning(1)).toBe(true)
    arranged.advance(1)
    expect(await arranged.pipelines.isJobRunning(1)).toBe(false)
  })
})

describe('a cancel', () => {
  const take = async ({ pipelines, runnerToken }: Arranged): Promise<JobPayload> => {
    const payload = await pipelines.requestJob({ runnerToken, info: {}, cancelsGracefully: true })
    if (payload === undefined) throw new Error('no job waits')
    return payload
  }

  it('lets a runner that can run after_script, whose token works until then', async () => {
    const arranged = await started('a: { script: e }\nb: { stage: deploy, script: e }\n')
    const payload = await take(arranged)
    await arranged.pipelines.cancel(1)
    expect(await statesOf(arranged)).toBe('a canceling, b canceled, = canceling')
    const part = { start: 0, bytes: new Uint8Array(2) }
    expect(await arranged.pipelines.appendTrace(claim(payload), part)).toMatchObject({ state: 'canceling' })
    expect(await arranged.pipelines.updateJob(claim(payload), { state: 'running' })).toBe('canceling')
    expect([await arranged.pipelines.isJobRunning(1), arranged.liveTokens.size]).toEqual([true, 1])
    expect(await arranged.pipelines.updateJob(claim(payload), { state: 'success' })).toBe('canceled')
    expect([await arranged.pipelines.isJobRunning(1), arranged.liveTokens.size]).toEqual([false, 0])
    expect(await statesOf(arranged)).toBe('a canceled, b canceled, = canceled')
  })

  it.each([
    ['when it is forced', (arranged: Arranged) => arranged.pipelines.cancel(1, { isForced: true })],
    ['ten minutes later', async (arranged: Arranged) => arranged.advance(600_000)],
    ['when the server starts again', (arranged: Arranged) => arranged.pipelines.recover()],
  ])('ends a job that is canceling %s', async (_, end) => {
    const arranged = await started('a: { script: e, retry: 2 }\n')
    await take(arranged)
    await arranged.pipelines.cancelJob(1)
    await arranged.pipelines.cancelJob(1)
    expect((await arranged.pipelines.getJob(1)).state).toBe('canceling')
    await end(arranged)
    expect(await statesOf(arranged)).toBe('a canceled, = canceled')
    expect(arranged.liveTokens.size).toBe(0)
  })
})

describe('a newer commit of a ref', () => {
  const creating =
    (arranged: Arranged, text: string) =>
    async (sha: string, ref = 'main'): Promise<void> => {
      const request = pipelineRequest(text)
      await arranged.pipelines.create({ ...request, commit: { ...request.commit, sha: sha.repeat(40), ref } })
    }
  const workflow = (how: string): string => `workflow: { auto_cancel: { on_new_commit: ${how} } }\n`
  const JOBS = 'a: { script: e, interruptible: true }\nb: { script: e }\n'

  it.each([
    ['cancels what has not begun', JOBS, 0, 'a canceled, b canceled, = canceled'],
    ['cancels what has begun and is interruptible', JOBS, 1, 'a canceled, b canceled, = canceled'],
    ['leaves what has begun and is not', JOBS, 2, 'a running, b running, = running'],
    ['leaves all that says so', workflow('none') + JOBS, 0, 'a pending, b pending, = pending'],
    [
      'cancels interruptible jobs alone',
      workflow('interruptible') + JOBS,
      2,
      'a canceled, b running, = running',
    ],
  ])('%s', async (_, text, ...[taken, wanted]) => {
    const arranged = await arrange()
    const create = creating(arranged, text)
    await create('a')
    for (let at = 0; at < taken; at++) await arranged.take()
    await create('a')
    await create('b', 'other')
    expect(await statesOf(arranged)).not.toContain('canceled')
    await create('b')
    expect(await statesOf(arranged)).toBe(wanted)
    expect(await statesOf(arranged, 4)).toBe('a pending, b pending, = pending')
  })
})

describe('a server that starts again', () => {
  it('fails the jobs that ran, tokens first, and refuses what their runners still send', async () => {
    const arranged = await started(
      'a: { script: e, artifacts: { paths: [x] } }\nb: { stage: deploy, script: e }\n',
    )
    const payload = await arranged.take()
    expect(await arranged.pipelines.recover()).toBe(1)
    expect(arranged.liveTokens.size).toBe(0)
    expect((await arranged.pipelines.getJob(1)).failureReason).toBe('runner_system_failure')
    expect(await statesOf(arranged)).toBe('a failed, b skipped, = failed')
    const late = {
      type: 'archive',
      format: 'zip',
      filename: 'artifacts.zip',
      bytes: (async function* none() {})(),
    }
    for (const sent of [
      arranged.pipelines.appendTrace(claim(payload), { start: 0, bytes: new Uint8Array(1) }),
      arranged.pipelines.updateJob(claim(payload), { state: 'success' }),
      arranged.pipelines.putArtifacts(claim(payload), late),
    ])
      await expect(sent).rejects.toMatchObject({ code: 'pipelines.job-ended', status: 403 })
    expect(await arranged.pipelines.recover()).toBe(0)
  })

  it('retries them where their rule says so, once for each time', async () => {
    const arranged = await started('a: { script: e, retry: { max: 1, when: runner_system_failure } }\n')
    await arranged.take()
    await arranged.pipelines.recover()
    expect(await statesOf(arranged)).toBe('a pending, = pending')
    await arranged.take()
    await arranged.pipelines.recover()
    expect(await statesOf(arranged)).toBe('a failed, = failed')
  })
})
