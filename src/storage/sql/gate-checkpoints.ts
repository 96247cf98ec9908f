import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { GateStore, KeptCheckpoint } from '../../gate/index.ts'
import { inBatches, PAGE_ROWS } from './gate-batches.ts'
import type { Steps } from './steps.ts'
import { alone } from './transactions.ts'

/** Heads that logs have signed. Two rows of one tree and size are evidence, and are never removed. */
export type GateCheckpointTables = {
  readonly gate_checkpoints: {
    readonly id: Generated<number>
    readonly log_id: string
    readonly origin: string
    readonly size: number
    readonly root_hash: string
    readonly note: string
    readonly is_split: number
    readonly seen_at_ms: number
  }
}

type Tables = Kysely<GateCheckpointTables>
type Row = Selectable<GateCheckpointTables['gate_checkpoints']>
type Given = Parameters<GateStore['keepCheckpoint']>[0]

export interface CheckpointOptions {
  /** The newest that are kept, beside what is evidence. */
  readonly keptCheckpoints?: number
}

const KEPT = 50_000
/** Rows between two times at which old ones are removed. */
const TRIM_EVERY = 100

export const gateCheckpointSteps: Steps = {
  '0030-gate-log-checkpoints': {
    up: async ({ schema }, types) => {
      await schema
        .createTable('gate_checkpoints')
        .addColumn('id', ...types.id)
        .addColumn('log_id', 'text', (column) => column.notNull())
        .addColumn('origin', 'text', (column) => column.notNull())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('root_hash', 'text', (column) => column.notNull())
        .addColumn('note', 'text', (column) => column.notNull())
        .addColumn('is_split', 'integer', (column) => column.notNull())
        .addColumn('seen_at_ms', 'bigint', (column) => column.notNull())
        .addUniqueConstraint('gate_checkpoints_tree', ['log_id', 'size', 'origin', 'root_hash'])
        .execute()
      const split = schema.createIndex('gate_checkpoints_split').on('gate_checkpoints')
      await split.columns(['is_split', 'id']).execute()
    },
  },
}

export function checkpointQueries(
  tables: Tables,
  { keptCheckpoints = KEPT }: CheckpointOptions,
): Pick<GateStore, 'keepCheckpoint' | 'listSplitViews'> {
  return {
    keepCheckpoint: async (given, atMs) => {
      const known = await sameTree(tables, given)
      if (known.some(({ root_hash }) => root_hash === given.rootHash)) return otherThan(given, known)
      return alone(tables, (step) => keepCheckpoint(step, given, { atMs, kept: keptCheckpoints }))
    },
    listSplitViews: async (limit) => {
      const split = tables.selectFrom('gate_checkpoints').selectAll().where('is_split', '=', 1)
      return (await split.orderBy('id', 'desc').limit(limit).execute()).map(toCheckpoint)
    },
  }
}

/** At most two are ever kept of one. */
function sameTree(tables: Tables, { logId, origin, size }: Given): Promise<readonly Row[]> {
  return tables
    .selectFrom('gate_checkpoints')
    .selectAll()
    .where('log_id', '=', logId)
    .where('size', '=', size)
    .where('origin', '=', origin)
    .limit(2)
    .execute()
}

function otherThan({ rootHash }: Given, rows: readonly Row[]): KeptCheckpoint | undefined {
  const other = rows.find(({ root_hash }) => root_hash !== rootHash)
  return other && toCheckpoint(other)
}

async function keepCheckpoint(
  step: Transaction<GateCheckpointTables>,
  given: Given,
  { atMs, kept }: { readonly atMs: number; readonly kept: number },
): Promise<KeptCheckpoint | undefined> {
  const rows = await sameTree(step, given)
  const other = otherThan(given, rows)
  const isNew = rows.every(({ root_hash }) => root_hash !== given.rootHash)
  if (!isNew || rows.length > 1) return other
  const { logId, origin, size, rootHash, note } = given
  const { id } = await step
    .insertInto('gate_checkpoints')
    .values({
      log_id: logId,
      origin,
      size,
      root_hash: rootHash,
      note,
      seen_at_ms: atMs,
      is_split: other === undefined ? 0 : 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  for (const row of rows)
    await step.updateTable('gate_checkpoints').set({ is_split: 1 }).where('id', '=', row.id).execute()
  if (id % Math.min(TRIM_EVERY, kept) === 0) await trim(step, id - kept)
  return other
}

async function trim(step: Transaction<GateCheckpointTables>, lastId: number): Promise<void> {
  const old = step.selectFrom('gate_checkpoints').select('id').where('is_split', '=', 0)
  const rows = await old.where('id', '<=', lastId).orderBy('id').limit(PAGE_ROWS).execute()
  await inBatches(rows, async (batch) => {
    const ids = batch.map(({ id }) => id)
    await step.deleteFrom('gate_checkpoints').where('id', 'in', ids).execute()
  })
}

function toCheckpoint(row: Row): KeptCheckpoint {
  return {
    logId: row.log_id,
    origin: row.origin,
    size: row.size,
    rootHash: row.root_hash,
    note: row.note,
    seenAtMs: row.seen_at_ms,
  }
}
