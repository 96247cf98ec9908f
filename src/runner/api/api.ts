import { arch, platform } from 'node:process'
import { utf8, type HttpRequest, type HttpResponse, type JsonValue } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import { downloadArtifacts, uploadArtifacts, type ArtifactUpload } from './transfer.ts'
import {
  createWire,
  reason,
  RUNNER_VERSION,
  type JobAddress,
  type RunnerApiOptions,
  type Wire,
} from './wire.ts'

const MAX_PAYLOAD_BYTES = 8 << 20
const MAX_ANSWER_BYTES = 64 << 10
/** A server may hold the answer until there is a job; Workhorse does for 50 seconds. */
const LONG_POLL_TIMEOUT_MS = 65_000

/** What a server or a proxy in front of it says for a while. */
const PASSING: readonly number[] = [408, 429, 500, 502, 504]

/** What this runner can do, in the words of the stock runner (gitlab-surface 5.2). */
const FEATURES: JsonValue = {
  variables: true,
  raw_variables: true,
  artifacts: true,
  artifacts_exclude: true,
  upload_multiple_artifacts: true,
  cache: true,
  fallback_cache_keys: true,
  refspecs: true,
  masking: true,
  multi_build_steps: true,
  trace_reset: true,
  trace_checksum: true,
  trace_size: true,
  cancelable: true,
  cancel_gracefully: true,
  return_exit_code: true,
  shared: true,
}

/** What the server says of the job in its headers. */
export interface JobAnswer {
  readonly status: number
  /** `running`, `canceling`, `canceled`, `failed`, … */
  readonly jobStatus: string | undefined
  readonly updateIntervalSeconds: number | undefined
  /** So many bytes of the trace the server has. */
  readonly traceSize: number | undefined
}

export interface JobUpdate {
  readonly state: 'running' | 'success' | 'failed'
  readonly failureReason?: string
  readonly exitCode?: number
  readonly output?: { readonly checksum: string; readonly bytesize: number }
}

/** GitLab's runner API, client side (gitlab-surface 5.2-5.4). Any status comes back as an answer. */
export interface RunnerApi {
  /** The payload as text, or undefined when there is no job. */
  requestJob(signal: AbortSignal): Promise<string | undefined>
  patchTrace(job: JobAddress, part: TracePart): Promise<JobAnswer>
  updateJob(job: JobAddress, update: JobUpdate): Promise<JobAnswer>
  uploadArtifacts(job: JobAddress, upload: ArtifactUpload, signal: AbortSignal): Promise<void>
  downloadArtifacts(job: JobAddress, signal: AbortSignal): Promise<HttpResponse>
}

interface TracePart {
  readonly start: number
  readonly bytes: Uint8Array
}

export function createRunnerApi(options: RunnerApiOptions): RunnerApi {
  const wire = createWire(options)
  const requestJob = createJobRequest(wire, options)
  return {
    requestJob,
    patchTrace: async (job, part) => answer(await wire.send(() => tracePatch(wire, job, part))),
    updateJob: async (job, update) => answer(await wire.send(() => jobPut(wire, job, update))),
    uploadArtifacts: (job, upload, signal) => uploadArtifacts(wire, { job, upload, signal }),
    downloadArtifacts: (job, signal) => downloadArtifacts(wire, job, signal),
  }
}

/** The server's last word on its queue is echoed, so that it can answer at once while nothing has changed. */
function createJobRequest(wire: Wire, options: RunnerApiOptions): RunnerApi['requestJob'] {
  let lastUpdate = ''
  return async (signal) => {
    const token = options.token.reveal()
    const response = await options.http.request({
      method: 'POST',
      url: `${wire.root}/jobs/request`,
      headers: wire.headers({ 'content-type': 'application/json', 'runner-token': token }),
      body: json({ info: info(wire), token, system_id: wire.systemId, last_update: lastUpdate }),
      signal,
      timeoutMs: LONG_POLL_TIMEOUT_MS,
    })
    const text = await response.text(MAX_PAYLOAD_BYTES)
    lastUpdate = response.headers['x-gitlab-last-update'] ?? lastUpdate
    return payload(response, text)
  }
}

function tracePatch(wire: Wire, job: JobAddress, { start, bytes }: TracePart): HttpRequest {
  return {
    method: 'PATCH',
    url: `${wire.root}/jobs/${job.id}/trace?debug_trace=false`,
    headers: wire.headers({
      'job-token': job.token,
      'content-type': 'text/plain',
      'content-length': String(bytes.length),
      'content-range': `${start}-${start + bytes.length - 1}`,
    }),
    body: bytes,
  }
}

function jobPut(wire: Wire, job: JobAddress, update: JobUpdate): HttpRequest {
  return {
    method: 'PUT',
    url: `${wire.root}/jobs/${job.id}`,
    headers: wire.headers({ 'job-token': job.token, 'content-type': 'application/json' }),
    body: json(updateBody(wire, job, update)),
  }
}

function info({ executorName }: Wire): JsonValue {
  return {
    name: 'wheelseal-runner',
    version: RUNNER_VERSION,
    revision: '',
    platform,
    architecture: arch,
    executor: executorName,
    shell: 'bash',
    features: FEATURES,
  }
}

function json(value: JsonValue): Uint8Array {
  return utf8(JSON.stringify(value))
}

function updateBody(wire: Wire, job: JobAddress, update: JobUpdate): JsonValue {
  return {
    info: info(wire),
    token: job.token,
    system_id: wire.systemId,
    state: update.state,
    ...(update.failureReason === undefined ? {} : { failure_reason: update.failureReason }),
    ...(update.exitCode === undefined ? {} : { exit_code: update.exitCode }),
    ...(update.output === undefined ? {} : { output: { ...update.output } }),
  }
}

function payload(response: HttpResponse, text: string): string | undefined {
  if (response.status === 201) {
    const type = response.headers['content-type'] ?? ''
    if (!type.toLowerCase().startsWith('application/json')) {
      throw runnerErrors('runner.server', `the server sent a job as ${type || 'no content type'}`)
    }
    return text
  }
  // 409: another runner was faster; 503: the server asks for patience. Both mean: ask again later.
  if (response.status === 204 || response.status === 409 || response.status === 503) return undefined
  const code = PASSING.includes(response.status) ? 'runner.unavailable' : 'runner.server'
  throw runnerErrors(code, `requesting a job failed: HTTP ${response.status}${reason(text)}`)
}

async function answer(response: HttpResponse): Promise<JobAnswer> {
  await response.bytes(MAX_ANSWER_BYTES)
  const range = /^0-(\d{1,15})$/.exec(response.headers['range'] ?? '')
  const interval = Number(response.headers['x-gitlab-trace-update-interval'] ?? Number.NaN)
  return {
    status: response.status,
    jobStatus: response.headers['job-status'],
    updateIntervalSeconds: Number.isFinite(interval) && interval > 0 ? interval : undefined,
    traceSize: range === null ? undefined : Number(range[1]),
  }
}
