import type { Selectable, Transaction } from 'kysely'
import type { JobRecord, RunnerRecord } from '../../pipelines/index.ts'
import type { PipelinesTables, QueueTable } from './pipelines-rows.ts'

type Step = Transaction<PipelinesTables>
type Kind = Pick<RunnerRecord, 'tags' | 'runUntagged' | 'projectId'>

/** What a queue asks of a job. */
export type QueuedJob = Pick<JobRecord, 'id' | 'state' | 'tags' | 'queuedAtMs'> & {
  readonly projectId: number
}

const ALL_PROJECTS = 0

/**
 * Runners of the same projects and with the same tags share a queue, and a pending job stands in the queue of all who
 * may take it. So a runner that asks reads one row, however many jobs wait for others. The price is paid by those who
 * may register runners, and not by those who may queue jobs: a job is compared with each kind of runner of its project
 * or of all, and a new kind with each pending job.
 */
export async function requeue(step: Step, job: JobRecord): Promise<void> {
  await step.deleteFrom('queued_jobs').where('job_id', '=', job.id).execute()
  if (job.state !== 'pending') return
  const row = step.selectFrom('jobs').select('project_id').where('id', '=', job.id)
  await queueUp(step, { ...job, projectId: (await row.executeTakeFirstOrThrow()).project_id })
}

/** Of a job that stands in no queue. */
export async function queueUp(step: Step, job: QueuedJob): Promise<void> {
  if (job.state !== 'pending') return
  for (const projectId of new Set([ALL_PROJECTS, job.projectId])) {
    const queues = step.selectFrom('queues').selectAll().where('project_id', '=', projectId)
    for (const queue of await queues.execute()) await enqueue(step, job, queue)
  }
}

async function enqueue(step: Step, job: QueuedJob, queue: Selectable<QueueTable>): Promise<void> {
  if (!mayTake(toKind(queue), job)) return
  const row = { queue_id: queue.id, queued_at_ms: job.queuedAtMs ?? 0, job_id: job.id }
  await step.insertInto('queued_jobs').values(row).execute()
}

function mayTake({ tags, runUntagged, projectId }: Kind, job: QueuedJob): boolean {
  if (projectId !== null && projectId !== job.projectId) return false
  return job.tags.length === 0 ? runUntagged : job.tags.every((tag) => tags.includes(tag))
}

export function toKind({ tags, run_untagged, project_id }: Omit<Selectable<QueueTable>, 'id'>): Kind {
  return {
    tags: JSON.parse(tags) as Kind['tags'],
    runUntagged: run_untagged === 1,
    projectId: project_id === ALL_PROJECTS ? null : project_id,
  }
}

/** The queue of runners of that kind. The first of a kind finds all that wait for it already. */
export async function ensureQueue(
  step: Step,
  { tags, runUntagged, projectId }: Kind,
  pending: AsyncIterable<QueuedJob>,
): Promise<number> {
  const row = {
    project_id: projectId ?? ALL_PROJECTS,
    tags: JSON.stringify([...new Set(tags)].toSorted()),
    run_untagged: runUntagged ? 1 : 0,
  }
  const added = await step
    .insertInto('queues')
    .values(row)
    .onConflict((conflict) => conflict.columns(['project_id', 'tags', 'run_untagged']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (added !== undefined) {
    for await (const job of pending) await enqueue(step, job, added)
    return added.id
  }
  const same = step
    .selectFrom('queues')
    .select('id')
    .where('project_id', '=', row.project_id)
    .where('tags', '=', row.tags)
  return (await same.where('run_untagged', '=', row.run_untagged).executeTakeFirstOrThrow()).id
}

/** A project's runners come and go: a queue of theirs ends with the last of them, and costs its jobs nothing more. */
export async function dropUnusedQueue(step: Step, queueId: number): Promise<void> {
  const used = step.selectFrom('runners').select('id').where('queue_id', '=', queueId).limit(1)
  if ((await used.executeTakeFirst()) !== undefined) return
  const queue = step.deleteFrom('queues').where('id', '=', queueId).where('project_id', '!=', ALL_PROJECTS)
  if (Number((await queue.executeTakeFirst()).numDeletedRows) === 0) return
  await step.deleteFrom('queued_jobs').where('queue_id', '=', queueId).execute()
}
