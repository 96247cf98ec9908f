import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { createAccess, type Access } from '../access/index.ts'
import { systemEntropy } from '../host/index.ts'
import {
  arrange,
  memoryBlobs,
  memoryTraces,
  NOW_MS,
  pipelineRequest,
  type Arranged,
} from '../pipelines/arrange.contract.ts'
import { createRunners, watchQueue, type JobPayload, type RunnerRows } from '../pipelines/index.ts'
import { createAccessStore, createPipelineStore, createRunnerRows, migrations } from '../storage/sql/index.ts'
import { openDatabase } from '../storage/sqlite/index.ts'
import { jobRoutes } from './jobs.ts'
import { listen } from './server.ts'

export type SentBody = string | FormData
type Headers = Readonly<Record<string, string>>

/** The runner API on a real socket, over a service on memory. */
export interface JobServer {
  readonly arranged: Arranged
  readonly access: Access
  readonly rows: RunnerRows
  readonly events: readonly { readonly name: string; readonly [field: string]: unknown }[]
  moveClock(ms: number): void
  readonly port: number
  call(
    method: string,
    path: string,
    init?: { readonly headers?: Headers; readonly body?: SentBody },
  ): Promise<Response>
  json(method: string, path: string, ...sent: [body: unknown, headers?: Headers]): Promise<Response>
  /** A pipeline's first job, running. */
  running(): Promise<JobPayload>
  trace(job: JobPayload, range: string | undefined, body: string): Promise<Response>
  upload(job: JobPayload, body: SentBody, headers?: Headers): Promise<Response>
  /** Throws when a request ended in an internal error or left a staged blob. */
  close(): Promise<void>
}

export async function startJobServer(fetch: typeof globalThis.fetch): Promise<JobServer> {
  const blobs = memoryBlobs()
  const time = { nowMs: NOW_MS }
  const ports = {
    clock: { nowMs: () => time.nowMs, sleep: async () => undefined },
    entropy: systemEntropy,
  }
  const database = await openDatabase(':memory:', migrations)
  const { store, version } = watchQueue(createPipelineStore(database), ports)
  const traces = memoryTraces()
  const limits = { maxTraceBytes: 2 << 20, maxArtifactsBytes: 100_000 }
  const arranged = { ...(await arrange({ blobs, limits, store, traces, ...ports })), store }
  const failures: unknown[] = []
  const events: JobServer['events'][number][] = []
  const log = {
    event: (name: string, fields = {}) => void events.push({ name, ...fields }),
    failure: (_: string, error: unknown) => failures.push(error),
  }
  const access = createAccess({ store: createAccessStore(database), ...ports })
  const rows = createRunnerRows(database, { maxManagers: 100 })
  const runners = createRunners({ store, rows, ...ports, log })
  const { pipelines } = arranged
  const routes = jobRoutes({ pipelines, runners, version, traces, access, ...ports, log })
  const server = await listen(new Hono<{ Bindings: HttpBindings }>().route('/', routes), {
    host: '127.0.0.1',
    port: 0,
  })
  const call: JobServer['call'] = (method, path, init = {}) =>
    fetch(`http://127.0.0.1:${server.port}/api/v4${path}`, { method, redirect: 'manual', ...init })
  return {
    arranged,
    access,
    rows,
    events,
    moveClock: (ms) => {
      time.nowMs += ms
    },
    port: server.port,
    call,
    ...shortcuts(call),
    running: async () => {
      await arranged.pipelines.create(pipelineRequest())
      return arranged.take()
    },
    close: async () => {
      await server.close(0)
      if (failures.length > 0) throw new AggregateError(failures, 'a request ended in an internal error')
      if (blobs.staged.size > 0) throw new Error('a staged blob was left behind')
    },
  }
}

function shortcuts(call: JobServer['call']): Pick<JobServer, 'json' | 'trace' | 'upload'> {
  return {
    json: (method, path, ...[body, headers]) =>
      call(method, path, {
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    trace: (job, range, body) => {
      const headers = { 'job-token': job.token, ...(range === undefined ? {} : { 'content-range': range }) }
      return call('PATCH', `/jobs/${job.id}/trace?debug_trace=false`, { headers, body })
    },
    upload: (job, body, headers = {}) => {
      const query = 'artifact_format=zip&artifact_type=archive&expire_in=1+week'
      return call('POST', `/jobs/${job.id}/artifacts?${query}`, {
        headers: { 'job-token': job.token, ...headers },
        body,
      })
    },
  }
}

export function archive(content: string, field = 'file', name = 'artifacts.zip'): FormData {
  const form = new FormData()
  form.set(field, new File([content], name, { type: 'application/octet-stream' }))
  return form
}
