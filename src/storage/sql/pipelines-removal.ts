import type { Transaction } from 'kysely'
import type { PipelinesTables, RemovedIidTable } from './pipelines-rows.ts'
import type { Steps } from './steps.ts'

type Step = Transaction<PipelinesTables>

export const pipelineRemovalSteps: Steps = {
  '0023-pipelines-removed': {
    up: async ({ schema }) => {
      await schema
        .createTable('removed_iids')
        .addColumn('project_id', 'integer', (column) => column.primaryKey())
        .addColumn('iid', 'integer', (column) => column.notNull())
        .execute()
    },
  },
}

export async function lastRemovedIid(step: Step, projectId: number): Promise<number> {
  const rows = step.selectFrom('removed_iids').select('iid').where('project_id', '=', projectId)
  return (await rows.executeTakeFirst())?.iid ?? 0
}

const BUSY = ['pending', 'running', 'canceling', 'waiting_for_resource'] as const

/** Nothing of it waits or runs, so no queue and no resource knows its jobs. */
export async function removePipeline(step: Step, id: number): Promise<boolean> {
  const busy = step.selectFrom('jobs').select('id').where('pipeline_id', '=', id).where('state', 'in', BUSY)
  if ((await busy.limit(1).executeTakeFirst()) !== undefined) return false
  await step.deleteFrom('artifacts').where('pipeline_id', '=', id).execute()
  await step.deleteFrom('job_needs').where('pipeline_id', '=', id).execute()
  const jobs = await step.selectFrom('jobs').select('id').where('pipeline_id', '=', id).execute()
  // One by one: the foreign keys of the queues are looked up for each.
  for (const job of jobs) await step.deleteFrom('jobs').where('id', '=', job.id).execute()
  const removed = step.deleteFrom('pipelines').where('id', '=', id).returning(['project_id', 'iid'])
  const row = await removed.executeTakeFirst()
  if (row !== undefined) await rememberIid(step, row)
  return true
}

async function rememberIid(step: Step, row: RemovedIidTable): Promise<void> {
  if ((await lastRemovedIid(step, row.project_id)) >= row.iid) return
  await step
    .insertInto('removed_iids')
    .values(row)
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet({ iid: row.iid }))
    .execute()
}
