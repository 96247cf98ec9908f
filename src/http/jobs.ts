import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Log } from '../base/index.ts'
import { JobEndedError, pipelineErrors, type JobClaim, type Pipelines } from '../pipelines/index.ts'
import { readBody } from './body.ts'
import { failures } from './failures.ts'
import { receiveArtifacts, sendArtifacts } from './job-artifacts.ts'
import { routesOn, type Bindings, type Routes } from './route.ts'
import { jobToken, jobTokenOfPipeline, jobTokenOrBody, runnerToken } from './runner-tokens.ts'

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
  runnerRoutes(routesOn(app), pipelines)
  runningJobRoutes(routesOn(app), pipelines)
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

function runnerRoutes(route: Routes, pipelines: Pipelines): void {
  const runner = runnerToken(pipelines, RunnerBody)
  route.post('/api/v4/runners/verify', runner, (context, { id, token }) =>
    context.json({ id, token, token_expires_at: null }),
  )
  route.post('/api/v4/jobs/request', runner, async (context, { token, body }) => {
    const payload = await pipelines.requestJob({ runnerToken: token, info: texts(body.info) })
    if (payload !== undefined) return context.json(payload, 201)
    // The runner sends it back; one value for ever says that waiting is never worth while, so that it polls.
    return context.body(null, 204, { 'X-GitLab-Last-Update': '0' })
  })
}

function runningJobRoutes(route: Routes, pipelines: Pipelines): void {
  route.patch(`${JOB}/trace`, jobToken(pipelines), (context, claim) =>
    patchTrace(context, { pipelines, claim }),
  )
  route.put(JOB, jobTokenOrBody(pipelines, UpdateBody), async (context, { body, ...claim }) => {
    const state = await pipelines.updateJob(claim, {
      state: body.state,
      failureReason: body.failure_reason ?? undefined,
      exitCode: body.exit_code ?? undefined,
    })
    return context.json(200, 200, { 'Job-Status': state })
  })
  route.post(`${JOB}/artifacts`, jobToken(pipelines), (context, claim) =>
    receiveArtifacts(context, { pipelines, claim }),
  )
  route.get(`${JOB}/artifacts`, jobTokenOfPipeline(pipelines), (_context, claim) =>
    sendArtifacts({ pipelines, claim }),
  )
}

function texts(info: v.InferOutput<typeof RunnerInfo>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(info).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

async function patchTrace(
  context: Context<Bindings>,
  { pipelines, claim }: { readonly pipelines: Pipelines; readonly claim: JobClaim },
): Promise<Response> {
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
