import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { crc32 } from 'node:zlib'
import { FailedTries, type Access } from '../access/index.ts'
import type { Clock, Log } from '../base/index.ts'
import {
  JobEndedError,
  pipelineErrors,
  type JobClaim,
  type Pipelines,
  type QueueVersion,
  type Runners,
  type Traces,
} from '../pipelines/index.ts'
import { readBody } from './body.ts'
import { failures } from './failures.ts'
import { receiveArtifacts, sendArtifacts } from './job-artifacts.ts'
import { routesOn, type Bindings, type Routes } from './route.ts'
import { registrationRoutes, RunnerInfo, textsOf } from './runner-registration.ts'
import { jobToken, jobTokenOfPipeline, jobTokenOrBody, runnerToken } from './runner-tokens.ts'

const MAX_TRACE_PART_BYTES = 1 << 20
/** Somebody watches the log: the terminal that started the pipeline, or a page. */
const TRACE_UPDATE_INTERVAL_SECONDS = '3'
const JOB = '/api/v4/jobs/:id{[0-9]{1,15}}'

export interface JobRoutesParts {
  readonly pipelines: Pipelines
  readonly runners: Runners
  readonly version: QueueVersion
  readonly traces: Pick<Traces, 'size' | 'read'>
  readonly access: Access
  readonly clock: Clock
  readonly log: Log
}

interface Parts extends JobRoutesParts {
  readonly tries: FailedTries
}

/** GitLab's runner API (gitlab-surface 5.1 to 5.4): what a stock gitlab-runner asks for while it runs jobs. */
export function jobRoutes(given: JobRoutesParts): Hono<Bindings> {
  const parts = { ...given, tries: new FailedTries(given.clock) }
  const app = new Hono<Bindings>()
  const render = failures(parts.log)
  app.onError(async (error, context) => {
    const response = await render(error, context)
    if (error instanceof JobEndedError) response.headers.set('Job-Status', error.state)
    return response
  })
  const route = routesOn(app)
  registrationRoutes(route, parts)
  requestRoute(route, parts)
  runningJobRoutes(route, parts)
  return app
}

const Text = v.pipe(v.string(), v.maxLength(4096))

const RequestBody = v.object({
  token: v.nullish(Text),
  system_id: v.nullish(Text),
  last_update: v.nullish(Text),
  info: RunnerInfo,
})

const UpdateBody = v.object({
  token: v.nullish(v.pipe(v.string(), v.maxLength(16_384))),
  state: v.pipe(v.string(), v.maxLength(64)),
  failure_reason: v.nullish(v.pipe(v.string(), v.maxLength(128))),
  exit_code: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 31)), v.maxValue(2 ** 31))),
  output: v.nullish(
    v.object({
      checksum: v.nullish(v.pipe(v.string(), v.maxLength(128))),
      bytesize: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    }),
  ),
})

function requestRoute(route: Routes, parts: Parts): void {
  const { pipelines, runners, version } = parts
  route.post('/api/v4/jobs/request', runnerToken(parts, RequestBody), async (context, asked) => {
    const { id, token, body } = asked
    const info = textsOf(body.info)
    const cancelsGracefully = body.info?.features?.cancel_gracefully === true
    await runners.note(id, body.system_id ?? '', info)
    // Taken before the look: what comes between them makes it another one.
    const seen = version.current()
    const isSame = version.isSame(body.last_update ?? '')
    const payload = isSame
      ? undefined
      : await pipelines.requestJob({ runnerToken: token, info, cancelsGracefully })
    if (payload !== undefined) return context.json(payload, 201)
    return context.body(null, 204, { 'X-GitLab-Last-Update': seen })
  })
}

function runningJobRoutes(route: Routes, parts: Parts): void {
  const { pipelines } = parts
  route.patch(`${JOB}/trace`, jobToken(parts), (context, claim) => patchTrace(context, { pipelines, claim }))
  route.put(JOB, jobTokenOrBody(parts, UpdateBody), async (context, { body, ...claim }) => {
    if (isFinalWord(body.state)) await checkTrace(parts, claim.jobId, body.output ?? {})
    const state = await pipelines.updateJob(claim, {
      state: body.state,
      failureReason: body.failure_reason ?? undefined,
      exitCode: body.exit_code ?? undefined,
    })
    return context.json(200, 200, {
      'Job-Status': state,
      'X-GitLab-Trace-Update-Interval': TRACE_UPDATE_INTERVAL_SECONDS,
    })
  })
  route.post(`${JOB}/artifacts`, jobToken(parts), (context, claim) =>
    receiveArtifacts(context, { pipelines, claim }),
  )
  route.get(`${JOB}/artifacts`, jobTokenOfPipeline(parts), (_context, claim) =>
    sendArtifacts({ pipelines, claim }),
  )
}

function isFinalWord(state: string): boolean {
  return state === 'success' || state === 'failed'
}

interface Announced {
  readonly checksum?: string | null | undefined
  readonly bytesize?: number | null | undefined
}

/**
 * A log that is shorter than the runner says is asked for again: the runner goes back to its beginning, is told where
 * the log ends and goes on there. One of other bytes is kept, as on GitLab: nothing that was acknowledged is thrown away.
 */
async function checkTrace(
  { traces, log }: Parts,
  jobId: number,
  { checksum, bytesize }: Announced,
): Promise<void> {
  if (bytesize === undefined || bytesize === null) return
  const size = await traces.size(jobId)
  if (size < bytesize)
    throw pipelineErrors(
      'pipelines.trace-incomplete',
      `the log has ${size} of the ${bytesize} bytes that the runner announced`,
    )
  const announced = /^crc32:([0-9a-f]{8})$/.exec(checksum ?? '')?.[1]
  if (announced === undefined) return
  let seen = 0
  for await (const bytes of traces.read(jobId, 0)) seen = crc32(bytes, seen)
  if (seen !== Number.parseInt(announced, 16) || size !== bytesize)
    log.event('job.trace-differs', { jobId, size, announced: bytesize }, 'warn')
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
