import type { Transaction } from 'kysely'
import type { JobRecord } from '../../pipelines/index.ts'
import { ACTIVE } from './pipelines-states.ts'
import type { PipelinesTables } from './pipelines-rows.ts'

type Step = Transaction<PipelinesTables>

/**
 * Of the jobs with one resource, the first that waits holds it. It is given on in the step in which its holder ends, so
 * that nobody has to look for resources that nobody holds.
 */
export async function passResource(step: Step, job: JobRecord): Promise<void> {
  const { id, resourceKey: key, state } = job
  if (key === null) return
  const row = { resource_key: key, job_id: id }
  await step.deleteFrom('resource_waits').where('resource_key', '=', key).where('job_id', '=', id).execute()
  if (state === 'waiting_for_resource') await step.insertInto('resource_waits').values(row).execute()
  if (!ACTIVE.includes(state)) await step.deleteFrom('resources').where('job_id', '=', id).execute()
  if (state === 'pending')
    await step.updateTable('resources').set({ is_queued: 1 }).where('job_id', '=', id).execute()
  await grantFirst(step, key)
}

async function grantFirst(step: Step, key: string): Promise<void> {
  const waits = step.selectFrom('resource_waits').selectAll().where('resource_key', '=', key)
  const first = await waits.orderBy('job_id').limit(1).executeTakeFirst()
  if (first === undefined) return
  await step
    .insertInto('resources')
    .values({ ...first, is_queued: 0 })
    .onConflict((conflict) => conflict.column('resource_key').doNothing())
    .execute()
}
