import { Hono, type Context } from 'hono'
import type { Access } from '../access/index.ts'
import { parseIsoTime, type Clock, type Log } from '../base/index.ts'
import {
  LISTED_AT_MOST,
  pipelineErrors,
  type JobState,
  type PipelineFilter,
  type PipelineListing,
  type Pipelines,
} from '../pipelines/index.ts'
import { projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { httpErrors } from './errors.ts'
import { jobRow, pipelineListRow, pipelineShowRow } from './pipeline-rows.ts'
import { ownUrl } from './own-url.ts'
import { oneOf, pageHeaders, readPage } from './query.ts'
import { routesOn, type Bindings } from './route.ts'

export interface PipelineRoutesParts {
  readonly listing: PipelineListing
  readonly pipelines: Pipelines
  readonly access: Access
  readonly externalUrl: string
  readonly clock: Clock
  readonly log: Log
}

const PIPELINES = '/api/v4/projects/:id/pipelines'
export const PIPELINE = `${PIPELINES}/:pipeline{[0-9]{1,15}}` as const
/** What one may see is no answer for the next. */
export const PERSONAL = { 'Cache-Control': 'private, no-store' }

/** GitLab's pipelines of a project: lists, one of them, its jobs. */
export function pipelineRoutes(parts: PipelineRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false, kind: 'ordinary' })
  const [read, run] = [may('read_pipelines'), may('run_pipelines')]
  route.get(PIPELINES, read, (context, who) => list(context, who, parts))
  route.get(`${PIPELINES}/latest`, read, (context, who) => latest(context, who, parts))
  route.get(PIPELINE, read, (context, who) => showPipeline(context, who, { ...parts, status: 200 }))
  route.get(`${PIPELINE}/jobs`, read, (context, who) => listJobs(context, who, parts))
  route.get(`${PIPELINE}/variables`, run, (context, who) => variables(context, who, parts))
  return app
}

const STATES = [
  'created',
  'waiting_for_resource',
  'preparing',
  'pending',
  'running',
  'success',
  'failed',
  'canceling',
  'canceled',
  'skipped',
  'manual',
  'scheduled',
] as const
const LIST_PARAMETERS = [
  'scope',
  'status',
  'ref',
  'sha',
  'source',
  'username',
  'updated_after',
  'updated_before',
  'order_by',
  'sort',
]

async function list(
  context: Context<Bindings>,
  { project }: Admitted,
  { listing, externalUrl }: PipelineRoutesParts,
): Promise<Response> {
  const page = readPage(context, LISTED_AT_MOST)
  const orderBy = oneOf(context, 'order_by', ['id', 'status', 'ref', 'updated_at', 'user_id']) ?? 'id'
  const direction = oneOf(context, 'sort', ['asc', 'desc']) ?? 'desc'
  const filter = readFilter(context)
  const slice = { orderBy, direction, offset: page.offset, limit: page.perPage }
  const rows = await listing.pipelines(project.id, filter, slice)
  const total = await listing.countPipelines(project.id, filter)
  const url = ownUrl(context, externalUrl)
  const listUrl = new URL(`${url}/api/v4/projects/${project.id}/pipelines`)
  for (const name of LIST_PARAMETERS) {
    const value = context.req.query(name)
    if (value !== undefined) listUrl.searchParams.set(name, value)
  }
  return context.json(
    rows.map((row) => pipelineListRow(row, url)),
    200,
    { ...pageHeaders({ ...page, total, rowCount: rows.length, url: listUrl }), ...PERSONAL },
  )
}

/** GitLab's words for several states at once. Its `branches` and `tags` are other lists, which are not here. */
const SCOPES: Readonly<Record<string, readonly JobState[]>> = {
  running: ['running'],
  pending: ['pending'],
  finished: ['success', 'failed', 'canceled', 'skipped'],
}
const MAX_TEXT = 255

function readFilter(context: Context): PipelineFilter {
  const scope = oneOf(context, 'scope', Object.keys(SCOPES))
  const status = oneOf(context, 'status', STATES)
  const ofScope = scope === undefined ? undefined : SCOPES[scope]
  const ofStatus = status === undefined ? undefined : [status as JobState]
  return {
    states: ofScope === undefined ? ofStatus : both(ofScope, ofStatus),
    ref: readText(context, 'ref'),
    sha: readText(context, 'sha')?.toLowerCase(),
    source: readText(context, 'source'),
    login: readText(context, 'username'),
    updatedAfterMs: readTime(context, 'updated_after'),
    updatedBeforeMs: readTime(context, 'updated_before'),
  }
}

function both(one: readonly JobState[], other: readonly JobState[] | undefined): readonly JobState[] {
  return other === undefined ? one : one.filter((state) => other.includes(state))
}

function readText(context: Context, name: string): string | undefined {
  const text = context.req.query(name)
  if (text === undefined || text.length <= MAX_TEXT) return text
  throw httpErrors('http.body-shape', `the parameter ${name} is longer than ${MAX_TEXT} characters`)
}

function readTime(context: Context, name: string): number | undefined {
  const text = context.req.query(name)
  if (text === undefined) return undefined
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
  const at = isTime ? parseIsoTime(text) * 1000 : Number.NaN
  if (!Number.isNaN(at)) return at
  throw httpErrors('http.body-shape', `the parameter ${name} must be a time such as 2026-01-31T12:00:00Z`)
}

async function latest(
  context: Context<Bindings>,
  { project }: Admitted,
  { listing, externalUrl }: PipelineRoutesParts,
): Promise<Response> {
  const ref = readText(context, 'ref') ?? project.defaultBranch
  const slice = { orderBy: 'id', direction: 'desc', offset: 0, limit: 1 } as const
  const [newest] = await listing.pipelines(project.id, { ref }, slice)
  if (newest === undefined)
    throw pipelineErrors('pipelines.unknown', 'the project has no pipeline of that ref')
  return context.json(pipelineShowRow({ pipeline: newest }, ownUrl(context, externalUrl)), 200, PERSONAL)
}

export function pipelineIdOf(context: Context): number {
  return Number(context.req.param('pipeline'))
}

export async function showPipeline(
  context: Context<Bindings>,
  { project }: Admitted,
  { listing, externalUrl, status }: PipelineRoutesParts & { readonly status: 200 | 201 },
): Promise<Response> {
  const found = await listing.pipeline(project.id, pipelineIdOf(context))
  return context.json(pipelineShowRow(found, ownUrl(context, externalUrl)), status, PERSONAL)
}

/** GitLab's states of jobs, one or several: `scope=failed`, `scope[]=failed&scope[]=success`. */
export function readScope(context: Context): readonly JobState[] | undefined {
  const given = [...(context.req.queries('scope') ?? []), ...(context.req.queries('scope[]') ?? [])]
  if (given.length === 0) return undefined
  const wrong = given.some((state) => !STATES.some((known) => known === state))
  if (wrong || given.length > STATES.length)
    throw httpErrors('http.body-shape', `the parameter scope must be of ${STATES.join(', ')}`)
  return given as JobState[]
}

async function listJobs(
  context: Context<Bindings>,
  { project }: Admitted,
  { listing, externalUrl, clock }: PipelineRoutesParts,
): Promise<Response> {
  const page = readPage(context, LISTED_AT_MOST)
  const states = readScope(context)
  const isWithRetried = oneOf(context, 'include_retried', ['true', 'false']) === 'true'
  const { shown } = await listing.pipeline(project.id, pipelineIdOf(context))
  // As there, the newest first.
  const all = shown
    .filter(({ job, isRetried }) => (isWithRetried || !isRetried) && (states?.includes(job.state) ?? true))
    .toSorted((one, other) => other.job.id - one.job.id)
  const rows = all.slice(page.offset, page.offset + page.perPage)
  const url = ownUrl(context, externalUrl)
  const listUrl = new URL(`${url}/api/v4/projects/${project.id}/pipelines/${pipelineIdOf(context)}/jobs`)
  for (const state of states ?? []) listUrl.searchParams.append('scope[]', state)
  if (isWithRetried) listUrl.searchParams.set('include_retried', 'true')
  const headers = pageHeaders({ ...page, total: all.length, rowCount: rows.length, url: listUrl })
  const place = { url, nowMs: clock.nowMs() }
  return context.json(
    rows.map((row) => jobRow(row, place)),
    200,
    { ...headers, ...PERSONAL },
  )
}

/** Those that were given when the pipeline was made; a masked one without its value. */
async function variables(
  context: Context<Bindings>,
  { project }: Admitted,
  { listing }: PipelineRoutesParts,
): Promise<Response> {
  const { pipeline } = await listing.pipeline(project.id, pipelineIdOf(context))
  const rows = pipeline.origin.pipelineVariables.map(({ key, value, isMasked, isRaw, isFile }) => ({
    key,
    variable_type: isFile === true ? 'file' : 'env_var',
    value: isMasked === true ? null : value,
    raw: isRaw === true,
  }))
  return context.json(rows, 200, PERSONAL)
}
