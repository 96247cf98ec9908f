import type { Kysely, Selectable, Transaction } from 'kysely'
import type {
  Giver,
  GiversOf,
  JobRecord,
  PartOfPipeline,
  PipelineStore,
  Wanted,
} from '../../pipelines/index.ts'
import { toJob, type JobTable, type PipelinesTables } from './pipelines-rows.ts'
import type { ColumnTypes, Steps } from './steps.ts'
import { atOneMoment } from './transactions.ts'

type Step = Transaction<PipelinesTables>

/** Jobs are found by what may set them in motion, so that a step on one reads no other that stays as it is. */
export const pipelinePartSteps: Steps = {
  '0024-pipelines-parts': {
    up: async (database, types) => {
      await addColumns(database)
      await createNeeds(database, types)
      await fillNames(database)
      await createIndexes(database)
    },
  },
}

async function addColumns({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('pipelines').addColumn('tally', 'text').execute()
  await schema
    .alterTable('jobs')
    .addColumn('name', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  for (const name of ['follows_stage', 'has_dotenv'])
    await schema
      .alterTable('jobs')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
}

async function createNeeds({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table = schema
    .createTable('job_needs')
    .addColumn('pipeline_id', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('job_id', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('job_needs_key', ['pipeline_id', 'name', 'job_id'])
  await types.inKeyOrder(table).execute()
}

async function createIndexes({ schema }: Kysely<unknown>): Promise<void> {
  const index = (name: string, ...columns: readonly string[]) =>
    schema
      .createIndex(name)
      .on('jobs')
      .columns(['pipeline_id', ...columns])
  await index('jobs_name', 'name', 'id').execute()
  await index('jobs_stage', 'follows_stage', 'state', 'stage_index', 'id').execute()
  await index('jobs_order', 'stage_index', 'id').execute()
  await index('jobs_dotenv', 'has_dotenv', 'stage_index', 'id').execute()
  await schema.createIndex('artifacts_type').on('artifacts').columns(['pipeline_id', 'type']).execute()
}

type Before = {
  readonly jobs: {
    readonly id: number
    readonly pipeline_id: number
    readonly plan: string
    readonly name: string
    readonly follows_stage: number
    readonly dotenv: string
    readonly has_dotenv: number
  }
  readonly job_needs: { readonly pipeline_id: number; readonly name: string; readonly job_id: number }
}
const PAGE = 500

async function fillNames(database: Kysely<unknown>): Promise<void> {
  const tables = database.$extendTables<Before>()
  for (let afterId = 0; ;) {
    const rows = tables
      .selectFrom('jobs')
      .select(['id', 'pipeline_id', 'plan', 'dotenv'])
      .where('id', '>', afterId)
    const page = await rows.orderBy('id').limit(PAGE).execute()
    for (const { id, pipeline_id, plan, dotenv } of page) {
      const { name, needs = null } = JSON.parse(plan) as Partial<JobRecord['plan']>
      const columns = {
        name: name ?? '',
        follows_stage: needs === null ? 1 : 0,
        has_dotenv: dotenv === '[]' ? 0 : 1,
      }
      await tables.updateTable('jobs').set(columns).where('id', '=', id).execute()
      for (const needed of jobsIn(needs ?? []))
        await tables.insertInto('job_needs').values({ pipeline_id, name: needed, job_id: id }).execute()
    }
    const last = page.at(-1)
    if (last === undefined) return
    afterId = last.id
  }
}

type Needs = NonNullable<JobRecord['plan']['needs']>

/** Of this pipeline, each once. */
function jobsIn(needs: Needs): readonly string[] {
  return [...new Set(needs.flatMap((need) => ('project' in need || 'pipeline' in need ? [] : [need.job])))]
}

/** By which columns a step finds the job. */
export function partColumns({ name, needs }: JobRecord['plan']) {
  return { name, follows_stage: needs === null ? 1 : 0 }
}

export async function insertNeeds(step: Step, { id, pipelineId, plan }: JobRecord): Promise<void> {
  const rows = jobsIn(plan.needs ?? []).map((name) => ({ pipeline_id: pipelineId, name, job_id: id }))
  if (rows.length > 0) await step.insertInto('job_needs').values(rows).execute()
}

/** What is read of a pipeline so far, and what a step wants of it besides. */
export async function readPart(
  step: Step,
  { pipeline, jobs, read }: PartOfPipeline,
  { wanted }: Wanted,
): Promise<PartOfPipeline> {
  const { id } = pipeline
  if (wanted === 'all' || read === 'all') {
    const rows = step.selectFrom('jobs').selectAll().where('pipeline_id', '=', id).orderBy('id')
    return { pipeline, jobs: (await rows.execute()).map(toJob), read: 'all' }
  }
  const found = new Map(jobs.map((job) => [job.id, job]))
  for (const name of wanted.names) await addNamed(step, found, { id, name })
  for (const stage of wanted.stages) await addWaiting(step, found, { id, stage })
  return {
    pipeline,
    jobs: [...found.values()].toSorted((a, b) => a.id - b.id),
    read: {
      names: new Set([...read.names, ...wanted.names]),
      stages: new Set([...read.stages, ...wanted.stages]),
    },
  }
}

type Found = Map<number, JobRecord>

function add(found: Found, rows: readonly Selectable<JobTable>[]): readonly JobRecord[] {
  return rows.map((row) => {
    const job = found.get(row.id) ?? toJob(row)
    found.set(job.id, job)
    return job
  })
}

/** All tries of a job, those that wait for it, and what these need. */
async function addNamed(
  step: Step,
  found: Found,
  { id, name }: { readonly id: number; readonly name: string },
): Promise<void> {
  const tries = add(found, await triesOf(step, { id, name }))
  const needs = step.selectFrom('job_needs').select('job_id').where('pipeline_id', '=', id)
  const dependents: JobRecord[] = []
  for (const { job_id } of await needs.where('name', '=', name).execute()) {
    const row = await step.selectFrom('jobs').selectAll().where('id', '=', job_id).executeTakeFirstOrThrow()
    if (row.state === 'created' && isNewest(row)) dependents.push(...add(found, [row]))
  }
  for (const needed of neededBy([...tries, ...dependents], found))
    add(found, (await triesOf(step, { id, name: needed })).filter(isNewest))
}

function triesOf(
  step: Step,
  { id, name }: { readonly id: number; readonly name: string },
): Promise<readonly Selectable<JobTable>[]> {
  const tries = step.selectFrom('jobs').selectAll().where('pipeline_id', '=', id).where('name', '=', name)
  return tries.orderBy('id').execute()
}

async function addWaiting(
  step: Step,
  found: Found,
  { id, stage }: { readonly id: number; readonly stage: number },
): Promise<void> {
  const waiting = step
    .selectFrom('jobs')
    .selectAll()
    .where('pipeline_id', '=', id)
    .where('follows_stage', '=', 1)
    .where('state', '=', 'created')
    .where('stage_index', '=', stage)
  add(found, (await waiting.orderBy('id').execute()).filter(isNewest))
}

function isNewest({ is_retried }: { readonly is_retried: number }): boolean {
  return is_retried === 0
}

/** Names that these jobs need, of which the newest try was not found yet. */
function neededBy(jobs: readonly JobRecord[], found: Found): readonly string[] {
  const known = new Set<string>()
  for (const { isRetried, plan } of found.values()) if (!isRetried) known.add(plan.name)
  const needed = new Set(jobs.flatMap(({ plan }) => jobsIn(plan.needs ?? [])))
  return [...needed].filter((name) => !known.has(name))
}

export function giverQueries(tables: Kysely<PipelinesTables>): Pick<PipelineStore, 'givers'> {
  return { givers: (pipelineId, of) => atOneMoment(tables, (step) => readGivers(step, pipelineId, of)) }
}

type GiverRow = {
  readonly id: number
  readonly name: string
  readonly stage_index: number
  readonly dotenv: string
  readonly is_retried: number
  readonly filename: string | null
  readonly size: number | null
}

async function readGivers(step: Step, pipelineId: number, of: GiversOf): Promise<readonly Giver[]> {
  const rows =
    'names' in of ? await namedGivers(step, pipelineId, of.names) : await earlierGivers(step, pipelineId, of)
  const newest = new Map(rows.filter(isNewest).map((row) => [row.id, row]))
  const givers = [...newest.values()].map(({ id, name, stage_index, dotenv, filename, size }): Giver => {
    const archive = filename === null ? null : { filename, size: size ?? 0 }
    return { id, name, stageIndex: stage_index, dotenv: JSON.parse(dotenv) as Giver['dotenv'], archive }
  })
  return givers.toSorted((a, b) => a.stageIndex - b.stageIndex || a.id - b.id)
}

const GIVEN = [
  'jobs.id',
  'jobs.name',
  'jobs.stage_index',
  'jobs.dotenv',
  'jobs.is_retried',
  'artifacts.filename',
  'artifacts.size',
] as const

function jobsWithArchives(step: Step, pipelineId: number) {
  return step
    .selectFrom('jobs')
    .leftJoin('artifacts', (join) =>
      join.onRef('artifacts.job_id', '=', 'jobs.id').on('artifacts.type', '=', 'archive'),
    )
    .select(GIVEN)
    .where('jobs.pipeline_id', '=', pipelineId)
}

async function namedGivers(
  step: Step,
  pipelineId: number,
  names: readonly string[],
): Promise<readonly GiverRow[]> {
  const rows: GiverRow[] = []
  for (const name of names)
    rows.push(...(await jobsWithArchives(step, pipelineId).where('jobs.name', '=', name).execute()))
  return rows
}

/** By what they give: most jobs give nothing, however many there are. */
async function earlierGivers(
  step: Step,
  pipelineId: number,
  { beforeStage }: { readonly beforeStage: number },
): Promise<readonly GiverRow[]> {
  const earlier = step.selectFrom('jobs').select('id').where('pipeline_id', '=', pipelineId)
  const first = earlier.where('stage_index', '<', beforeStage).orderBy('stage_index').limit(1)
  if ((await first.executeTakeFirst()) === undefined) return []
  // A join of this kind is done in this order: artifacts first.
  const archives = step
    .selectFrom('artifacts')
    .crossJoin('jobs')
    .select(GIVEN)
    .whereRef('jobs.id', '=', 'artifacts.job_id')
    .where('artifacts.pipeline_id', '=', pipelineId)
    .where('artifacts.type', '=', 'archive')
  const variables = jobsWithArchives(step, pipelineId).where('jobs.has_dotenv', '=', 1)
  const rows = [
    ...(await archives.execute()),
    ...(await variables.where('jobs.stage_index', '<', beforeStage).execute()),
  ]
  return rows.filter(({ stage_index }) => stage_index < beforeStage)
}
