import { baseErrors, Secret, sha256Hex, type Blobs, type Clock, type Log } from '../base/index.ts'
import { createPipelineStore, pipelinesMigrations } from '../storage/sql/pipelines.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import {
  createPipelines,
  type JobPayload,
  type Pipelines,
  type PipelineParts,
  type PipelineRequest,
  type Traces,
} from './index.ts'
import type { NewJob, PipelineStore } from './store.ts'

/** A whole service on memory, for tests of this room and of its routes. */
export interface Arranged {
  readonly pipelines: Pipelines
  readonly store: PipelineStore
  readonly runnerToken: string
  /** Job numbers with a live token. */
  readonly liveTokens: ReadonlySet<number>
  /** What id tokens were asked for. */
  readonly minted: readonly {
    readonly subject: unknown
    readonly audience: unknown
    readonly lifetimeSeconds: number
  }[]
  advance(ms: number): void
  request(): Promise<JobPayload | undefined>
  /** The next job; throws when there is none. */
  take(): Promise<JobPayload>
}

export const NOW_MS = 1_767_323_045_000

const YAML = `
stages: [build, sign, publish]
variables: { BASE: "\${CI_API_V4_URL}/x", CACHE: "$CI_PROJECT_DIR/.cache" }
build:
  stage: build
  image: python:3.12
  script: [make]
  before_script: [prepare]
  after_script: [clean]
  cache: { paths: ["\${CACHE}"] }
  artifacts: { paths: [dist/] }
sign:
  stage: sign
  id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore }, MANY: { aud: ["$BASE", b] } }
  script: [sign]
publish: { stage: publish, script: [upload] }
`

export function pipelineRequest(text: string = YAML, more: Partial<PipelineRequest> = {}): PipelineRequest {
  return {
    project: {
      id: 20,
      path: 'my-group/my-project',
      name: 'My Project',
      namespaceId: 72,
      namespacePath: 'my-group',
      visibility: 'private',
      defaultBranch: 'main',
    },
    user: { id: 1, login: 'ada', email: 'ada@example.com', name: 'Ada', accessLevel: 'maintainer' },
    commit: {
      repositoryUrl: 'http://127.0.0.1:7711/my-group/my-project.git',
      sha: '714a'.repeat(10),
      ref: 'main',
      refType: 'branch',
      message: 'pay $5 to %HOME%\n\nbecause',
    },
    source: 'push',
    config: { path: '.gitlab-ci.yml', text },
    variables: [],
    ...more,
  }
}

export async function arrange(more: Partial<PipelineParts> = {}): Promise<Arranged> {
  let nowMs = NOW_MS
  const liveTokens = new Set<number>()
  const minted: Arranged['minted'][number][] = []
  const clock: Clock = { nowMs: () => nowMs, sleep: () => Promise.resolve() }
  const store = createPipelineStore(await openDatabase(':memory:', pipelinesMigrations))
  const parts: PipelineParts = {
    store,
    traces: memoryTraces(),
    blobs: memoryBlobs(),
    jobTokens: memoryTokens(liveTokens),
    mintIdToken: async (subject, { audience, lifetimeSeconds }) => {
      minted.push({ subject, audience, lifetimeSeconds })
      return new Secret(`eyJ.token-${minted.length}.sig`)
    },
    clock,
    entropy: { bytes: (length) => new Uint8Array(length).fill(7), uuid: () => '' },
    log: silentLog,
    externalUrl: 'http://127.0.0.1:7711',
    ...more,
  }
  const pipelines = createPipelines(parts)
  const { token } = await pipelines.createRunner({ description: 'here' })
  const runnerToken = token.reveal()
  const request = (): Promise<JobPayload | undefined> =>
    pipelines.requestJob({ runnerToken, info: { version: '19.4.0' } })
  const take = async (): Promise<JobPayload> => {
    const payload = await request()
    if (payload === undefined) throw new Error('no job waits')
    return payload
  }
  const advance = (ms: number): void => {
    nowMs += ms
  }
  return { pipelines, store, runnerToken, liveTokens, minted, advance, request, take }
}

const silentLog: Log = { event: () => undefined, failure: () => undefined }

function memoryTokens(live: Set<number>): PipelineParts['jobTokens'] {
  let count = 0
  return {
    issue: async ({ jobId }) => {
      live.add(jobId)
      count += 1
      return new Secret(`glcbt-64_secret${count}`)
    },
    revoke: async (jobId) => {
      live.delete(jobId)
    },
  }
}

export function memoryTraces(): Traces {
  const logs = new Map<number, Buffer>()
  const log = (jobId: number): Buffer => logs.get(jobId) ?? Buffer.alloc(0)
  return {
    append: async (jobId, start, bytes) => {
      if (start === log(jobId).length) logs.set(jobId, Buffer.concat([log(jobId), bytes]))
      return log(jobId).length
    },
    size: async (jobId) => log(jobId).length,
    read: async function* read(jobId, start) {
      yield log(jobId).subarray(start)
    },
    remove: async (jobId) => void logs.delete(jobId),
  }
}

export function memoryBlobs(): Blobs & { readonly staged: Set<object> } {
  const kept = new Map<string, Buffer>()
  const staged = new Set<object>()
  return {
    staged,
    stage: async (stream, maxBytes) => {
      const bytes = await collect(stream, maxBytes)
      const sha256 = sha256Hex(bytes)
      const blob = {
        sha256,
        size: bytes.length,
        read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
        commit: async () => {
          kept.set(sha256, bytes)
        },
        discard: async () => {
          staged.delete(blob)
        },
      }
      staged.add(blob)
      return blob
    },
    open: async (sha256) => {
      const bytes = kept.get(sha256)
      return bytes === undefined
        ? undefined
        : { size: bytes.length, stream: (range) => once(rangeOf(bytes, range)) }
    },
  }
}

function rangeOf(bytes: Buffer, range?: { readonly start: number; readonly end: number }): Buffer {
  return range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)
}

async function collect(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream) {
    size += part.length
    if (size > maxBytes) throw baseErrors('base.too-large', `more than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export const claim = ({ id, token }: JobPayload): { jobId: number; token: string } => ({ jobId: id, token })

/** Takes the next job and ends it. */
export async function finish(arranged: Arranged, state: 'success' | 'failed'): Promise<JobPayload> {
  const payload = await arranged.take()
  await arranged.pipelines.updateJob(claim(payload), { state, failureReason: 'script_failure', exitCode: 1 })
  return payload
}

/** Adds the pipeline's first job once more, as a job that waits for a runner. */
export async function addFirstAgain({ store }: Arranged, pipelineId: number): Promise<void> {
  await store.updatePipeline(pipelineId, (now) => {
    const [first] = now.jobs
    if (first === undefined) return undefined
    const { id: _id, pipelineId: _pipelineId, ...job } = first
    const again: NewJob = {
      ...job,
      state: 'pending',
      finishedAtMs: null,
      failureReason: null,
      tokenHash: null,
    }
    return { ...now, pipeline: { ...now.pipeline, tally: null }, newJobs: [again] }
  })
}

/** Runs what waits until nothing does: jobs end as `outcomes` says by their names, else well. Gives their order. */
export async function runAll(
  arranged: Arranged,
  outcomes: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const order: string[] = []
  for (;;) {
    const payload = await arranged.request()
    if (payload === undefined) return order
    const { name } = payload['job_info'] as { readonly name: string }
    order.push(name)
    await endAs(arranged, payload, outcomes[name] ?? 'success')
  }
}

/** `success`, `canceled`, or why it failed: a reason, or an exit code. */
export async function endAs(arranged: Arranged, payload: JobPayload, outcome: string): Promise<void> {
  const { pipelines } = arranged
  if (outcome === 'canceled') await pipelines.cancelJob(payload.id)
  else if (outcome === 'success') await pipelines.updateJob(claim(payload), { state: 'success' })
  else {
    const exitCode = /^\d+$/.test(outcome) ? Number(outcome) : undefined
    const failureReason = exitCode === undefined ? outcome : 'script_failure'
    await pipelines.updateJob(claim(payload), { state: 'failed', failureReason, exitCode })
  }
}

/** `name: state` of the newest tries, and of the pipeline. */
export async function statesOf({ pipelines }: Arranged, id = 1): Promise<string> {
  const { state, jobs } = await pipelines.get(id)
  const newest = jobs.filter(({ isRetried }) => !isRetried)
  return [...newest.map((job) => `${job.name} ${job.state}`), `= ${state}`].join(', ')
}
