import type { Kysely } from 'kysely'
import type { ColumnTypes, Steps } from './steps.ts'

/** The columns of seals before this step. */
type Before = {
  readonly gate_seals_before: {
    readonly id: number
    readonly file_sha256: string
    readonly sha256: string
    readonly kind: string
    readonly source: string
    readonly bytes: Uint8Array
    readonly seen_at_ms: number
  }
  readonly gate_seal_searches: {
    readonly upstream: string
    readonly file_sha256: string
    readonly found: string
  }
  readonly gate_seals: {
    readonly upstream: string
    readonly file_sha256: string
    readonly sha256: string
    readonly kind: string
    readonly source: string
    readonly bytes: Uint8Array
    readonly seen_at_ms: number
  }
}

export const gateSealSteps: Steps = {
  '0032-gate-seals-of-upstreams': {
    up: async (database, types) => {
      await database.schema.alterTable('gate_seals').renameTo('gate_seals_before').execute()
      await createSeals(database, types)
      await copySeals(database)
      await database.schema.dropTable('gate_seals_before').execute()
      const order = database.schema.createIndex('gate_seals_order').on('gate_seals')
      await order.columns(['upstream', 'file_sha256', 'id']).execute()
    },
  },
}

async function createSeals({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('gate_seals')
    .addColumn('id', ...types.id)
    .addColumn('upstream', 'text', (column) => column.notNull())
    .addColumn('file_sha256', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('bytes', types.bytes, (column) => column.notNull())
    .addColumn('seen_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('gate_seals_found', ['upstream', 'file_sha256', 'sha256'])
    .execute()
}

/** To each upstream that has found seals of the file: which of them it found was not kept. */
async function copySeals(database: Kysely<unknown>): Promise<void> {
  const tables = database.$extendTables<Before>()
  const columns = ['file_sha256', 'sha256', 'kind', 'source', 'bytes', 'seen_at_ms'] as const
  const before = tables
    .selectFrom('gate_seals_before')
    .innerJoin('gate_seal_searches', 'gate_seal_searches.file_sha256', 'gate_seals_before.file_sha256')
    .where('gate_seal_searches.found', '=', 'some')
    .select('gate_seal_searches.upstream')
    .select(columns.map((column) => `gate_seals_before.${column}` as const))
    .orderBy('gate_seals_before.id')
  await tables
    .insertInto('gate_seals')
    .columns(['upstream', ...columns])
    .expression(before)
    .execute()
}
