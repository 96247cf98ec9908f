import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { archive, startJobServer, type JobServer } from '../../src/http/jobs-server.contract.ts'
import { pipelineRequest } from '../../src/pipelines/arrange.contract.ts'
import { gzipped, stockRunner, type StockJob, type StockRunner } from '../support/stock-runner-script.ts'

/** The scripted client, and no stock gitlab-runner: see what its module says. */

let server: JobServer
/** What becomes of a request, by `METHOD path`; undefined: it is sent. */
let fault: ((request: string) => 'lost' | 'swallowed' | undefined) | undefined
let runner: StockRunner
beforeEach(async () => {
  server = await startJobServer(fetch)
  fault = undefined
  const url = `http://127.0.0.1:${server.port}`
  runner = stockRunner({ url, token: server.arranged.runnerToken, fetch: faulty })
})
afterEach(() => server.close())

const faulty: typeof fetch = async (input, init) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  const made = fault?.(`${init?.method} ${pathname}`)
  if (made === 'swallowed') return new Response(null, { status: 202, headers: { 'Job-Status': 'running' } })
  const answer = await fetch(input, init)
  if (made === undefined) return answer
  await answer.arrayBuffer()
  throw new TypeError('the connection was reset')
}

const PIPELINE = `
stages: [build, test]
build:
  stage: build
  script: [make]
  after_script: [clean]
  artifacts:
    paths: [dist/]
    reports: { junit: report.xml, dotenv: build.env }
check: { stage: test, script: [look] }
`

async function take(): Promise<StockJob> {
  const job = await runner.take()
  if (job === undefined) throw new Error('no job waits')
  return job
}

const start = () => server.arranged.pipelines.create(pipelineRequest(PIPELINE))
const jobs = async () => (await server.arranged.pipelines.get(1)).jobs

async function logOf(jobId: number): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of await server.arranged.pipelines.readTrace(jobId)) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('a client that speaks as a stock gitlab-runner', () => {
  it('takes a pipeline of two jobs to its end, with archive and reports', async () => {
    expect(await runner.take()).toBeUndefined()
    await start()
    const build = await take()
    build.print('make\n')
    expect(await build.update()).toBe('running')
    const zip = Buffer.from(await (archive('PK of build').get('file') as File).arrayBuffer())
    expect(await build.upload({ type: 'archive', format: 'zip' }, zip)).toBe(201)
    expect(await build.upload({ type: 'archive', format: 'zip' }, zip)).toBe(201)
    expect(await build.upload({ type: 'junit', format: 'gzip' }, gzipped('<testsuites/>'))).toBe(201)
    expect(await build.upload({ type: 'dotenv', format: 'gzip' }, gzipped('VERSION=1.2\n'))).toBe(201)
    expect(await build.upload({ type: 'sast', format: 'raw' }, Buffer.from('{}'))).toBe(400)
    build.print('done\n')
    expect(await build.finish('success')).toBe('done')

    const check = await take()
    expect((await check.download()).map(String)).toEqual(['PK of build'])
    expect(check.payload['variables']).toContainEqual(
      expect.objectContaining({ key: 'VERSION', value: '1.2' }),
    )
    expect(await check.finish('success')).toBe('done')
    expect((await server.arranged.pipelines.get(1)).state).toBe('success')
    expect(await logOf(1)).toBe('make\ndone\n')
    expect(await runner.take()).toBeUndefined()
  })

  it('tells why a script failed, and with what', async () => {
    await start()
    expect(await (await take()).finish('failed', 3)).toBe('done')
    expect((await jobs())[0]).toMatchObject({ failureReason: 'script_failure', exitCode: 3 })
  })

  it('sends a part again whose answer was lost, and the log has it once', async () => {
    await start()
    const job = await take()
    let count = 0
    fault = (request) => (request.startsWith('PATCH') && ++count === 1 ? 'lost' : undefined)
    job.print('hello\n')
    await job.update()
    job.print('more\n')
    expect(await job.finish('success')).toBe('done')
    expect(await logOf(1)).toBe('hello\nmore\n')
    expect(job.answers.at(-1)).toBe('200 success')
  })

  it('goes on where the server says when a part never came', async () => {
    await start()
    const job = await take()
    let count = 0
    fault = (request) => (request.startsWith('PATCH') && ++count === 2 ? 'swallowed' : undefined)
    for (const text of ['one\n', 'two\n', 'three\n']) {
      job.print(text)
      await job.update()
    }
    expect(await job.finish('success')).toBe('done')
    expect(job.answers).toContain('416 running')
    expect(await logOf(1)).toBe('one\ntwo\nthree\n')
  })

  it('sends the log once more when its end never came', async () => {
    await start()
    const job = await take()
    job.print('one\n')
    await job.update()
    fault = (request) => {
      if (!request.startsWith('PATCH')) return undefined
      fault = undefined
      return 'swallowed'
    }
    job.print('two\n')
    expect(await job.finish('success')).toBe('done')
    expect(job.answers.some((answer) => answer.startsWith('412'))).toBe(true)
    expect(await logOf(1)).toBe('one\ntwo\n')
  })

  it('sends a log of more than one part', async () => {
    await start()
    const job = await take()
    const text = 'x'.repeat((1 << 20) + 17)
    job.print(text)
    expect(await job.finish('success')).toBe('done')
    expect((await logOf(1)).length).toBe(text.length)
  })

  it('is told of a cancel with its next part and with the next sign of life, and runs after_script', async () => {
    await start()
    const job = await take()
    await server.arranged.pipelines.cancel(1)
    job.print('still here\n')
    expect(await job.update()).toBe('cancel')
    expect(job.answers).toEqual(['202 canceling', '200 canceling'])
    job.print('clean\n')
    expect(await job.finish('failed')).toBe('done')
    expect(await logOf(1)).toBe('still here\nclean\n')
    expect((await jobs()).map(({ state }) => state)).toEqual(['canceled', 'canceled'])
  })

  it('stops at once when the job was cancelled by force', async () => {
    await start()
    const job = await take()
    await server.arranged.pipelines.cancel(1, { isForced: true })
    job.print('still here\n')
    expect(await job.update()).toBe('abort')
    expect(await job.upload({ type: 'archive', format: 'zip' }, Buffer.from('x'))).toBe(403)
    expect(await job.finish('failed')).toBe('abort')
  })
})
