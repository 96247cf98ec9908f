import type { Selectable, Transaction } from 'kysely'
import type { JobRecord, RunnerRecord } from '../../pipelines/index.ts'
import type { PipelinesTables, QueueTable } from './pipelines-rows.ts'

type Step = Transaction<PipelinesTables>
type Kind = Pick<RunnerRecord, 'tags' | 'runUntagged'>

/**
 * Runners with the same tags share a queue, and a pending job stands in the queue of all who may take it. So a runner
 * that asks reads one row, however many jobs wait for others. The price is paid by those who may register runners, and
 * not by those who may queue jobs: a job is compared with each kind of runner, and a new kind with each pending job.
 */
export async function requeue(step: Step, job: JobRecord): Promise<void> {
  await step.deleteFrom('queued_jobs').where('job_id', '=', job.id).execute()
  await queueUp(step, job)
}

/** Of a job that stands in no queue. */
export async function queueUp(step: Step, job: JobRecord): Promise<void> {
  if (job.state !== 'pending') return
  for (const queue of await step.selectFrom('queues').selectAll().execute()) await enqueue(step, job, queue)
}

async function enqueue(step: Step, job: JobRecord, queue: Selectable<QueueTable>): Promise<void> {
  if (!mayTake(toKind(queue), job)) return
  const row = { queue_id: queue.id, queued_at_ms: job.queuedAtMs ?? 0, job_id: job.id }
  await step.insertInto('queued_jobs').values(row).execute()
}

function mayTake({ tags, runUntagged }: Kind, job: JobRecord): boolean {
  return job.tags.length === 0 ? runUntagged : job.tags.every((tag) => tags.includes(tag))
}

export function toKind({ tags, run_untagged }: Omit<Selectable<QueueTable>, 'id'>): Kind {
  return { tags: JSON.parse(tags) as Kind['tags'], runUntagged: run_untagged === 1 }
}

/** The queue of runners of that kind. The first of a kind finds all that wait for it already. */
export async function ensureQueue(
  step: Step,
  { tags, runUntagged }: Kind,
  pending: PendingJobs,
): Promise<number> {
  const row = {
    tags: JSON.stringify([...new Set(tags)].toSorted()),
    run_untagged: runUntagged ? 1 : 0,
  }
  const added = await step
    .insertInto('queues')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tags', 'run_untagged']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (added !== undefined) {
    for await (const job of pending) await enqueue(step, job, added)
    return added.id
  }
  const same = step.selectFrom('queues').select('id').where('tags', '=', row.tags)
  return (await same.where('run_untagged', '=', row.run_untagged).executeTakeFirstOrThrow()).id
}

type PendingJobs = AsyncIterable<JobRecord>
