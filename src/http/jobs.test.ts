import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claim, finish, pipelineRequest } from '../pipelines/arrange.contract.ts'
import type { JobPayload } from '../pipelines/index.ts'
import { archive, startJobServer, type JobServer } from './jobs-server.contract.ts'

let server: JobServer
beforeEach(async () => {
  server = await startJobServer(fetch)
})
afterEach(() => server.close())

describe('the runner API, as the tutorial goes over the wire', () => {
  it('takes a runner through its jobs (gitlab-surface 10)', async () => {
    const runner = {
      token: server.arranged.runnerToken,
      system_id: 's_0123456789ab',
      info: { version: '19.4.0' },
      last_update: '',
    }
    const verified = await server.json('POST', '/runners/verify', runner)
    expect(verified.status).toBe(200)
    expect(verified.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await verified.json()).toEqual({
      id: 1,
      token: server.arranged.runnerToken,
      token_expires_at: null,
    })

    const idle = await server.json('POST', '/jobs/request', runner)
    expect([idle.status, idle.headers.get('x-gitlab-last-update'), await idle.text()]).toEqual([
      204,
      expect.stringMatching(/^[0-9a-f]{12}-0$/),
      '',
    ])

    await server.arranged.pipelines.create(pipelineRequest())
    const taken = await server.json('POST', '/jobs/request', runner, {
      'runner-token': server.arranged.runnerToken,
    })
    expect(taken.status).toBe(201)
    expect(taken.headers.get('content-type')).toMatch(/^application\/json/)
    const build = (await taken.json()) as JobPayload
    expect(build).toMatchObject({
      id: 1,
      job_info: { name: 'build', stage: 'build', pipeline_id: 1 },
      dependencies: [],
    })

    const first = await server.trace(build, '0-1023', 'x'.repeat(1024))
    expect([first.status, first.headers.get('job-status'), first.headers.get('range')]).toEqual([
      202,
      'running',
      '0-1024',
    ])
    expect(first.headers.get('x-gitlab-trace-update-interval')).toBe('3')

    const alive = await server.json('PUT', `/jobs/1`, {
      token: build.token,
      state: 'running',
      output: { checksum: 'crc32:1', bytesize: 9999 },
    })
    expect([alive.status, await alive.text(), alive.headers.get('job-status')]).toEqual([
      200,
      '200',
      'running',
    ])

    const stored = await server.upload(build, archive('PK archive'))
    expect([stored.status, await stored.json()]).toEqual([201, { message: '201 Created' }])

    const done = await server.json('PUT', `/jobs/1`, { state: 'success' }, { 'job-token': build.token })
    expect([done.status, done.headers.get('job-status')]).toEqual([200, 'success'])

    const sign = (await (await server.json('POST', '/jobs/request', runner)).json()) as JobPayload
    const [dependency] = sign['dependencies'] as { id: number; token: string }[]
    expect(dependency).toMatchObject({ id: 1, token: sign.token })
    const fetched = await server.call('GET', '/jobs/1/artifacts?direct_download=true', {
      headers: { 'job-token': sign.token },
    })
    expect([fetched.status, fetched.headers.get('content-length'), await fetched.text()]).toEqual([
      200,
      '10',
      'PK archive',
    ])
    expect(fetched.headers.get('content-disposition')).toBe('attachment; filename="artifacts.zip"')
  })

  it('tells a runner whose job was cancelled', async () => {
    const job = await server.running()
    await server.arranged.pipelines.cancel(1)
    const answers = [
      await server.trace(job, '0-0', 'x'),
      await server.json('PUT', '/jobs/1', { token: job.token, state: 'running' }),
    ]
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('job-status')]).toEqual([403, 'canceled'])
      expect(await answer.json()).toMatchObject({ code: 'pipelines.job-ended' })
    }
  })
})

describe('the log of a job', () => {
  it('is told where to go on when a part does not follow', async () => {
    const job = await server.running()
    await server.trace(job, '0-4', 'hello')
    const gap = await server.trace(job, '9-9', '!')
    expect([gap.status, gap.headers.get('range')]).toEqual([416, '0-5'])
    const again = await server.trace(job, '0-4', 'hello')
    expect([again.status, again.headers.get('range')]).toEqual([202, '0-5'])
    const overlapping = await server.trace(job, '3-5', 'lo!')
    expect([overlapping.status, overlapping.headers.get('range')]).toEqual([416, '0-5'])
    expect((await server.trace(job, '5-6', '!')).status).toBe(202)
  })

  it.each([
    ['no range', undefined],
    ['a range that does not fit', '0-9'],
    ['a negative range', '-1-0'],
    ['a range with a sign', '+0-0'],
    ['a range beyond all numbers', '99999999999999999999-99999999999999999999'],
    ['a range in words', 'bytes 0-0/1'],
  ])('is refused with %s', async (_, range) => {
    const answer = await server.trace(await server.running(), range, 'x')
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'pipelines.trace-range' })
  })

  it('is refused in parts of more than 1 MiB, and when it grows beyond its cap', async () => {
    const job = await server.running()
    const mebibyte = 'x'.repeat(1 << 20)
    expect((await server.trace(job, `0-${1 << 20}`, `${mebibyte}x`)).status).toBe(413)
    expect((await server.trace(job, `0-${(1 << 20) - 1}`, mebibyte)).status).toBe(202)
    expect((await server.trace(job, `${(2 << 20) - 5}-${2 << 20}`, 'too far')).status).toBe(400)
    expect((await server.trace(job, `${2 << 20}-${2 << 20}`, 'x')).status).toBe(403)
    expect((await server.arranged.pipelines.get(1)).jobs[0]).toMatchObject({
      failureReason: 'trace_size_exceeded',
    })
  })
})

describe('tokens', () => {
  it.each(['', 'glrt-wrong', 'x'.repeat(4000)])(
    'of runners are refused when they are not one: %.12s',
    async (token) => {
      for (const path of ['/runners/verify', '/jobs/request']) {
        const answer = await server.json('POST', path, { token })
        expect(answer.status).toBe(403)
        expect(await answer.json()).toMatchObject({ code: 'pipelines.runner-token' })
      }
    },
  )

  it('of jobs are good for their own running job only', async () => {
    const build = await server.running()
    const other = { ...build, id: 2 }
    const unknown = { ...build, id: 99 }
    const wrong = { ...build, token: 'glcbt-wrong' }
    const none = { ...build, token: '' }
    const statuses = []
    for (const job of [other, unknown, wrong, none]) {
      statuses.push([
        (await server.trace(job, '0-0', 'x')).status,
        (await server.json('PUT', `/jobs/${job.id}`, { token: job.token, state: 'success' })).status,
        (await server.upload(job, archive('x'))).status,
      ])
    }
    expect(statuses).toEqual([
      [403, 403, 403],
      [404, 404, 404],
      [403, 403, 403],
      [403, 403, 403],
    ])
  })

  it('are worth nothing once the job has ended', async () => {
    const build = await server.running()
    await server.upload(build, archive('x'))
    await server.arranged.pipelines.updateJob(claim(build), { state: 'success' })
    expect((await server.trace(build, '0-0', 'x')).status).toBe(403)
    expect((await server.json('PUT', '/jobs/1', { token: build.token, state: 'failed' })).status).toBe(403)
    expect((await server.upload(build, archive('x'))).status).toBe(403)
    expect(
      (await server.call('GET', '/jobs/1/artifacts', { headers: { 'job-token': build.token } })).status,
    ).toBe(403)
  })

  it('open no artifacts of another pipeline', async () => {
    const build = await server.running()
    await server.upload(build, archive('x'))
    await server.arranged.pipelines.updateJob(claim(build), { state: 'success' })
    await finish(server.arranged, 'success')
    await finish(server.arranged, 'success')
    const stranger = await server.running()
    const answer = await server.call('GET', '/jobs/1/artifacts', { headers: { 'job-token': stranger.token } })
    expect(answer.status).toBe(403)
  })
})

describe('an update', () => {
  it.each<[string, unknown, number]>([
    ['a state that no job has', { state: 'skipped' }, 400],
    ['no state', {}, 400],
    ['a number for a state', { state: 1 }, 400],
    ['a list', [], 400],
    ['no JSON', '{', 400],
    ['a key twice', '{"state":"success","state":"failed"}', 400],
    ['a huge body', JSON.stringify({ state: 'success', pad: 'x'.repeat(300_000) }), 413],
    ['deep nesting', '['.repeat(1000), 400],
    ['a fractional exit code', { state: 'failed', exit_code: 1.5 }, 400],
  ])('with %s is refused', async (_, body, status) => {
    const job = await server.running()
    const answer = await server.json('PUT', `/jobs/${job.id}`, body, { 'job-token': job.token })
    expect(answer.status).toBe(status)
    expect(await server.arranged.pipelines.isJobRunning(job.id)).toBe(true)
  })

  it('keeps the reason and exit code of a failure, and calls a strange reason unknown', async () => {
    const job = await server.running()
    const body = { token: job.token, state: 'failed', failure_reason: 'a_new_one', exit_code: 3 }
    expect((await server.json('PUT', `/jobs/${job.id}`, body)).status).toBe(200)
    expect((await server.arranged.pipelines.get(1)).jobs[0]).toMatchObject({
      failureReason: 'unknown_failure',
      exitCode: 3,
    })
  })

  it('of another content type is refused', async () => {
    const job = await server.running()
    const answer = await server.call('PUT', `/jobs/${job.id}`, {
      headers: { 'job-token': job.token },
      body: '{"state":"success"}',
    })
    expect(answer.status).toBe(415)
  })
})
