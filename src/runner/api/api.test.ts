import { describe, expect, it } from 'vitest'
import { Secret, WheelsealError, type Http, type HttpRequest, type HttpResponse } from '../../base/index.ts'
import { createRunnerApi } from './api.ts'

const job = { id: 7, token: 'glcbt-job' }
const signal = new AbortController().signal

describe("the client of GitLab's runner API", () => {
  it('asks for a job with its token, and echoes what the server said of its queue', async () => {
    const { api, requests } = arrange([
      { status: 204, headers: { 'x-gitlab-last-update': 'v7' } },
      { status: 204 },
    ])
    expect(await api.requestJob(signal)).toBeUndefined()
    await api.requestJob(signal)
    expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://host/gitlab/api/v4/jobs/request' })
    expect(body(requests[1])).toMatchObject({
      token: 'glrt-x',
      last_update: 'v7',
      system_id: 's_000000000000',
    })
  })

  it.each([204, 409, 503])('takes %i for no job', async (status) => {
    expect(await arrange([{ status }]).api.requestJob(signal)).toBeUndefined()
  })

  it('refuses a wrong token, with the words of the server', async () => {
    const { api } = arrange([{ status: 403, text: '{"message":"403 Forbidden"}' }])
    await expect(api.requestJob(signal)).rejects.toThrow('failed: HTTP 403: 403 Forbidden')
  })

  it('refuses a job that is not JSON', async () => {
    const { api } = arrange([{ status: 201, text: '<html>', headers: { 'content-type': 'text/html' } }])
    await expect(api.requestJob(signal)).rejects.toMatchObject({ code: 'runner.server' })
  })

  it('sends a part of a log with its range', async () => {
    const { api, requests } = arrange([{ status: 202, headers: { range: '0-15', 'job-status': 'running' } }])
    const answer = await api.patchTrace(job, { start: 10, bytes: Buffer.from('hello') })
    expect(requests[0]?.headers).toMatchObject({ 'content-range': '10-14', 'job-token': 'glcbt-job' })
    expect(answer).toEqual({
      status: 202,
      jobStatus: 'running',
      traceSize: 15,
      updateIntervalSeconds: undefined,
    })
  })

  it('tries again after 503 and a lost connection, with the pauses that are asked for', async () => {
    const { api, requests, pauses } = arrange([
      { status: 503, headers: { 'retry-after': '7' } },
      'unreachable',
      { status: 200 },
    ])
    expect((await api.updateJob(job, { state: 'success' })).status).toBe(200)
    expect([requests.length, pauses]).toEqual([3, [7_000, 2_000]])
  })

  it('gives up after five attempts', async () => {
    const { api, requests } = arrange(Array.from({ length: 9 }, () => ({ status: 500 })))
    expect((await api.updateJob(job, { state: 'success' })).status).toBe(500)
    expect(requests).toHaveLength(5)
  })

  it('streams an archive as the one file of a form whose length is announced', async () => {
    const { api, requests } = arrange([{ status: 201 }])
    await api.uploadArtifacts(job, upload('evil"\r\nname.zip'), signal)
    const [request] = requests
    expect(request?.url).toBe(
      'https://host/gitlab/api/v4/jobs/7/artifacts?artifact_format=zip&artifact_type=archive&expire_in=1+week',
    )
    const sent = await bytesOf(request)
    expect(request?.headers?.['content-length']).toBe(String(sent.length))
    expect(sent.toString('latin1')).toContain('name="file"; filename="evil___name.zip"')
    expect(sent.toString('latin1')).toContain('\r\n\r\nzip bytes\r\n--')
  })

  it('makes the body anew for each attempt', async () => {
    const { api, requests } = arrange([{ status: 502 }, { status: 201 }])
    await api.uploadArtifacts(job, upload('a.zip'), signal)
    expect((await bytesOf(requests[1])).toString('latin1')).toContain('zip bytes')
  })

  it('follows to a storage without giving it the token', async () => {
    const location = 'https://storage.example/a?signature=x'
    const { api, requests } = arrange([
      { status: 302, headers: { location } },
      { status: 200, text: 'zip' },
    ])
    expect(await (await api.downloadArtifacts(job, signal)).text(10)).toBe('zip')
    expect(requests[0]?.headers).toHaveProperty('job-token')
    expect(requests[1]?.url).toBe(location)
    expect(requests[1]?.headers).not.toHaveProperty('job-token')
  })

  it('follows neither in circles nor to another scheme', async () => {
    const circle = arrange(
      Array.from({ length: 9 }, () => ({ status: 302, headers: { location: '/again' } })),
    )
    await expect(circle.api.downloadArtifacts(job, signal)).rejects.toMatchObject({
      code: 'runner.artifacts',
    })
    const file = arrange([{ status: 302, headers: { location: 'file:///etc/passwd' } }])
    await expect(file.api.downloadArtifacts(job, signal)).rejects.toMatchObject({ code: 'runner.artifacts' })
  })
})

type Scripted = 'unreachable' | { status: number; text?: string; headers?: Record<string, string> }

function arrange(answers: Scripted[]) {
  const requests: HttpRequest[] = []
  const pauses: number[] = []
  const http: Http = {
    request: (request) => {
      requests.push(request)
      const answer = answers.shift()
      if (answer === undefined || answer === 'unreachable') {
        const kind = { status: 502, exit: 1, summary: '', hint: '' } as const
        return Promise.reject(new WheelsealError('net.unreachable', 'no answer', kind))
      }
      return Promise.resolve(response(answer))
    },
  }
  const clock = { nowMs: () => 0, sleep: (ms: number) => Promise.resolve(void pauses.push(ms)) }
  const entropy = { bytes: (length: number) => new Uint8Array(length), uuid: () => 'u' }
  const api = createRunnerApi({
    serverUrl: 'https://host/gitlab/',
    token: new Secret('glrt-x'),
    executorName: 'plain',
    http,
    clock,
    entropy,
  })
  return { api, requests, pauses }
}

function response({ status, text = '', headers = {} }: Exclude<Scripted, string>): HttpResponse {
  const bytes = Buffer.from(text)
  return {
    status,
    headers,
    body: (async function* one() {
      yield bytes
    })(),
    bytes: () => Promise.resolve(bytes),
    text: () => Promise.resolve(text),
  }
}

function upload(fileName: string) {
  return {
    fileName,
    format: 'zip',
    type: 'archive',
    expireIn: '1 week',
    size: 9,
    open: async function* open() {
      yield Buffer.from('zip bytes')
    },
  }
}

function body(request: HttpRequest | undefined): unknown {
  return JSON.parse(Buffer.from(request?.body as Uint8Array).toString('utf8'))
}

async function bytesOf(request: HttpRequest | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of (request?.body ?? []) as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts)
}
