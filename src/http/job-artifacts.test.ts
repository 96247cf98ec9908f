import { once } from 'node:events'
import { createConnection } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sendArtifacts } from './job-artifacts.ts'
import { archive, startJobServer, type JobServer, type SentBody } from './jobs-server.contract.ts'

let server: JobServer
beforeEach(async () => {
  server = await startJobServer(fetch)
})
afterEach(() => server.close())

const halfForm = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK half'

describe('an upload of artifacts', () => {
  it('may be sent again, but not with other bytes', async () => {
    const job = await server.running()
    const statuses = []
    for (const content of ['one', 'one', 'two'])
      statuses.push((await server.upload(job, archive(content))).status)
    expect(statuses).toEqual([201, 201, 400])
  })

  it.each<[string, () => SentBody, Record<string, string>, number]>([
    ['is larger than allowed', () => archive('x'.repeat(200_000)), {}, 413],
    ['is much larger than allowed', () => archive('x'.repeat(20_000_000)), {}, 413],
    ['has no file', () => archive('x', 'other'), {}, 400],
    ['is a text', () => 'PK', { 'content-type': 'text/plain' }, 415],
    ['has no boundary', () => 'PK', { 'content-type': 'multipart/form-data' }, 415],
    ['has another boundary', () => '--a\r\n', { 'content-type': 'multipart/form-data; boundary=b' }, 400],
    ['ends too early', () => halfForm, { 'content-type': 'multipart/form-data; boundary=b' }, 400],
    ['is empty', () => '', { 'content-type': 'multipart/form-data; boundary=b' }, 400],
  ])('that %s is refused', async (...[, body, headers, status]) => {
    const job = await server.running()
    const answer = await server.upload(job, body(), headers)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toHaveProperty('code')
    expect(await server.arranged.store.findArtifact(job.id, 'archive')).toBeUndefined()
  })

  const blob = (bytes: number): Blob => new Blob(['x'.repeat(bytes)])
  it.each<[string, (form: FormData) => void, number]>([
    ['a field', (form) => form.append('x', 'x'.repeat(2 << 20)), 413],
    ['a file', (form) => form.append('x', blob(2 << 20), 'x'), 413],
    ['many fields', (form) => Array.from({ length: 21 }, (_, at) => form.append(`x${at}`, '')), 400],
    ['many files', (form) => Array.from({ length: 3 }, () => form.append('x', blob(1), 'x')), 400],
  ])('is refused, and not kept, with too much beside it: %s', async (_what, add, status) => {
    const job = await server.running()
    for (const isFirst of [true, false]) {
      const form = isFirst ? archive('PK') : new FormData()
      add(form)
      if (!isFirst) form.append('file', blob(2), 'a.zip')
      expect((await server.upload(job, form)).status).toBe(status)
      expect(await server.arranged.store.findArtifact(job.id, 'archive')).toBeUndefined()
    }
  })

  it('is refused, and neither kept, where it is two', async () => {
    const job = await server.running()
    const form = archive('one')
    form.append('file', blob(2), 'b.zip')
    expect((await server.upload(job, form)).status).toBe(400)
    expect(await server.arranged.store.findArtifact(job.id, 'archive')).toBeUndefined()
  })

  it('is taken with a little beside it', async () => {
    const job = await server.running()
    const form = new FormData()
    form.append('comment', 'x'.repeat(500_000))
    form.append('metadata', new Blob(['x'.repeat(500_000)]), 'metadata.gz')
    form.append('file', new Blob(['PK']), 'a.zip')
    expect((await server.upload(job, form)).status).toBe(201)
  })

  it.each(['artifact_type=junit&artifact_format=gzip', 'artifact_type=archive&artifact_format=raw'])(
    'of the kind %s is refused',
    async (query) => {
      const job = await server.running()
      const headers = { 'job-token': job.token }
      const answer = await server.call('POST', `/jobs/1/artifacts?${query}`, { headers, body: archive('x') })
      expect(await answer.json()).toMatchObject({ code: 'pipelines.artifacts-kind' })
    },
  )

  it('has a name that cannot be mistaken for a path or a header', async () => {
    const job = await server.running()
    await server.upload(job, archive('x', 'file', '../"a\r\nb.zip'))
    expect((await server.arranged.store.findArtifact(job.id, 'archive'))?.filename).toMatch(
      /^[\w. +-]+\.zip$/,
    )
  })

  it.each(['build/out/a.zip', String.raw`C:\builds\a.zip`])(
    'is called by its last name: %s',
    async (name) => {
      const job = await server.running()
      await server.upload(job, archive('x', 'file', name))
      expect((await server.arranged.store.findArtifact(job.id, 'archive'))?.filename).toBe('a.zip')
    },
  )

  it('whose client goes away leaves nothing', async () => {
    const job = await server.running()
    const head = [
      `POST /api/v4/jobs/${job.id}/artifacts HTTP/1.1`,
      'Host: x',
      `JOB-TOKEN: ${job.token}`,
      'Content-Type: multipart/form-data; boundary=b',
      'Content-Length: 1000',
    ]
    const socket = createConnection(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end(`${head.join('\r\n')}\r\n\r\n${halfForm}`)
    socket.resume()
    await once(socket, 'close')
    expect(await server.arranged.store.findArtifact(job.id, 'archive')).toBeUndefined()
    expect((await server.upload(job, archive('whole'))).status).toBe(201)
  })

  it('is not there when the job made none', async () => {
    await server.running()
    await server.arranged.pipelines.updateJob({ jobId: 1, token: 'glcbt-64_secret1' }, { state: 'success' })
    const sign = await server.arranged.take()
    const answer = await server.call('GET', '/jobs/1/artifacts', { headers: { 'job-token': sign.token } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      404,
      'pipelines.artifacts-absent',
    ])
  })
})

it('artifacts that cannot be read name no file of the server', async () => {
  const stream = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.reject(new Error("EMFILE: open '/srv/data/blobs/x'"))
  }
  const openArtifacts = async () => ({ filename: 'a.zip', blob: { size: 1, stream } })
  const answer = await sendArtifacts({ pipelines: { openArtifacts }, claim: { jobId: 1, token: 't' } })
  await expect(answer.text()).rejects.toMatchObject({
    code: 'http.file',
    message: expect.not.stringContaining('srv') as string,
  })
})
