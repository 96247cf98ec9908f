import type { Kysely } from 'kysely'
import type { PipelineStore } from '../../pipelines/index.ts'
import { toJob, type PipelinesTables } from './pipelines-rows.ts'

/** Jobs whose time has come, or that somebody has to look after. */
export function waitingQueries(
  tables: Kysely<PipelinesTables>,
): Pick<PipelineStore, 'overdueJobs' | 'dueJobs' | 'unfinishedJobs' | 'grantedJobs'> {
  const jobs = tables.selectFrom('jobs').selectAll('jobs')
  return {
    overdueJobs: async (nowMs, limit) => {
      const rows = await perState((state) =>
        jobs
          .where('state', '=', state)
          .where('deadline_ms', '<=', nowMs)
          .orderBy('deadline_ms')
          .limit(limit)
          .execute(),
      )
      const byDeadline = rows.toSorted((a, b) => (a.deadline_ms ?? 0) - (b.deadline_ms ?? 0))
      return byDeadline.slice(0, limit).map(toJob)
    },
    dueJobs: async (nowMs, limit) => {
      const due = jobs.where('state', '=', 'scheduled').where('scheduled_at_ms', '<=', nowMs)
      return (await due.orderBy('scheduled_at_ms').limit(limit).execute()).map(toJob)
    },
    unfinishedJobs: async (afterId, limit) => {
      const rows = await perState((state) =>
        jobs.where('state', '=', state).where('id', '>', afterId).orderBy('id').limit(limit).execute(),
      )
      const byId = rows.toSorted((a, b) => a.id - b.id)
      return byId.slice(0, limit).map(toJob)
    },
    grantedJobs: async (limit) => {
      const granted = jobs.innerJoin('resources', 'resources.job_id', 'jobs.id')
      const rows = granted.where('resources.is_queued', '=', 0).orderBy('resources.job_id').limit(limit)
      return (await rows.execute()).map(toJob)
    },
  }
}

/** Of jobs that a runner has. One state after the other: each has its part of an index, in order. */
async function perState<Row>(
  ask: (state: 'running' | 'canceling') => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  return [...(await ask('running')), ...(await ask('canceling'))]
}
