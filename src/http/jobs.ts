import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Log } from '../base/index.ts'
import { JobEndedError, pipelineErrors, type JobClaim, type Pipelines } from '../pipelines/index.ts'
import { readBody, readBodyAs } from './body.ts'
import { failures } from './failures.ts'
import { receiveArtifacts, sendArtifacts } from './job-artifacts.ts'
import { noteOnRequest } from './request-log.ts'

type Bindings = { Bindings: HttpBindings }

const MAX_JSON_BYTES = 256 << 10
const MAX_TRACE_PART_BYTES = 1 << 20
/** Somebody watches the log: the terminal that started the pipeline, or a page. */
const TRACE_UPDATE_INTERVAL_SECONDS = '3'
const JOB = '/api/v4/jobs/:id{[0-9]{1,15}}'

export interface JobRoutesParts {
  readonly pipelines: Pipelines
  readonly log: Log
}

/** GitLab's runner API (gitlab-surface 5.1 to 5.4): what a stock gitlab-runner asks for while it runs jobs. */
export function jobRoutes({ pipelines, log }: JobRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const render = failures(log)
  app.onError(async (error, context) => {
    const response = await render(error, context)
    if (error instanceof JobEndedError) response.headers.set('Job-Status', error.state)
    return response
  })
  app.post('/api/v4/runners/verify', (context) => verifyRunner(context, pipelines))
  app.post('/api/v4/jobs/request', (context) => requestJob(context, pipelines))
  app.patch(`${JOB}/trace`, (context) => patchTrace(context, pipelines))
  app.put(JOB, (context) => updateJob(context, pipelines))
  app.post(`${JOB}/artifacts`, (context) => receiveArtifacts(context, { pipelines, claim: claimOf(context) }))
  app.get(`${JOB}/artifacts`, (context) => sendArtifacts({ pipelines, claim: claimOf(context) }))
  return app
}

const Text = v.pipe(v.string(), v.maxLength(4096))

const RunnerInfo = v.nullish(
  v.object({
    name: v.nullish(Text),
    version: v.nullish(Text),
    revision: v.nullish(Text),
    platform: v.nullish(Text),
    architecture: v.nullish(Text),
  }),
  {},
)

const RunnerBody = v.object({ token: v.nullish(Text), info: RunnerInfo })

const UpdateBody = v.object({
  token: v.nullish(v.pipe(v.string(), v.maxLength(16_384))),
  state: v.pipe(v.string(), v.maxLength(64)),
  failure_reason: v.nullish(v.pipe(v.string(), v.maxLength(128))),
  exit_code: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 31)), v.maxValue(2 ** 31))),
})

async function verifyRunner(context: Context<Bindings>, pipelines: Pipelines): Promise<Response> {
  const { token } = await readBodyAs(context, RunnerBody, MAX_JSON_BYTES)
  const sent = runnerToken(context, token)
  const { id } = await pipelines.verifyRunner(sent)
  return context.json({ id, token: sent, token_expires_at: null })
}

async function requestJob(context: Context<Bindings>, pipelines: Pipelines): Promise<Response> {
  const { token, info } = await readBodyAs(context, RunnerBody, MAX_JSON_BYTES)
  const payload = await pipelines.requestJob({ runnerToken: runnerToken(context, token), info: texts(info) })
  if (payload !== undefined) return context.json(payload, 201)
  // The runner sends it back; one value for ever says that waiting is never worth while, so that it polls.
  return context.body(null, 204, { 'X-GitLab-Last-Update': '0' })
}

function texts(info: v.InferOutput<typeof RunnerInfo>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(info).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** Newer runners send their token in a header too; an empty one is none. */
function runnerToken(context: Context, inBody: string | null | undefined): string {
  const token = context.req.header('runner-token') ?? inBody ?? ''
  if (token === '') throw pipelineErrors('pipelines.runner-token', 'no runner token was sent')
  return token
}

function claimOf(context: Context, inBody?: string | null): JobClaim {
  const jobId = Number(context.req.param('id'))
  // Whether the token is that of this job, nobody has checked yet.
  noteOnRequest(context, { claimedJob: jobId })
  const token = context.req.header('job-token') ?? inBody ?? ''
  if (token === '') throw pipelineErrors('pipelines.job-token', 'no job token was sent')
  return { jobId, token }
}

async function patchTrace(context: Context<Bindings>, pipelines: Pipelines): Promise<Response> {
  const claim = claimOf(context)
  await pipelines.checkClaim(claim)
  const range = context.req.header('content-range')
  const bytes = await readBody(context, MAX_TRACE_PART_BYTES)
  const answer = await pipelines.appendTrace(claim, { start: rangeStart(range, bytes.length), bytes })
  return context.body(null, answer.isAccepted ? 202 : 416, {
    'Job-Status': answer.state,
    Range: `0-${answer.size}`,
    'X-GitLab-Trace-Update-Interval': TRACE_UPDATE_INTERVAL_SECONDS,
  })
}

/** `START-END`, END inclusive; runners before 10 sent the byte after it. */
function rangeStart(range: string | undefined, length: number): number {
  const match = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/.exec(range ?? '')
  if (match === null)
    throw pipelineErrors('pipelines.trace-range', 'the header Content-Range: START-END is missing')
  const [start, end] = [Number(match[1]), Number(match[2])]
  if (end !== start + length - 1 && end !== start + length)
    throw pipelineErrors(
      'pipelines.trace-range',
      `the range ${start}-${end} does not match a body of ${length} bytes`,
    )
  return start
}

async function updateJob(context: Context<Bindings>, pipelines: Pipelines): Promise<Response> {
  const body = await readBodyAs(context, UpdateBody, MAX_JSON_BYTES)
  const state = await pipelines.updateJob(claimOf(context, body.token), {
    state: body.state,
    failureReason: body.failure_reason ?? undefined,
    exitCode: body.exit_code ?? undefined,
  })
  return context.json(200, 200, { 'Job-Status': state })
}
