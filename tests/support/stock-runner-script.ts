import { crc32, gzipSync } from 'node:zlib'
import type { JobPayload } from '../../src/pipelines/index.ts'

/**
 * What a stock gitlab-runner says to a server, written after its source (`network/gitlab.go`, `network/trace.go`): its
 * headers, how it goes on after a lost answer, a 412 and a 416, and when it stops. It runs nothing: a job prints what its
 * script has as text. It stands in for the runner that cannot be built here, and proves no more than that.
 */
export interface StockRunner {
  /** Undefined for 204. Throws at anything but 201 and 204. */
  take(): Promise<StockJob | undefined>
}

export interface StockJob {
  readonly payload: JobPayload
  /** What the server answered to each part and to the end, as status and `Job-Status`. */
  readonly answers: string[]
  print(text: string): void
  /** As it does every few seconds. */
  update(): Promise<'running' | 'cancel' | 'abort'>
  upload(kind: { readonly type: string; readonly format: string }, bytes: Uint8Array): Promise<number>
  /** Archives of the jobs that this one depends on. */
  download(): Promise<readonly Buffer[]>
  /** Sends all of the log, then the end, until the server has taken it. */
  finish(state: 'success' | 'failed', exitCode?: number): Promise<'done' | 'abort'>
}

interface StockRunnerParts {
  readonly url: string
  readonly token: string
  readonly fetch: typeof fetch
}

const AGENT = 'gitlab-runner 19.4.0 (19-4-stable; go1.26.5; linux/amd64)'
const SYSTEM_ID = 's_0123456789ab'
const INFO = {
  name: 'gitlab-runner',
  version: '19.4.0',
  platform: 'linux',
  architecture: 'amd64',
  executor: 'shell',
  shell: 'bash',
  features: {
    variables: true,
    artifacts: true,
    cancelable: true,
    cancel_gracefully: true,
    trace_checksum: true,
  },
}

export function stockRunner({ url, token, fetch: send }: StockRunnerParts): StockRunner {
  let lastUpdate = ''
  const call: Call = (method, path, { headers = {}, body } = {}) =>
    send(`${url}/api/v4/${path}`, {
      method,
      headers: { 'User-Agent': AGENT, 'X-Request-Id': crypto.randomUUID().replaceAll('-', ''), ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
    })
  return {
    take: async () => {
      const request = { info: INFO, token, system_id: SYSTEM_ID, last_update: lastUpdate }
      const headers = { ...JSON_HEADERS, 'RUNNER-TOKEN': token }
      const answer = await call('POST', 'jobs/request', { headers, body: JSON.stringify(request) })
      lastUpdate = answer.headers.get('x-gitlab-last-update') ?? lastUpdate
      if (answer.status === 204) return undefined
      if (answer.status !== 201) throw new Error(`jobs/request: ${answer.status}`)
      return stockJob(call, (await answer.json()) as JobPayload)
    },
  }
}

const JSON_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' }
const MAX_PATCH_BYTES = 1 << 20
const MAX_TRIES = 20

type Sent = {
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData
}
type Call = (method: string, path: string, sent?: Sent) => Promise<Response>
type Patched = 'sent' | 'mismatch' | 'again' | 'gone' | 'abort'

function stockJob(call: Call, payload: JobPayload): StockJob {
  const { id, token } = payload
  const answers: string[] = []
  let log = Buffer.alloc(0)
  let sent = 0
  let isCanceling = false
  const note = (answer: Response): string => {
    const status = answer.headers.get('job-status') ?? ''
    answers.push(`${answer.status} ${status}`.trim())
    if (status === 'canceling') isCanceling = true
    return status
  }
  const patch = async (): Promise<Patched> => {
    const part = log.subarray(sent, sent + MAX_PATCH_BYTES)
    if (part.length === 0) return 'sent'
    const headers = {
      'Content-Type': 'text/plain',
      'Content-Range': `${sent}-${sent + part.length - 1}`,
      'JOB-TOKEN': token,
    }
    const path = `jobs/${id}/trace?debug_trace=false`
    const answer = await call('PATCH', path, { headers, body: new Uint8Array(part) }).catch(() => undefined)
    if (answer === undefined) return 'again'
    if (['failed', 'canceled'].includes(note(answer))) return 'abort'
    if (answer.status === 202) sent += part.length
    else if (answer.status === 416) sent = Number(answer.headers.get('range')?.split('-')[1])
    return ({ 202: 'sent', 416: 'mismatch', 404: 'gone' } as const)[answer.status] ?? 'again'
  }
  const put = async (state: string, more: object = {}): Promise<Response> => {
    const output = {
      checksum: `crc32:${crc32(log).toString(16).padStart(8, '0')}`,
      bytesize: log.length,
    }
    const body = JSON.stringify({ info: INFO, token, state, checksum: output.checksum, output, ...more })
    return call('PUT', `jobs/${id}`, { headers: { ...JSON_HEADERS, 'JOB-TOKEN': token }, body })
  }
  const sendAll = async (): Promise<void> => {
    for (let tries = 0; sent !== log.length && tries < MAX_TRIES; tries++)
      if (['abort', 'gone'].includes(await patch())) return
  }
  return {
    payload,
    answers,
    print: (text) => {
      log = Buffer.concat([log, Buffer.from(text)])
    },
    update: async () => {
      if ((await patch()) === 'abort') return 'abort'
      const isDead = ['failed', 'canceled'].includes(note(await put('running')))
      return isDead ? 'abort' : isCanceling ? 'cancel' : 'running'
    },
    upload: async ({ type, format }, bytes) => {
      const form = new FormData()
      form.set('file', new File([new Uint8Array(bytes)], `${type}.${format}`))
      const query = new URLSearchParams({ expire_in: '1 week', artifact_format: format, artifact_type: type })
      const headers = { 'JOB-TOKEN': token }
      return (await call('POST', `jobs/${id}/artifacts?${query.toString()}`, { headers, body: form })).status
    },
    download: async () => {
      const archives = []
      for (const one of payload['dependencies'] as readonly { id: number; token: string }[]) {
        const path = `jobs/${one.id}/artifacts?direct_download=true`
        const answer = await call('GET', path, { headers: { 'JOB-TOKEN': one.token } })
        archives.push(Buffer.from(await answer.arrayBuffer()))
      }
      return archives
    },
    finish: async (state, exitCode) => {
      const failure = state === 'failed' ? { failure_reason: 'script_failure', exit_code: exitCode ?? 1 } : {}
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        await sendAll()
        const answer = await put(state, failure)
        if (['failed', 'canceled'].includes(note(answer)) && answer.status !== 200) return 'abort'
        if (answer.status === 200) return 'done'
        if ([403, 404].includes(answer.status)) return 'abort'
        if (answer.status === 412) sent = 0
      }
      throw new Error('the server never took the end of the job')
    },
  }
}

export function gzipped(text: string): Uint8Array {
  return gzipSync(text)
}
