import type { ExpressionBuilder, Kysely, SelectQueryBuilder } from 'kysely'
import type {
  JobState,
  ListedJob,
  Order,
  PipelineFilter,
  PipelineLists,
  PipelineRecord,
  Slice,
} from '../../pipelines/index.ts'
import type { Database } from './database.ts'
import { toJob, toPipeline, type PipelinesTables } from './pipelines-rows.ts'

type Tables = Kysely<PipelinesTables>

export function createPipelineLists(
  database: Database,
  { lookedAt }: { readonly lookedAt: number },
): PipelineLists {
  const tables = database.$extendTables<PipelinesTables>()
  return {
    pipelines: async (projectId, filter, slice) => {
      const ids = await listedIds(tables, { projectId, filter, lookedAt }, slice)
      return pipelinesOf(tables, ids)
    },
    countPipelines: (projectId, filter) => countPipelines(tables, { projectId, filter, lookedAt }),
    jobs: async (projectId, states, slice) => jobsOf(tables, await jobIds(tables, projectId, states, slice)),
    countJobs: (projectId, states) => countJobs(tables, { projectId, states, lookedAt }),
  }
}

interface Looked {
  readonly projectId: number
  readonly filter: PipelineFilter
  readonly lookedAt: number
}

/** The one index that finds most, and what of the filter it leaves to be compared. */
function split({ filter }: Looked): { readonly by: Partial<PipelineFilter>; readonly rest: PipelineFilter } {
  const { sha, ref, states, ...rest } = filter
  if (sha !== undefined) return { by: { sha }, rest: { ref, states, ...rest } }
  if (ref !== undefined) return { by: { ref }, rest: { states, ...rest } }
  return states?.length === 1 ? { by: { states }, rest } : { by: {}, rest: { states, ...rest } }
}

/** What the index finds, in its order, without a limit. */
function indexed(tables: Tables, asked: Looked, direction: Slice['direction']) {
  const { sha, ref, states } = split(asked).by
  let found = tables.selectFrom('pipelines').where('project_id', '=', asked.projectId)
  if (sha !== undefined) found = found.where('sha', '=', sha)
  if (ref !== undefined) found = found.where('ref', '=', ref)
  if (states !== undefined) found = found.where('state', '=', states[0] ?? 'created')
  return found.orderBy('id', direction)
}

/** As many of these as the rest of the filter is compared with. */
function looked(tables: Tables, asked: Looked, direction: Slice['direction']) {
  return indexed(tables, asked, direction)
    .select(['id', 'ref', 'sha', 'source', 'login', 'user_id', 'state'])
    .select((row) => updatedAt(row).as('updated_at_ms'))
    .limit(asked.lookedAt)
}

function updatedAt({ fn }: Pick<ExpressionBuilder<PipelinesTables, 'pipelines'>, 'fn'>) {
  return fn.coalesce('finished_at_ms', 'started_at_ms', 'created_at_ms')
}

function fitting(tables: Tables, asked: Looked, direction: Slice['direction']) {
  const { ref, source, login, states, updatedAfterMs, updatedBeforeMs } = split(asked).rest
  let fits = tables.selectFrom(looked(tables, asked, direction).as('looked')).select('looked.id')
  if (ref !== undefined) fits = fits.where('looked.ref', '=', ref)
  if (source !== undefined) fits = fits.where('looked.source', '=', source)
  if (login !== undefined) fits = fits.where('looked.login', '=', login)
  if (states !== undefined) fits = fits.where('looked.state', 'in', states)
  if (updatedAfterMs !== undefined) fits = fits.where('looked.updated_at_ms', '>', updatedAfterMs)
  if (updatedBeforeMs !== undefined) fits = fits.where('looked.updated_at_ms', '<', updatedBeforeMs)
  return fits
}

const COLUMNS = {
  id: 'looked.id',
  status: 'looked.state',
  ref: 'looked.ref',
  updated_at: 'looked.updated_at_ms',
  user_id: 'looked.user_id',
} as const satisfies Record<Order, string>

async function listedIds(
  tables: Tables,
  asked: Looked,
  { orderBy, direction, offset, limit }: Slice & { readonly orderBy: Order },
): Promise<readonly number[]> {
  if (asked.filter.states?.length === 0) return []
  if (orderBy === 'id' && !hasRest(asked)) return indexedIds(tables, asked, { direction, offset, limit })
  // The newest are looked at, but where the oldest are asked for.
  const from = orderBy === 'id' ? direction : 'desc'
  let rows = fitting(tables, asked, from).orderBy(COLUMNS[orderBy], direction)
  if (orderBy !== 'id') rows = rows.orderBy('looked.id', direction)
  return (await rows.limit(limit).offset(offset).execute()).map(({ id }) => id)
}

function hasRest(asked: Looked): boolean {
  return Object.values(split(asked).rest).some((value) => value !== undefined)
}

async function indexedIds(
  tables: Tables,
  asked: Looked,
  { direction, offset, limit }: Slice,
): Promise<readonly number[]> {
  const rows = indexed(tables, asked, direction).select('id').offset(offset)
  const most = Math.max(Math.min(limit, asked.lookedAt - offset), 0)
  return (await rows.limit(most).execute()).map(({ id }) => id)
}

async function pipelinesOf(tables: Tables, ids: readonly number[]): Promise<readonly PipelineRecord[]> {
  const rows = ids.length === 0 ? [] : await rowsOf(tables, ids)
  const found = new Map(rows.map((row) => [row.id, toPipeline(row)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

function rowsOf(tables: Tables, ids: readonly number[]) {
  return tables.selectFrom('pipelines').selectAll().where('id', 'in', ids).execute()
}

async function countPipelines(tables: Tables, asked: Looked): Promise<number | undefined> {
  if (asked.filter.states?.length === 0) return 0
  const all = await countOf(
    tables,
    indexed(tables, asked, 'desc')
      .select('id')
      .limit(asked.lookedAt + 1),
  )
  if (all > asked.lookedAt) return undefined
  return hasRest(asked) ? countOf(tables, fitting(tables, asked, 'desc')) : all
}

/** Of a query that has its own limit. */
async function countOf<Known, From extends keyof Known, Row>(
  tables: Tables,
  rows: SelectQueryBuilder<Known, From, Row>,
): Promise<number> {
  const seen = tables.selectFrom(rows.as('seen'))
  const { total } = await seen
    .select((row) => row.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return total
}

/** Each state by its index, as many as may be on the page; then the page out of all of them. */
async function jobIds(
  tables: Tables,
  ...[projectId, states, slice]: Parameters<PipelineLists['jobs']>
): Promise<readonly number[]> {
  const { direction, offset, limit } = slice
  const ofProject = tables
    .selectFrom('jobs')
    .select('id')
    .where('project_id', '=', projectId)
    .orderBy('id', direction)
  if (states === undefined) return (await ofProject.limit(limit).offset(offset).execute()).map(({ id }) => id)
  const ids: number[] = []
  for (const state of new Set(states)) {
    const rows = await ofProject
      .where('state', '=', state)
      .limit(offset + limit)
      .execute()
    for (const { id } of rows) ids.push(id)
  }
  const sign = direction === 'asc' ? 1 : -1
  return ids.toSorted((one, other) => sign * (one - other)).slice(offset, offset + limit)
}

async function jobsOf(tables: Tables, ids: readonly number[]): Promise<readonly ListedJob[]> {
  if (ids.length === 0) return []
  const rows = await tables.selectFrom('jobs').selectAll().where('id', 'in', ids).execute()
  const jobs = new Map(rows.map((row) => [row.id, toJob(row)]))
  const pipelineIds = [...new Set([...jobs.values()].map(({ pipelineId }) => pipelineId))]
  const pipelines = new Map((await rowsOf(tables, pipelineIds)).map((row) => [row.id, toPipeline(row)]))
  return ids.flatMap((id) => {
    const job = jobs.get(id)
    const pipeline = job && pipelines.get(job.pipelineId)
    return job === undefined || pipeline === undefined ? [] : [{ job, pipeline }]
  })
}

interface JobCount {
  readonly projectId: number
  readonly states: readonly JobState[] | undefined
  readonly lookedAt: number
}

async function countJobs(
  tables: Tables,
  { projectId, states, lookedAt }: JobCount,
): Promise<number | undefined> {
  const ofProject = tables
    .selectFrom('jobs')
    .select('id')
    .where('project_id', '=', projectId)
    .limit(lookedAt + 1)
  let total = 0
  if (states === undefined) total = await countOf(tables, ofProject)
  else
    for (const state of new Set(states)) total += await countOf(tables, ofProject.where('state', '=', state))
  return total > lookedAt ? undefined : total
}
