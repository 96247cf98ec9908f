import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPipelineBench, zipOf, type PipelineBench } from './pipelines-server.contract.ts'

let bench: PipelineBench
let token: string
let archive: Buffer
beforeEach(async () => {
  bench = await openPipelineBench()
  token = await bench.token('reporter', 'read_api')
  archive = await zipOf({ 'dist/a b.txt': 'hello', 'dist/ü.txt': 'x', 'b.html': '<script>' })
  await bench.pipeline('one: { script: [x], artifacts: { paths: [dist] } }\n', {
    commit: { ...COMMIT, ref: 'feature/x' },
  })
  await bench.finish({ archive })
})
afterEach(() => bench.close())

const COMMIT = {
  repositoryUrl: 'http://127.0.0.1:7711/acme/private.git',
  sha: '714a'.repeat(10),
  ref: 'main',
  refType: 'branch',
} as const
const JOBS = '/projects/acme%2Fprivate/jobs'
const REF = `${JOBS}/artifacts/feature%2Fx`
const get = (path: string, init?: RequestInit): Promise<Response> => bench.ask(path, token, init)

describe('the artifacts of a job', () => {
  it.each(['1/artifacts', 'artifacts/feature%2Fx/download?job=one'])(
    'are the archive as it was uploaded, whole or a range of it: %s',
    async (path) => {
      const answer = await get(`${JOBS}/${path}`)
      expect(answer.status).toBe(200)
      expect(Buffer.from(await answer.arrayBuffer()).equals(archive)).toBe(true)
      expect(answer.headers.get('content-type')).toBe('application/zip')
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="artifacts.zip"')
      const part = await get(`${JOBS}/${path}`, { headers: { range: 'bytes=0-1' } })
      expect([part.status, await part.text()]).toEqual([206, 'PK'])
    },
  )

  it.each([
    ['1/artifacts/dist/a%20b.txt', 'hello', 'a_b.txt'],
    ['1/artifacts/dist/%C3%BC.txt', 'x', '_.txt'],
    ['1/artifacts/b.html', '<script>', 'b.html'],
    ['artifacts/feature%2Fx/raw/dist/a%20b.txt?job=one', 'hello', 'a_b.txt'],
  ])('are given one by one, and never as a page: %s', async (path, content, name) => {
    const answer = await get(`${JOBS}/${path}`)
    expect([answer.status, await answer.text()]).toEqual([200, content])
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`)
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(content)))
  })

  it.each([
    [`${JOBS}/1/artifacts/dist`, 404, 'pipelines.archive-member'],
    [`${JOBS}/1/artifacts/dist/`, 404, 'pipelines.archive-member'],
    [`${JOBS}/1/artifacts/../b.html`, 404, undefined],
    [`${JOBS}/1/artifacts/%2e%2e%2fb.html`, 404, 'pipelines.archive-member'],
    [`${JOBS}/1/artifacts/dist%2Fa%20b.txt%00`, 404, 'pipelines.archive-member'],
    [`${JOBS}/9/artifacts`, 404, 'pipelines.unknown'],
    [`${REF}/download?job=two`, 404, 'pipelines.unknown'],
    [`${REF}/download`, 400, 'http.body-shape'],
    [`${JOBS}/artifacts/main/download?job=one`, 404, 'pipelines.unknown'],
    [`${REF}/raw/none?job=one`, 404, 'pipelines.archive-member'],
  ])('are not at %s', async (path, status, code) => {
    const answer = await get(path)
    expect(answer.status).toBe(status)
    if (code !== undefined) expect(await answer.json()).toMatchObject({ code })
  })

  it('are those of the newest pipeline that succeeded', async () => {
    const newer = await zipOf({ 'b.html': 'newer' })
    const request = { commit: { ...COMMIT, ref: 'feature/x' } }
    const text = 'one: { script: [x], artifacts: { paths: [dist] } }\n'
    await bench.pipeline(text, request)
    await bench.finish({ archive: newer })
    await bench.pipeline(text, request)
    await bench.finish({ archive, state: 'failed' })
    expect(await (await get(`${REF}/raw/b.html?job=one`)).text()).toBe('newer')
  })

  it('are not there for a job that left none', async () => {
    await bench.pipeline('one: { script: [x] }\n')
    await bench.finish()
    const answer = await get(`${JOBS}/2/artifacts`)
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'pipelines.artifacts-absent' }),
    ])
  })

  it('are open to a running job of the project, and to no other job', async () => {
    const grant = { userId: 1, expiresAtMs: Number.MAX_SAFE_INTEGER, jobId: 50 }
    const own = await bench.access.issueJobToken({ ...grant, projectId: bench.projects.private.id })
    const other = await bench.access.issueJobToken({
      ...grant,
      jobId: 51,
      projectId: bench.projects.public.id,
    })
    const asJob = async (secret: typeof own) =>
      (await bench.ask(`${JOBS}/1/artifacts`, undefined, { headers: { 'job-token': secret.reveal() } }))
        .status
    expect(await asJob(own)).toBe(200)
    expect(await asJob(other)).toBe(404)
    expect((await bench.ask(`${JOBS}/1/artifacts`)).status).toBe(404)
    expect((await bench.ask(`${JOBS}/1/artifacts/b.html`)).status).toBe(404)
  })
})
