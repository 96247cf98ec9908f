import type { Kysely } from 'kysely'
import type { PipelinesTables, QueueTable } from './pipelines-rows.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** Runners of one project have queues of their own, in which no job of another project ever stands. */
export const projectQueueSteps: Steps = {
  '0025-pipelines-project-queues': {
    up: async (database, types) => {
      await createQueues(database, types)
      await moveQueues(database)
      await database.schema.dropTable('queues_of_all').execute()
    },
  },
}

/** Anew, because the key changes, and not every database drops that of a table. */
async function createQueues({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema.alterTable('queues').renameTo('queues_of_all').execute()
  await schema
    .createTable('queues')
    .addColumn('id', ...types.id)
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('run_untagged', 'integer', (column) => column.notNull())
    .addUniqueConstraint('queues_key', ['project_id', 'tags', 'run_untagged'])
    .execute()
  await schema.createIndex('runners_queue').on('runners').column('queue_id').execute()
}

type Tables = PipelinesTables & { readonly queues_of_all: Omit<QueueTable, 'project_id'> }

/** A queue's new number may be another one's old: below zero, until all are moved, none meets another. */
async function moveQueues(database: Kysely<unknown>): Promise<void> {
  const tables = database.$extendTables<Tables>()
  for (const { id, ...kind } of await tables
    .selectFrom('queues_of_all')
    .selectAll()
    .orderBy('id')
    .execute()) {
    const row = tables.insertInto('queues').values({ project_id: 0, ...kind })
    const moved = { queue_id: -(await row.returning('id').executeTakeFirstOrThrow()).id }
    await tables.updateTable('runners').set(moved).where('queue_id', '=', id).execute()
    await tables.updateTable('queued_jobs').set(moved).where('queue_id', '=', id).execute()
  }
  for (const table of ['runners', 'queued_jobs'] as const)
    await tables
      .updateTable(table)
      .set((row) => ({ queue_id: row.neg('queue_id') }))
      .where('queue_id', '<', 0)
      .execute()
}
