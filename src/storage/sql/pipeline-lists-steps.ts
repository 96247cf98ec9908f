import type { Kysely } from 'kysely'
import type { PipelineRecord } from '../../pipelines/index.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** What lists of pipelines are found by, out of the origin, besides ref, SHA and source. */
export type ListedColumns = {
  readonly user_id: number
  readonly login: string
}

export function listedColumns({ user }: PipelineRecord['origin']): ListedColumns {
  return { user_id: user.id, login: user.login }
}

export type RunnerManagerTable = {
  readonly runner_id: number
  readonly system_id: string
  readonly version: string
  readonly platform: string
  readonly architecture: string
  readonly contacted_at_ms: number
}

export const pipelineListSteps: Steps = {
  '0021-pipelines-lists': {
    up: async (database, types) => {
      await addColumns(database)
      await fillColumns(database)
      await createIndexes(database)
      await createManagers(database, types)
    },
  },
}

async function addColumns({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .alterTable('pipelines')
    .addColumn('login', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await schema
    .alterTable('pipelines')
    .addColumn('user_id', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema
    .alterTable('jobs')
    .addColumn('project_id', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}

type Tables = {
  pipelines: ListedColumns & { readonly id: number; readonly origin: string; readonly project_id: number }
  jobs: { readonly pipeline_id: number; readonly project_id: number }
}
/** Whatever an earlier version wrote. */
type DeepPartial = {
  readonly user?: { readonly login?: string; readonly id?: number }
}
const PAGE = 500

async function fillColumns(database: Kysely<unknown>): Promise<void> {
  const tables = database.$extendTables<Tables>()
  for (let afterId = 0; ;) {
    const rows = tables.selectFrom('pipelines').select(['id', 'origin', 'project_id'])
    const page = await rows.where('id', '>', afterId).orderBy('id').limit(PAGE).execute()
    for (const { id, origin, project_id } of page) {
      const { user } = JSON.parse(origin) as DeepPartial
      const who = { login: user?.login ?? '', user_id: user?.id ?? 0 }
      await tables.updateTable('pipelines').set(who).where('id', '=', id).execute()
      await tables.updateTable('jobs').set({ project_id }).where('pipeline_id', '=', id).execute()
    }
    const last = page.at(-1)
    if (last === undefined) return
    afterId = last.id
  }
}

async function createIndexes({ schema }: Kysely<unknown>): Promise<void> {
  const pipelines = (name: string, ...columns: readonly string[]): Promise<void> =>
    schema
      .createIndex(name)
      .on('pipelines')
      .columns([...columns, 'id'])
      .execute()
  await pipelines('pipelines_project', 'project_id')
  await pipelines('pipelines_sha', 'project_id', 'sha')
  await pipelines('pipelines_ref_order', 'project_id', 'ref')
  await pipelines('pipelines_state', 'project_id', 'state')
  await schema.createIndex('jobs_project').on('jobs').columns(['project_id', 'id']).execute()
  await schema.createIndex('jobs_project_state').on('jobs').columns(['project_id', 'state', 'id']).execute()
}

async function createManagers({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table = schema
    .createTable('runner_managers')
    .addColumn('runner_id', 'integer', (column) => column.notNull())
    .addColumn('system_id', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('architecture', 'text', (column) => column.notNull())
    .addColumn('contacted_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('runner_managers_key', ['runner_id', 'system_id'])
  await types.inKeyOrder(table).execute()
}
