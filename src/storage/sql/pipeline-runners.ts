import type { Kysely, Transaction } from 'kysely'
import type { RunnerManager, RunnerRows } from '../../pipelines/index.ts'
import type { Database } from './database.ts'
import type { RunnerManagerTable } from './pipeline-lists-steps.ts'
import { dropUnusedQueue } from './pipelines-queues.ts'
import type { PipelinesTables } from './pipelines-rows.ts'
import { alone } from './transactions.ts'

type Known = PipelinesTables & { readonly runner_managers: RunnerManagerTable }

export function createRunnerRows(
  database: Database,
  { maxManagers }: { readonly maxManagers: number },
): RunnerRows {
  const tables = database.$extendTables<Known>()
  return {
    replaceToken: async (runnerId, tokenHash) => {
      const change = tables.updateTable('runners').set({ token_hash: tokenHash }).where('id', '=', runnerId)
      return Number((await change.executeTakeFirst()).numUpdatedRows) === 1
    },
    removeRunner: (runnerId) => alone(tables, (step) => removeRunner(step, runnerId)),
    putManager: (runnerId, manager) =>
      alone(tables, (step) => putManager(step, runnerId, { manager, maxManagers })),
    removeManager: async (runnerId, systemId) => {
      const rows = tables.deleteFrom('runner_managers').where('runner_id', '=', runnerId)
      const { numDeletedRows } = await rows.where('system_id', '=', systemId).executeTakeFirst()
      return Number(numDeletedRows) === 1
    },
    countOfProject: (projectId, limit) => countOfProject(tables, projectId, limit),
    managers: (runnerId) => managersOf(tables, runnerId, maxManagers),
  }
}

async function removeRunner(step: Transaction<Known>, runnerId: number): Promise<boolean> {
  await step.deleteFrom('runner_managers').where('runner_id', '=', runnerId).execute()
  const runner = step.deleteFrom('runners').where('id', '=', runnerId).returning('queue_id')
  const removed = await runner.executeTakeFirst()
  if (removed !== undefined) await dropUnusedQueue(step, removed.queue_id)
  return removed !== undefined
}

async function countOfProject(tables: Kysely<Known>, projectId: number, limit: number): Promise<number> {
  const queues = tables.selectFrom('queues').innerJoin('runners', 'runners.queue_id', 'queues.id')
  const own = queues.select('runners.id').where('queues.project_id', '=', projectId)
  return (await own.limit(limit).execute()).length
}

async function managersOf(
  tables: Kysely<Known>,
  runnerId: number,
  limit: number,
): Promise<readonly RunnerManager[]> {
  const rows = await tables
    .selectFrom('runner_managers')
    .selectAll()
    .where('runner_id', '=', runnerId)
    .orderBy('system_id')
    .limit(limit)
    .execute()
  return rows.map(({ system_id: systemId, version, platform, architecture, contacted_at_ms }) => ({
    systemId,
    version,
    platform,
    architecture,
    contactedAtMs: contacted_at_ms,
  }))
}

async function putManager(
  step: Transaction<Known>,
  runnerId: number,
  { manager, maxManagers }: { readonly manager: RunnerManager; readonly maxManagers: number },
): Promise<void> {
  const { systemId, version, platform, architecture, contactedAtMs } = manager
  const facts = { version, platform, architecture, contacted_at_ms: contactedAtMs }
  const same = step.updateTable('runner_managers').set(facts).where('runner_id', '=', runnerId)
  const { numUpdatedRows } = await same.where('system_id', '=', systemId).executeTakeFirst()
  if (Number(numUpdatedRows) > 0) return
  const runner = step.selectFrom('runners').select('id').where('id', '=', runnerId)
  if ((await runner.executeTakeFirst()) === undefined) return
  if ((await managersOf(step, runnerId, maxManagers)).length >= maxManagers) return
  const row = { runner_id: runnerId, system_id: systemId, ...facts }
  await step.insertInto('runner_managers').values(row).execute()
}
