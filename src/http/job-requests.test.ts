import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pipelineRequest } from '../pipelines/arrange.contract.ts'
import { startJobServer, type JobServer } from './jobs-server.contract.ts'

let server: JobServer
beforeEach(async () => {
  server = await startJobServer(fetch)
})
afterEach(() => server.close())

async function ask(lastUpdate: string): Promise<readonly [number, string | null]> {
  const body = { token: server.arranged.runnerToken, last_update: lastUpdate }
  const answer = await server.json('POST', '/jobs/request', body)
  return [answer.status, answer.headers.get('x-gitlab-last-update')]
}

describe('a runner that echoes the last update', () => {
  it('is told that there is no job without a look at the queue, until something changes', async () => {
    const looks = vi.spyOn(server.arranged.pipelines, 'requestJob')
    const [status, version] = await ask('')
    expect([status, looks.mock.calls.length]).toEqual([204, 1])
    expect([await ask(version ?? ''), looks.mock.calls.length]).toEqual([[204, version], 1])
    await server.arranged.pipelines.create(pipelineRequest())
    expect((await ask(version ?? ''))[0]).toBe(201)
  })

  it('is let in again for a look after some seconds: time alone makes jobs wait', async () => {
    const looks = vi.spyOn(server.arranged.pipelines, 'requestJob')
    const [, version] = await ask('')
    server.moveClock(5_000)
    await ask(version ?? '')
    expect(looks.mock.calls.length).toBe(2)
  })

  it('of another server, or an earlier start, looks', async () => {
    const looks = vi.spyOn(server.arranged.pipelines, 'requestJob')
    await ask('000000000000-0')
    await ask('0')
    expect(looks.mock.calls.length).toBe(2)
  })
})

describe('the end of a job', () => {
  const LOG = 'hello world'
  const checksum = `crc32:${crc32(LOG).toString(16).padStart(8, '0')}`
  const end = async (output: object, state = 'success') => {
    const job = { id: 1, token: 'glcbt-64_secret1' }
    return server.json('PUT', `/jobs/${job.id}`, { token: job.token, state, output })
  }

  it('waits for a log that has not arrived whole, which goes on where it ends', async () => {
    const job = await server.running()
    await server.trace(job, '0-4', 'hello')
    const early = await end({ checksum, bytesize: LOG.length })
    expect([early.status, await early.json()]).toEqual([
      412,
      expect.objectContaining({ code: 'pipelines.trace-incomplete' }),
    ])
    const again = await server.trace(job, '0-10', LOG)
    expect([again.status, again.headers.get('range')]).toEqual([416, '0-5'])
    await server.trace(job, '5-10', ' world')
    expect((await end({ checksum, bytesize: LOG.length })).status).toBe(200)
    expect(server.events.filter(({ name }) => name === 'job.trace-differs')).toEqual([])
  })

  it.each([
    ['another checksum', { checksum: 'crc32:00000000', bytesize: LOG.length }],
    ['a shorter log', { checksum, bytesize: 3 }],
  ])('is taken with %s, and written into the log of the server', async (_, output) => {
    await server.trace(await server.running(), '0-10', LOG)
    expect((await end(output)).status).toBe(200)
    expect(server.events).toContainEqual(expect.objectContaining({ name: 'job.trace-differs', jobId: 1 }))
  })

  it('is taken without a checksum, and a sign of life whatever it says of the log', async () => {
    await server.running()
    expect((await end({ bytesize: 99 }, 'running')).status).toBe(200)
    expect((await end({ checksum: 'md5:x', bytesize: 0 }, 'failed')).status).toBe(200)
    expect(server.events.filter(({ name }) => name === 'job.trace-differs')).toEqual([])
  })
})
