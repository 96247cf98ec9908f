import type { Kysely, Transaction } from 'kysely'
import type { ArtifactRecord, PipelineStore } from '../../pipelines/index.ts'
import { artifactRow, dotenvColumns, toArtifact, type PipelinesTables } from './pipelines-rows.ts'
import { alone } from './transactions.ts'

type Tables = Kysely<PipelinesTables>
type Step = Transaction<PipelinesTables>

export function artifactQueries(
  tables: Tables,
): Pick<
  PipelineStore,
  'addArtifact' | 'findArtifact' | 'jobArtifacts' | 'pipelineArtifacts' | 'isArtifact' | keyof Removals
> {
  const artifacts = tables.selectFrom('artifacts').selectAll('artifacts')
  return {
    addArtifact: (artifact, dotenv) => alone(tables, (step) => insertArtifact(step, artifact, dotenv)),
    findArtifact: async (jobId, type) => {
      const row = await artifacts.where('job_id', '=', jobId).where('type', '=', type).executeTakeFirst()
      return row === undefined ? undefined : toArtifact(row)
    },
    jobArtifacts: async (jobId) =>
      (await artifacts.where('job_id', '=', jobId).orderBy('type').execute()).map(toArtifact),
    pipelineArtifacts: async (pipelineId) => {
      const found = artifacts.where('pipeline_id', '=', pipelineId)
      return (await found.orderBy('job_id').orderBy('type').execute()).map(toArtifact)
    },
    isArtifact: async (sha256) => {
      const row = await artifacts.where('sha256', '=', sha256).limit(1).executeTakeFirst()
      return row !== undefined
    },
    ...removalQueries(tables),
  }
}

type Removals = Pick<PipelineStore, 'setExpiry' | 'removeArtifacts' | 'expiredArtifacts'>

function removalQueries(tables: Tables): Removals {
  const artifacts = tables.selectFrom('artifacts').selectAll('artifacts')
  return {
    setExpiry: async (jobId, expiresAtMs) => {
      const update = tables.updateTable('artifacts').set({ expires_at_ms: expiresAtMs })
      const { numUpdatedRows } = await update.where('job_id', '=', jobId).executeTakeFirstOrThrow()
      return numUpdatedRows > 0n
    },
    removeArtifacts: async (jobId, type) => {
      const all = tables.deleteFrom('artifacts').where('job_id', '=', jobId)
      const some = type === undefined ? all : all.where('type', '=', type)
      return (await some.returningAll().execute()).map(toArtifact)
    },
    expiredArtifacts: async (nowMs, limit) => {
      const expired = artifacts.where('expires_at_ms', '<=', nowMs)
      return (await expired.orderBy('expires_at_ms').limit(limit).execute()).map(toArtifact)
    },
  }
}

async function insertArtifact(
  step: Step,
  artifact: ArtifactRecord,
  dotenv: Parameters<PipelineStore['addArtifact']>[1],
): Promise<boolean> {
  const { jobId } = artifact
  const jobs = step.selectFrom('jobs').select(['state', 'pipeline_id'])
  const job = await jobs.where('id', '=', jobId).executeTakeFirst()
  if (job?.state !== 'running' && job?.state !== 'canceling') return false
  const result = await step
    .insertInto('artifacts')
    .values(artifactRow(artifact, job.pipeline_id))
    .onConflict((conflict) => conflict.columns(['job_id', 'type']).doNothing())
    .executeTakeFirst()
  if (Number(result.numInsertedOrUpdatedRows ?? 0) !== 1) return false
  if (dotenv !== undefined)
    await step.updateTable('jobs').set(dotenvColumns(dotenv)).where('id', '=', jobId).execute()
  return true
}
