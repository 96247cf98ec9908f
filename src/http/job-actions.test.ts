import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claim } from '../pipelines/arrange.contract.ts'
import { openPipelineBench, zipOf, type PipelineBench } from './pipelines-server.contract.ts'

let bench: PipelineBench
let token: string
beforeEach(async () => {
  bench = await openPipelineBench()
  token = await bench.token('maintainer')
})
afterEach(() => bench.close())

const PROJECT = '/projects/acme%2Fprivate'
const TEXT = `stages: [a, b]
one: { stage: a, script: [x], artifacts: { paths: [dist], expire_in: 1 day } }
two: { stage: b, script: [y], when: manual, allow_failure: false }
`
/** A commit of a branch that nobody protects. */
const FEATURE = {
  commit: {
    repositoryUrl: 'http://127.0.0.1:7711/acme/private.git',
    sha: '714a'.repeat(10),
    ref: 'feature',
    refType: 'branch',
    message: 'x',
  },
} as const

type Row = Record<string, unknown>
type Answer = readonly [status: number, body: Row]

async function act(path: string, who = token, init: RequestInit = {}): Promise<Answer> {
  const answer = await bench.ask(`${PROJECT}${path}`, who, { method: 'POST', ...init })
  const text = await answer.text()
  return [answer.status, text === '' ? {} : (JSON.parse(text) as Row)]
}

function sent(body: unknown): RequestInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

const stateOf = async (job: number): Promise<unknown> =>
  (await bench.arranged.pipelines.getJob(job).catch(() => ({ state: 'gone' }))).state

describe('a job', () => {
  it('is cancelled by a developer, and one that has ended stays as it is', async () => {
    await bench.pipeline(TEXT)
    const developer = await bench.token('developer')
    expect(await act('/jobs/1/cancel', developer)).toEqual([
      201,
      expect.objectContaining({ id: 1, status: 'canceled' }),
    ])
    await bench.pipeline(TEXT, FEATURE)
    await bench.finish()
    expect(await act('/jobs/3/cancel', developer)).toEqual([
      201,
      expect.objectContaining({ id: 3, status: 'success' }),
    ])
  })

  it('whose runner cancels gracefully is canceling first, and is cancelled at once by force', async () => {
    await bench.pipeline(TEXT)
    const { runnerToken, pipelines } = bench.arranged
    await pipelines.requestJob({ runnerToken, info: {}, cancelsGracefully: true })
    expect(await act('/jobs/1/cancel')).toMatchObject([201, { status: 'canceling' }])
    expect(await act('/jobs/1/cancel?force=x')).toMatchObject([400, {}])
    expect(await act('/jobs/1/cancel?force=true')).toMatchObject([201, { status: 'canceled' }])
  })

  it('is tried again as a job of its own, by the rights of who asks', async () => {
    await bench.pipeline(TEXT)
    await bench.finish({ state: 'failed' })
    const [status, row] = await act('/jobs/1/retry')
    expect([status, row]).toEqual([201, expect.objectContaining({ id: 3, name: 'one', status: 'pending' })])
    expect(row['user']).toMatchObject({ username: 'maintainer-x' })
    expect(await act('/jobs/1/retry')).toMatchObject([403, { code: 'pipelines.not-retryable' }])
    expect(await act('/jobs/3/retry')).toMatchObject([403, { code: 'pipelines.not-retryable' }])
  })

  it('that waits for a person is played with variables of its own', async () => {
    await bench.pipeline(TEXT)
    await bench.finish()
    const variables = { job_variables_attributes: [{ key: 'LEVEL', value: 'high' }] }
    expect(await act('/jobs/2/play', token, sent(variables))).toEqual([
      200,
      expect.objectContaining({ id: 2, status: 'pending' }),
    ])
    const payload = await bench.arranged.take()
    expect(payload['variables']).toContainEqual(expect.objectContaining({ key: 'LEVEL', value: 'high' }))
    expect(await act('/jobs/2/play')).toMatchObject([400, { code: 'pipelines.not-playable' }])
    expect(await act('/jobs/1/play')).toMatchObject([400, { code: 'pipelines.not-playable' }])
  })

  it.each<[string, unknown]>([
    ['a name that no shell knows', { job_variables_attributes: [{ key: 'A-B', value: '' }] }],
    ['a long value', { job_variables_attributes: [{ key: 'A', value: 'x'.repeat(10_001) }] }],
    [
      'many variables',
      { job_variables_attributes: Array.from({ length: 101 }, () => ({ key: 'A', value: '' })) },
    ],
    ['another name for them', { variables: [{ key: 'A', value: '' }] }],
    ['a number', 1],
  ])('is not played with %s', async (_, body) => {
    await bench.pipeline(TEXT)
    await bench.finish()
    expect(await act('/jobs/2/play', token, sent(body))).toMatchObject([400, {}])
    expect(await stateOf(2)).toBe('manual')
  })

  it('of a protected ref is started only by who may change that ref', async () => {
    await bench.pipeline(TEXT)
    await bench.finish({ state: 'failed' })
    const developer = await bench.token('developer')
    for (const path of ['/jobs/1/retry', '/jobs/2/play', '/pipelines/1/retry'])
      expect(await act(path, developer), path).toMatchObject([403, { code: 'access.forbidden' }])
    await bench.pipeline(TEXT, FEATURE)
    await bench.finish({ state: 'failed' })
    expect(await act('/jobs/3/retry', developer)).toMatchObject([201, { id: 5 }])
  })

  it('that has ended is erased by a maintainer: log and artifacts are gone, and the job is not', async () => {
    await bench.pipeline(TEXT)
    expect(await act('/jobs/1/erase')).toMatchObject([403, { code: 'pipelines.not-erasable' }])
    await bench.finish({ log: 'hello', archive: await zipOf({ 'dist/a': 'a' }) })
    expect(await act('/jobs/1/erase', await bench.token('developer'))).toMatchObject([403, {}])
    expect(await (await bench.ask(`${PROJECT}/jobs/1/trace`, token)).text()).toBe('hello')
    expect(await act('/jobs/1/erase')).toMatchObject([201, { id: 1, status: 'success', artifacts: [] }])
    expect(await (await bench.ask(`${PROJECT}/jobs/1/trace`, token)).text()).toBe('')
    expect((await bench.ask(`${PROJECT}/jobs/1/artifacts`, token)).status).toBe(404)
    expect(await act('/jobs/1/erase')).toMatchObject([403, { code: 'pipelines.not-erasable' }])
  })

  it('that left only a log is erased too', async () => {
    await bench.pipeline(TEXT)
    await bench.finish({ log: 'hello' })
    expect(await act('/jobs/1/erase')).toMatchObject([201, {}])
  })
})

describe('artifacts', () => {
  it('that would expire are kept', async () => {
    await bench.pipeline(TEXT, FEATURE)
    expect(await act('/jobs/1/artifacts/keep')).toMatchObject([404, { code: 'pipelines.artifacts-absent' }])
    await bench.finish({ archive: await zipOf({ 'dist/a': 'a' }) })
    expect(await bench.json(`${PROJECT}/jobs/1`, token)).toMatchObject({
      artifacts_expire_at: '2026-01-03T03:04:05.000Z',
    })
    expect(await act('/jobs/1/artifacts/keep', await bench.token('developer'))).toMatchObject([
      200,
      { id: 1, artifacts_expire_at: null },
    ])
  })

  it('are removed by a maintainer, and the log stays', async () => {
    await bench.pipeline(TEXT)
    await bench.finish({ log: 'hello', archive: await zipOf({ 'dist/a': 'a' }) })
    const remove = { method: 'DELETE' }
    expect(await act('/jobs/1/artifacts', await bench.token('developer'), remove)).toMatchObject([403, {}])
    expect(await act('/jobs/1/artifacts', token, remove)).toEqual([204, {}])
    expect(await act('/jobs/1/artifacts', token, remove)).toEqual([204, {}])
    expect((await bench.ask(`${PROJECT}/jobs/1/artifacts`, token)).status).toBe(404)
    expect(await (await bench.ask(`${PROJECT}/jobs/1/trace`, token)).text()).toBe('hello')
  })
})

describe('a pipeline', () => {
  it('is tried again where it failed', async () => {
    await bench.pipeline(TEXT)
    await bench.finish({ state: 'failed' })
    expect(await act('/pipelines/1/retry', await bench.token('reporter'))).toMatchObject([403, {}])
    expect(await act('/pipelines/1/retry')).toMatchObject([201, { id: 1, status: 'pending' }])
    expect((await bench.arranged.take()).id).toBe(3)
  })

  it('is removed by an owner, with its running job, and no other gets its numbers', async () => {
    await bench.pipeline(TEXT)
    const job = await bench.arranged.take()
    await bench.arranged.pipelines.appendTrace(claim(job), { start: 0, bytes: Buffer.from('hello') })
    const remove = { method: 'DELETE' }
    expect(await act('/pipelines/1', token, remove)).toMatchObject([403, { code: 'access.forbidden' }])
    const owner = await bench.token('owner')
    expect(await act('/pipelines/1', owner, remove)).toEqual([204, {}])
    expect(await act('/pipelines/1', owner, remove)).toMatchObject([404, {}])
    expect([await stateOf(1), await stateOf(2), bench.arranged.liveTokens.size]).toEqual(['gone', 'gone', 0])
    await expect(bench.arranged.pipelines.checkClaim(claim(job))).rejects.toThrow(/job/)
    await bench.pipeline(TEXT)
    expect(await bench.json(`${PROJECT}/pipelines`, token)).toMatchObject([{ id: 2, iid: 2 }])
    expect(await bench.json(`${PROJECT}/jobs/3/trace`, token).catch(() => 'empty')).toBe('empty')
  })
})

it('nothing is done to a job or a pipeline by way of another project', async () => {
  await bench.pipeline(TEXT, FEATURE)
  await bench.finish({ state: 'failed', log: 'x', archive: await zipOf({ 'dist/a': 'a' }) })
  const owner = await bench.token('owner')
  const paths = ['retry', 'cancel', 'erase', 'play', 'artifacts/keep'].map((path) => `jobs/1/${path}`)
  const posts = [...paths, 'pipelines/1/retry', 'pipelines/1/cancel'].map((path) => ['POST', path] as const)
  for (const [method, path] of [...posts, ['DELETE', 'jobs/1/artifacts'], ['DELETE', 'pipelines/1']] as const)
    expect((await bench.ask(`/projects/acme%2Fpublic/${path}`, owner, { method })).status, path).toBe(404)
  expect(await stateOf(1)).toBe('failed')
  expect((await bench.ask(`${PROJECT}/jobs/1/artifacts`, owner)).status).toBe(200)
})
