import { describe, expect, it } from 'vitest'
import { Secret, utf8, type HttpRequest, type HttpResponse } from '../../base/index.ts'
import { openInstanceProject } from './instance-project.ts'

type Answer = readonly [status: number, body: unknown]

/** A server that answers by method and path. */
function instance(answers: Readonly<Record<string, Answer>>) {
  const asked: HttpRequest[] = []
  const request = async (one: HttpRequest): Promise<HttpResponse> => {
    asked.push(one)
    const { pathname } = new URL(one.url)
    const [status, body] = answers[`${one.method} ${pathname.replace('/api/v4', '')}`] ?? [404, {}]
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const bytes = utf8(text)
    const parts = (async function* () {
      yield bytes
    })()
    return { status, headers: {}, body: parts, bytes: async () => bytes, text: async () => text }
  }
  const parts = { url: 'https://seal.example.com', token: new Secret('glpat-x'), http: { request } }
  return { asked, open: () => openInstanceProject(parts, 'acme/tools') }
}

const PROJECT: Readonly<Record<string, Answer>> = {
  'GET /projects/acme%2Ftools': [200, { id: 7, path_with_namespace: 'acme/tools' }],
}
const PIPELINE = { id: 3, status: 'running', web_url: 'https://x', created_at: '2026-01-02T03:04:05.678Z' }
const job = (id: number, name: string) => ({
  id,
  name,
  stage: 'test',
  status: 'failed',
  allow_failure: false,
})

describe('a project of an instance', () => {
  it.each([
    [401, 'client.run-right'],
    [403, 'client.run-right'],
    [404, 'client.run-project'],
    [500, 'net.refused'],
  ])('that answers %d is %s, and the token is in no error', async (status, code) => {
    const answer = [status, { message: 'no' }] as const
    const opened = instance({ 'GET /projects/acme%2Ftools': answer }).open()
    await expect(opened).rejects.toMatchObject({ code, message: expect.not.stringContaining('glpat-x') })
  })

  it.each([
    ['a page', '<html>', 'base.json'],
    ['another shape', { id: '7' }, 'net.reply'],
    ['nothing', '', 'net.reply'],
  ])('that answers with %s is refused', async (_what, body, code) => {
    const opened = instance({ 'GET /projects/acme%2Ftools': [200, body] }).open()
    await expect(opened).rejects.toMatchObject({ code })
  })

  it('has a runner for itself, which goes with its own token', async () => {
    const runner = [201, { id: 9, token: 'glrt-x' }] as const
    const { asked, open } = instance({
      ...PROJECT,
      'POST /user/runners': runner,
      'DELETE /runners': [204, ''],
    })
    await (await (await open()).createRunner('here')).remove()
    const sent = asked.slice(1).map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString()))
    expect(sent).toEqual([
      { runner_type: 'project_type', project_id: 7, description: 'here', run_untagged: true },
      { token: 'glrt-x' },
    ])
  })

  it('shows a pipeline with its jobs in their order, and which of them were tried again', async () => {
    const { open } = instance({
      ...PROJECT,
      'GET /projects/7/pipelines/3': [200, { ...PIPELINE, yaml_errors: null }],
      'GET /projects/7/pipelines/3/jobs': [200, [job(6, 'a'), job(5, 'b'), job(4, 'a')]],
    })
    const { jobs, ...pipeline } = await (await open()).pipeline(3)
    expect(pipeline).toMatchObject({ id: 3, state: 'running', yamlErrors: null, webUrl: 'https://x' })
    expect(jobs.map(({ id, isRetried }) => [id, isRetried])).toEqual([
      [4, true],
      [5, false],
      [6, false],
    ])
  })

  it('is not asked for jobs without end', async () => {
    const jobs = Array.from({ length: 100 }, (_, at) => job(at + 1, 'a'))
    const { open, asked } = instance({
      ...PROJECT,
      'GET /projects/7/pipelines/3': [200, PIPELINE],
      'GET /projects/7/pipelines/3/jobs': [200, jobs],
    })
    await expect((await open()).pipeline(3)).rejects.toMatchObject({ code: 'net.reply' })
    expect(asked.length).toBeLessThan(60)
  })
})
