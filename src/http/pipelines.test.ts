import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BENCH_URL, openPipelineBench, type PipelineBench } from './pipelines-server.contract.ts'

let bench: PipelineBench
let token: string
beforeEach(async () => {
  bench = await openPipelineBench()
  token = await bench.token()
})
afterEach(() => bench.close())

const PROJECT = '/projects/acme%2Fprivate'
const ONE = 'stages: [a, b]\none: { stage: a, script: [x] }\ntwo: { stage: b, script: [y] }\n'
type Row = Record<string, unknown>

const rows = async (query: string): Promise<Row[]> =>
  (await bench.json(`${PROJECT}/pipelines?${query}`, token)) as Row[]
const idsOf = async (query: string): Promise<unknown[]> => (await rows(query)).map(({ id }) => id)

describe('the pipelines of a project', () => {
  it('are listed in GitLab’s rows, the newest first, with its headers', async () => {
    for (let count = 0; count < 3; count += 1) await bench.pipeline(ONE)
    await bench.pipeline(ONE, {}, bench.projects.public)
    const answer = await bench.ask(`${PROJECT}/pipelines?per_page=2&ref=main`, token)
    expect(answer.status).toBe(200)
    const [first, second, ...rest] = (await answer.json()) as Row[]
    expect(rest).toEqual([])
    expect([first?.['id'], second?.['id']]).toEqual([3, 2])
    expect(first).toEqual({
      id: 3,
      iid: 3,
      project_id: bench.projects.private.id,
      sha: '714a'.repeat(10),
      ref: 'main',
      status: 'pending',
      source: 'push',
      created_at: '2026-01-02T03:04:05.000Z',
      updated_at: '2026-01-02T03:04:05.000Z',
      web_url: `${BENCH_URL}/acme/private/-/pipelines/3`,
      name: null,
    })
    const headers = ['x-total', 'x-total-pages', 'x-page', 'x-next-page', 'x-per-page', 'cache-control']
    expect(headers.map((name) => answer.headers.get(name))).toEqual([
      '3',
      '2',
      '1',
      '2',
      '2',
      'private, no-store',
    ])
    expect(answer.headers.get('link')).toContain(`ref=main&page=2&per_page=2>; rel="next"`)
  })

  it('are found by what is asked for', async () => {
    await bench.pipeline(ONE)
    await bench.pipeline(ONE, { source: 'web' })
    await bench.finish()
    await bench.finish()
    await bench.arranged.pipelines.cancel(2)
    const found: Record<string, number[]> = {
      'status=success': [1],
      'status=canceled': [2],
      'scope=finished': [2, 1],
      'scope=running&status=success': [],
      'source=web': [2],
      'username=ada': [2, 1],
      'username=bob': [],
      'ref=other': [],
      [`sha=${'714A'.repeat(10)}`]: [2, 1],
      'order_by=updated_at&sort=asc': [1, 2],
      'updated_after=2026-01-02': [2, 1],
      'updated_before=2026-01-02T00:00:00Z': [],
    }
    for (const [query, ids] of Object.entries(found)) expect(await idsOf(query), query).toEqual(ids)
  })

  it.each([
    'status=x',
    'scope=branches',
    'order_by=sha',
    'sort=up',
    'page=0',
    'per_page=x',
    'page=501',
    'updated_after=now',
    'updated_after=1',
    `ref=${'x'.repeat(256)}`,
  ])('are not listed for %s', async (query) => {
    expect((await bench.ask(`${PROJECT}/pipelines?${query}`, token)).status).toBe(400)
  })

  it('are shown one by one, the newest of a ref by name', async () => {
    await bench.pipeline(ONE)
    await bench.pipeline(ONE)
    await bench.finish()
    bench.advance(90_000)
    const one = (await bench.json(`${PROJECT}/pipelines/1`, token)) as Row
    expect(one).toMatchObject({
      id: 1,
      status: 'running',
      before_sha: '0'.repeat(40),
      tag: false,
      user: { username: 'ada' },
      started_at: '2026-01-02T03:04:05.000Z',
      finished_at: null,
      duration: null,
      queued_duration: 0,
      detailed_status: {
        icon: 'status_running',
        text: 'Running',
        group: 'running',
        details_path: '/acme/private/-/pipelines/1',
      },
    })
    expect(await bench.json(`${PROJECT}/pipelines/latest?ref=main`, token)).toMatchObject({ id: 2 })
    expect(await bench.json(`${PROJECT}/pipelines/latest`, token)).toMatchObject({ id: 2 })
    expect((await bench.ask(`${PROJECT}/pipelines/latest?ref=x`, token)).status).toBe(404)
    expect((await bench.ask(`${PROJECT}/pipelines/9`, token)).status).toBe(404)
  })

  it('are not shown under another project', async () => {
    await bench.pipeline(ONE)
    for (const path of ['pipelines/1', 'pipelines/1/jobs', 'pipelines/1/variables', 'jobs/1', 'jobs/1/trace'])
      expect((await bench.ask(`/projects/acme%2Fpublic/${path}`, token)).status, path).toBe(404)
  })

  it('tell developers the variables they were made with, and no masked value', async () => {
    const pipelineVariables = [
      { key: 'A', value: 'a' },
      { key: 'S', value: 'secret', isMasked: true },
      { key: 'F', value: 'f', isFile: true },
    ]
    await bench.pipeline(ONE, { pipelineVariables })
    expect(await bench.json(`${PROJECT}/pipelines/1/variables`, token)).toEqual([
      { key: 'A', variable_type: 'env_var', value: 'a', raw: false },
      { key: 'S', variable_type: 'env_var', value: null, raw: false },
      { key: 'F', variable_type: 'file', value: 'f', raw: false },
    ])
    const reporter = await bench.token('reporter')
    expect((await bench.ask(`${PROJECT}/pipelines/1/variables`, reporter)).status).toBe(403)
  })

  it('whose jobs are past their deadline are ended before they are shown', async () => {
    await bench.pipeline(ONE)
    await bench.arranged.take()
    bench.advance(3_600_000)
    expect(await bench.json(`${PROJECT}/pipelines/1`, token)).toMatchObject({ status: 'failed' })
    expect(await bench.json(`${PROJECT}/jobs/1`, token)).toMatchObject({
      status: 'failed',
      failure_reason: 'job_execution_timeout',
    })
  })
})

describe('a pipeline', () => {
  it('is cancelled by a developer and by nobody less', async () => {
    await bench.pipeline(ONE)
    const post = (who: string) => bench.ask(`${PROJECT}/pipelines/1/cancel`, who, { method: 'POST' })
    expect((await post(await bench.token('reporter'))).status).toBe(403)
    expect((await post(await bench.token('developer', 'read_api'))).status).toBe(403)
    const answer = await post(token)
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ status: 'canceled' }),
    ])
  })

  it('of a private project does not exist for strangers, and a public one for everybody', async () => {
    await bench.pipeline(ONE)
    await bench.pipeline(ONE, {}, bench.projects.public)
    for (const path of ['pipelines', 'pipelines/1', 'pipelines/1/jobs', 'jobs', 'jobs/1', 'jobs/1/trace']) {
      expect((await bench.ask(`${PROJECT}/${path}`)).status, path).toBe(404)
      expect((await bench.ask(`${PROJECT}/${path}`, 'glpat-wrong')).status, path).toBe(401)
    }
    expect((await bench.ask('/projects/acme%2Fpublic/pipelines/2')).status).toBe(200)
    expect(
      (await bench.ask('/projects/acme%2Fpublic/pipelines/2/cancel', undefined, { method: 'POST' })).status,
    ).toBe(401)
    const guest = await bench.token('guest')
    expect((await bench.ask(`${PROJECT}/pipelines`, guest)).status).toBe(403)
  })
})
