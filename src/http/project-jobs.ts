import { Hono, type Context } from 'hono'
import { LISTED_AT_MOST, type ShownJob } from '../pipelines/index.ts'
import { projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { httpErrors } from './errors.ts'
import { jobRow } from './pipeline-rows.ts'
import { PERSONAL, readScope, type PipelineRoutesParts } from './pipelines.ts'
import { ownUrl } from './own-url.ts'
import { pageHeaders, readPage } from './query.ts'
import { routesOn, type Bindings } from './route.ts'

const JOBS = '/api/v4/projects/:id/jobs'
export const PROJECT_JOB = `${JOBS}/:job{[0-9]{1,15}}` as const

/** GitLab's jobs of a project: the list, one of them, its log. */
export function projectJobRoutes(parts: PipelineRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false, kind: 'ordinary' })
  const read = may('read_pipelines')
  route.get(JOBS, read, (context, who) => list(context, who, parts))
  route.get(PROJECT_JOB, read, (context, who) => show(context, who, parts))
  route.get(`${PROJECT_JOB}/trace`, read, (context, who) => trace(context, who, parts))
  return app
}

async function list(
  context: Context<Bindings>,
  { project }: Admitted,
  { listing, externalUrl, clock }: PipelineRoutesParts,
): Promise<Response> {
  const page = readPage(context, LISTED_AT_MOST)
  const states = readScope(context)
  const slice = { direction: 'desc', offset: page.offset, limit: page.perPage } as const
  const rows = await listing.jobs(project.id, states, slice)
  const total = await listing.countJobs(project.id, states)
  const url = ownUrl(context, externalUrl)
  const listUrl = new URL(`${url}/api/v4/projects/${project.id}/jobs`)
  for (const state of states ?? []) listUrl.searchParams.append('scope[]', state)
  const headers = pageHeaders({ ...page, total, rowCount: rows.length, url: listUrl })
  const place = { url, nowMs: clock.nowMs() }
  return context.json(
    rows.map((row) => jobRow(row, place)),
    200,
    { ...headers, ...PERSONAL },
  )
}

/** The job of the path, of the project of the path and of no other. Throws `pipelines.unknown`. */
export function jobOf(
  context: Context,
  { project }: Admitted,
  { listing }: Pick<PipelineRoutesParts, 'listing'>,
): Promise<ShownJob> {
  return listing.job(project.id, Number(context.req.param('job')))
}

async function show(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  return answerWith(context, await jobOf(context, who, parts), { ...parts, status: 200 })
}

export function answerWith(
  context: Context<Bindings>,
  job: ShownJob,
  { externalUrl, clock, status }: PipelineRoutesParts & { readonly status: 200 | 201 },
): Response {
  const place = { url: ownUrl(context, externalUrl), nowMs: clock.nowMs() }
  return context.json(jobRow(job, place), status, PERSONAL)
}

/** As it was printed, streamed: an enemy's bytes, which no browser may take for a page. */
async function trace(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job } = await jobOf(context, who, parts)
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Disposition': `inline; filename="${job.id}.log"`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ...PERSONAL,
  }
  if (context.req.method === 'HEAD') return new Response(null, { headers })
  return new Response(ReadableStream.from(withoutNames(parts.listing.readTrace(job.id, 0))), { headers })
}

/** What the operating system says of a file stays here. */
async function* withoutNames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (cause) {
    throw httpErrors('http.file', 'the log of a job could not be read', { cause })
  }
}
