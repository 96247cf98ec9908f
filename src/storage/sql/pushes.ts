import type { Generated, Kysely, Selectable } from 'kysely'
import type { OpenPush, PushStore } from '../../repositories/index.ts'
import type { Database } from './database.ts'
import type { PipelinesTables } from './pipelines-rows.ts'
import type { ColumnTypes, Steps } from './steps.ts'
import { alone } from './transactions.ts'

type PushTables = {
  /** Only pushes whose pipelines are not all made. */
  readonly pushes: {
    readonly id: Generated<number>
    readonly project_id: number
    readonly pusher: string
    readonly commands: string
    readonly options: string
    readonly began_at_ms: number
    readonly changed: string | null
    /** The newest pipeline when it began: whatever the push has made is newer. */
    readonly after_pipeline_id: number
  }
}

export const pushMigrations: Steps = {
  '0022-pushes': { up: createPushTable },
}

async function createPushTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('pushes')
    .addColumn('id', ...types.id)
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('pusher', 'text', (column) => column.notNull())
    .addColumn('commands', 'text', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('began_at_ms', types.number, (column) => column.notNull())
    .addColumn('changed', 'text')
    .addColumn('after_pipeline_id', 'integer', (column) => column.notNull())
    .execute()
}

type Tables = PushTables & Pick<PipelinesTables, 'pipelines'>

export function createPushStore(database: Database): PushStore {
  const tables = database.$extendTables<Tables>()
  return {
    begin: ({ projectId, pusher, commands, options, beganAtMs }) =>
      alone(tables, async (step) => {
        const newest = step.selectFrom('pipelines').select('id').orderBy('id', 'desc').limit(1)
        const row = {
          project_id: projectId,
          pusher: JSON.stringify(pusher),
          commands: JSON.stringify(commands),
          options: JSON.stringify(options),
          began_at_ms: beganAtMs,
          after_pipeline_id: (await newest.executeTakeFirst())?.id ?? 0,
        }
        const { id } = await step.insertInto('pushes').values(row).returning('id').executeTakeFirstOrThrow()
        return id
      }),
    land: async (id, changed) => {
      const set = { changed: JSON.stringify(changed) }
      await tables.updateTable('pushes').set(set).where('id', '=', id).execute()
    },
    finish: async (id) => {
      await tables.deleteFrom('pushes').where('id', '=', id).execute()
    },
    listOpen: async (limit) => {
      const rows = await tables.selectFrom('pushes').selectAll().orderBy('id').limit(limit).execute()
      return rows.map(toPush)
    },
    findPipeline: (pushId, mark) => findPipeline(tables, pushId, mark),
  }
}

async function findPipeline(
  tables: Kysely<Tables>,
  pushId: number,
  mark: string,
): Promise<number | undefined> {
  const rows = await tables
    .selectFrom('pushes')
    .innerJoin('pipelines', (join) =>
      join
        .onRef('pipelines.id', '>', 'pushes.after_pipeline_id')
        .onRef('pipelines.project_id', '=', 'pushes.project_id'),
    )
    .select(['pipelines.id', 'pipelines.origin'])
    .where('pushes.id', '=', pushId)
    .orderBy('pipelines.id')
    .execute()
  return rows.find(({ origin }) => markOf(origin) === mark)?.id
}

function markOf(origin: string): string | undefined {
  return (JSON.parse(origin) as { readonly commit?: { readonly push?: string } }).commit?.push
}

function toPush(row: Selectable<PushTables['pushes']>): OpenPush {
  return {
    id: row.id,
    projectId: row.project_id,
    pusher: JSON.parse(row.pusher) as OpenPush['pusher'],
    commands: JSON.parse(row.commands) as OpenPush['commands'],
    options: JSON.parse(row.options) as OpenPush['options'],
    beganAtMs: row.began_at_ms,
    changed: row.changed === null ? null : (JSON.parse(row.changed) as readonly string[]),
  }
}
