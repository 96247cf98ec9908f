import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Http, HttpRequest, HttpResponse } from '../../base/index.ts'
import { listen } from '../../http/index.ts'

/** The token of every job that the server hands out. */
export const TOKEN = 'glcbt-64_job-token-of-the-test'

/** A server that plays the runner API of gitlab-surface 5 and keeps what it was told. */
export interface FakeServer {
  readonly url: string
  readonly jobs: object[]
  readonly requests: object[]
  readonly artifacts: Map<number, { query: string; bytes: Uint8Array }>
  /** All of them, in their order. */
  readonly uploads: { query: string; name: string; bytes: Uint8Array }[]
  readonly trace: Buffer
  artifactStatus: number
  /** What each part of a log is answered with. */
  jobStatus: () => string
  onFirstRequest: () => void
  /** Of the job that was handed out last, where none is named. */
  log(id?: number): string
  final(id?: number): object | undefined
  reset(): void
  close(): Promise<void>
}

interface State {
  /** The job that was handed out last; what is asked for is of it. */
  last: number
  readonly traces: Map<number, Buffer>
  readonly updates: Map<number, { state?: string }[]>
}

function traceOf({ traces }: State, id: number): Buffer {
  return traces.get(id) ?? Buffer.alloc(0)
}

type App = Hono<{ Bindings: HttpBindings }>

export async function startServer(): Promise<FakeServer> {
  const state: State = { last: 0, traces: new Map(), updates: new Map() }
  const app: App = new Hono()
  const listening = await listen(app, { host: '127.0.0.1', port: 0 })
  const fake: FakeServer = {
    url: `http://127.0.0.1:${listening.port}`,
    jobs: [],
    requests: [],
    artifacts: new Map(),
    uploads: [],
    artifactStatus: 201,
    jobStatus: () => 'running',
    onFirstRequest: () => undefined,
    get trace() {
      return traceOf(state, state.last)
    },
    log: (id = state.last) => traceOf(state, id).toString('utf8'),
    final: (id = state.last) => state.updates.get(id)?.findLast((update) => update.state !== 'running'),
    reset: () => {
      fake.jobs.length = 0
      fake.uploads.length = 0
      fake.artifactStatus = 201
      fake.jobStatus = () => 'running'
      fake.onFirstRequest = () => undefined
    },
    close: () => listening.close(100),
  }
  jobRoutes(app, fake, state)
  artifactRoutes(app, fake)
  return fake
}

function jobRoutes(app: App, fake: FakeServer, state: State): void {
  app.post('/api/v4/jobs/request', async (context) => {
    fake.requests.push(await context.req.json())
    const job = fake.jobs.shift()
    if (job === undefined) return context.body(null, 204, { 'x-gitlab-last-update': 'v1' })
    state.last = Number((job as { id?: unknown }).id)
    state.traces.set(state.last, Buffer.alloc(0))
    state.updates.set(state.last, [])
    fake.onFirstRequest()
    return context.json(job, 201)
  })
  app.patch('/api/v4/jobs/:id/trace', async (context) => {
    if (context.req.header('job-token') !== TOKEN) return context.text('403', 403)
    const start = Number(/^(\d+)-/.exec(context.req.header('content-range') ?? '')?.[1])
    const id = Number(context.req.param('id'))
    const part = Buffer.from(await context.req.arrayBuffer())
    const before = traceOf(state, id)
    if (start !== before.length) return context.text('416', 416, { range: `0-${before.length}` })
    const trace = Buffer.concat([before, part])
    state.traces.set(id, trace)
    return context.text('202', 202, { range: `0-${trace.length}`, 'job-status': fake.jobStatus() })
  })
  app.put('/api/v4/jobs/:id', async (context) => {
    const update: { state?: string } = await context.req.json()
    state.updates.get(Number(context.req.param('id')))?.push(update)
    return context.text('200', 200)
  })
}

function artifactRoutes(app: App, fake: FakeServer): void {
  app.post('/api/v4/jobs/:id/artifacts', async (context) => {
    const file = (await context.req.formData()).get('file')
    if (!(file instanceof File)) return context.json({ message: '400 Bad request' }, 400)
    if (fake.artifactStatus !== 201) return new Response('{"message":"413"}', { status: fake.artifactStatus })
    const query = new URL(context.req.url).search.slice(1)
    const bytes = new Uint8Array(await file.arrayBuffer())
    fake.artifacts.set(Number(context.req.param('id')), { query, bytes })
    fake.uploads.push({ query, name: file.name, bytes })
    return context.json({ message: '201 Created' }, 201)
  })
  app.get('/api/v4/jobs/:id/artifacts', (context) => {
    const found = fake.artifacts.get(Number(context.req.param('id')))
    return found === undefined ? context.text('404', 404) : context.body(Buffer.from(found.bytes))
  })
}

/** The Http port as `net/` has it, over fetch. */
export const fetchHttp: Http = {
  request: async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await globalThis.fetch(request.url, {
      method: request.method,
      redirect: 'manual',
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body, duplex: 'half' }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
    const bytes = async (): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: response.body ?? (async function* none() {})(),
      bytes,
      text: async () => Buffer.from(await bytes()).toString('utf8'),
    }
  },
}
