import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addFirstAgain } from '../pipelines/arrange.contract.ts'
import { BENCH_URL, openPipelineBench, zipOf, type PipelineBench } from './pipelines-server.contract.ts'

let bench: PipelineBench
let token: string
beforeEach(async () => {
  bench = await openPipelineBench()
  token = await bench.token('reporter', 'read_api')
})
afterEach(() => bench.close())

const PROJECT = '/projects/acme%2Fprivate'
const TWO = `stages: [a, b]
one: { stage: a, script: [x], artifacts: { paths: [dist] } }
two: { stage: b, script: [y] }
`
type Row = Record<string, unknown>

describe('the jobs of a project', () => {
  it('are listed, the newest first, and found by state', async () => {
    await bench.pipeline(TWO)
    await bench.pipeline(TWO)
    await bench.finish({ state: 'failed' })
    const idsOf = async (query: string): Promise<readonly [string | null, unknown[]]> => {
      const answer = await bench.ask(`${PROJECT}/jobs?${query}`, token)
      return [answer.headers.get('x-total'), ((await answer.json()) as Row[]).map(({ id }) => id)]
    }
    expect(await idsOf('')).toEqual(['4', [4, 3, 2, 1]])
    expect(await idsOf('scope=failed')).toEqual(['1', [1]])
    expect(await idsOf('scope[]=pending&scope[]=failed')).toEqual(['2', [3, 1]])
    expect(await idsOf('per_page=1&page=2')).toEqual(['4', [3]])
    for (const query of ['scope=x', 'scope[]=', `page=10001`])
      expect((await bench.ask(`${PROJECT}/jobs?${query}`, token)).status, query).toBe(400)
    const next = (
      await bench.ask(`${PROJECT}/jobs?per_page=1&scope[]=failed&scope[]=pending`, token)
    ).headers.get('link')
    expect(next).toContain('scope%5B%5D=failed&scope%5B%5D=pending&page=2&per_page=1>; rel="next"')
  })

  it('are GitLab’s rows', async () => {
    await bench.pipeline(TWO)
    await bench.finish({ archive: await zipOf({ 'dist/a.txt': 'hello' }) })
    const row = (await bench.json(`${PROJECT}/jobs/1`, token)) as Row
    expect(row).toMatchObject({
      id: 1,
      status: 'success',
      stage: 'a',
      name: 'one',
      ref: 'main',
      tag: false,
      allow_failure: false,
      created_at: '2026-01-02T03:04:05.000Z',
      started_at: '2026-01-02T03:04:05.000Z',
      finished_at: '2026-01-02T03:04:05.000Z',
      duration: 0,
      queued_duration: 0,
      user: { username: 'ada' },
      commit: { id: '714a'.repeat(10), short_id: '714a714a', title: 'pay $5 to %HOME%' },
      pipeline: { id: 1, status: 'running', web_url: `${BENCH_URL}/acme/private/-/pipelines/1` },
      web_url: `${BENCH_URL}/acme/private/-/jobs/1`,
      artifacts_file: { filename: 'artifacts.zip' },
      artifacts: [expect.objectContaining({ file_type: 'archive', file_format: 'zip' })],
      runner: { id: 1 },
      tag_list: [],
    })
    expect(row).not.toHaveProperty('failure_reason')
    expect(await bench.json(`${PROJECT}/jobs/2`, token)).not.toHaveProperty('artifacts_file')
  })

  it('of one pipeline are listed without those that were tried again, unless these are asked for', async () => {
    await bench.pipeline(TWO)
    await bench.finish({ state: 'failed' })
    await addFirstAgain(bench.arranged, 1)
    const idsOf = async (query: string) =>
      ((await bench.json(`${PROJECT}/pipelines/1/jobs?${query}`, token)) as Row[]).map(({ id }) => id)
    expect(await idsOf('')).toEqual([3, 2])
    expect(await idsOf('include_retried=true')).toEqual([3, 2, 1])
    expect(await idsOf('include_retried=true&scope[]=failed')).toEqual([1])
    expect(await idsOf('include_retried=true&per_page=1&page=3')).toEqual([1])
    expect((await bench.ask(`${PROJECT}/pipelines/1/jobs?include_retried=x`, token)).status).toBe(400)
  })
})

describe('the log of a job', () => {
  it('is what was printed, for a terminal and not for a browser', async () => {
    await bench.pipeline(TWO)
    const log = 'a\u001B[31m<script>\nü\n'
    await bench.finish({ log })
    const answer = await bench.ask(`${PROJECT}/jobs/1/trace`, token)
    expect([answer.status, await answer.text()]).toEqual([200, log])
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    const head = await bench.ask(`${PROJECT}/jobs/1/trace`, token, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('is empty where nothing was printed, and not there without a job', async () => {
    await bench.pipeline(TWO)
    expect(await (await bench.ask(`${PROJECT}/jobs/1/trace`, token)).text()).toBe('')
    expect((await bench.ask(`${PROJECT}/jobs/9/trace`, token)).status).toBe(404)
  })
})
