import type { CreateTableBuilder, Generated, Kysely } from 'kysely'
import type { KeptName, KnownFile, Mismatch, PinEvent, StoredSeal } from '../../gate/index.ts'
import type { GateCheckpointTables } from './gate-checkpoints.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** Tables of `gate.ts`. Digests are lower-case hex; `upstream` is the key of an upstream, `name` the normal form. */
export type GateTables = GateCheckpointTables & {
  readonly gate_names: {
    readonly id: Generated<number>
    readonly upstream: string
    readonly name: string
    readonly etag: string | null
    readonly serial: number | null
    readonly status: KeptName['status']
    readonly tells_of_seals: number
    readonly fresh_at_ms: number
    readonly revision: number
    readonly is_unknown: number
  }
  /** Never deleted. `id` ascends in the order of first sight. */
  readonly gate_files: {
    readonly id: Generated<number>
    readonly name_id: number
    readonly file_name: string
    readonly version_key: string
    readonly version: string
    readonly kind: KnownFile['kind']
    readonly sha256: string | null
    readonly size_bytes: number | null
    readonly url: string
    readonly uploaded_at_ms: number | null
    readonly requires_python: string | null
    readonly yanked: string | null
    readonly provenance: KnownFile['provenance']['kind']
    readonly provenance_url: string | null
    readonly offers_metadata: number
    readonly metadata_sha256: string | null
    readonly first_seen_at_ms: number
    readonly gone_at_ms: number | null
    readonly changed_sha256: string | null
    readonly served_at_ms: number | null
  }
  /** Append-only. */
  readonly gate_seals: {
    readonly id: Generated<number>
    readonly upstream: string
    readonly file_sha256: string
    readonly sha256: string
    readonly kind: StoredSeal['kind']
    readonly source: string
    readonly bytes: Uint8Array
    readonly seen_at_ms: number
  }
  readonly gate_verdicts: {
    readonly file_sha256: string
    readonly file_name: string
    readonly seal_sha256: string
    readonly roots_sha256: string
    readonly verifier: number
    /** JSON. */
    readonly verdict: string
  }
  readonly gate_seal_searches: {
    readonly upstream: string
    readonly file_sha256: string
    readonly found: 'some' | 'none'
    readonly at_ms: number
  }
  readonly gate_metadata: {
    readonly file_sha256: string
    readonly bytes: Uint8Array
  }
  /** Append-only. */
  readonly gate_pin_events: {
    readonly id: Generated<number>
    readonly gate: string
    readonly name: string
    readonly kind: PinEvent['kind']
    readonly at_ms: number
    readonly who: string
    readonly why: string
    /** JSON; null where a pin is forgotten. */
    readonly pin: string | null
  }
  /** None is removed. */
  readonly gate_mismatches: {
    readonly id: Generated<number>
    readonly upstream: string
    readonly name: string
    readonly file_name: string
    readonly kind: Mismatch['kind']
    readonly expected: string
    readonly found: string
    readonly at_ms: number
    readonly lifted_at_ms: number | null
  }
  readonly gate_refusals: {
    readonly number: Generated<number>
    readonly gate: string
    readonly id: string
    readonly name: string
    readonly version: string
    readonly file_name: string
    readonly code: string
    readonly sentence: string
    readonly report: string
    readonly first_at_ms: number
    readonly last_at_ms: number
    readonly times: number
    /** How often the mode `warn` did not make it. */
    readonly let_through_times: Generated<number>
  }
  readonly gate_counts: {
    readonly gate: string
    /** When the hour began. */
    readonly hour_at_ms: number
    readonly served: number
    readonly held: number
    readonly refused: number
    readonly would_refuse: number
  }
  readonly gate_exemptions: {
    readonly gate: string
    /** Of what it lets through. */
    readonly id: string
    /** Whole days since 1970. */
    readonly since_day: number
    readonly matched_day: number | null
  }
}

export const gateMigrations: Steps = {
  '0026-gate': {
    up: async (database, types) => {
      await createNameTable(database, types)
      await createFileTable(database, types)
      await createSealTables(database, types)
      await createMetadataTable(database, types)
      await createPinTable(database, types)
      await createMismatchTable(database, types)
      await createRefusalTable(database, types)
      await createCountTable(database, types)
    },
  },
  '0027-gate-refused-names': {
    up: async ({ schema }) => {
      const index = schema.createIndex('gate_refusals_names').on('gate_refusals')
      await index.columns(['gate', 'file_name', 'last_at_ms', 'number']).execute()
    },
  },
  '0028-gate-gone': {
    up: async ({ schema }) => {
      await schema.createIndex('gate_files_gone').on('gate_files').columns(['gone_at_ms']).execute()
    },
  },
}

type Building = CreateTableBuilder<string, string>

function texts(table: Building, ...names: readonly string[]): Building {
  return names.reduce((built, name) => built.addColumn(name, 'text', (column) => column.notNull()), table)
}

/** Times, sizes and counts: more than 2^31. */
function numbers(table: Building, ...names: readonly string[]): Building {
  return names.reduce((built, name) => built.addColumn(name, 'bigint', (column) => column.notNull()), table)
}

async function createNameTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table: Building = schema.createTable('gate_names').addColumn('id', ...types.id)
  await numbers(texts(table, 'upstream', 'name'), 'fresh_at_ms', 'revision')
    .addColumn('etag', 'text')
    .addColumn('serial', 'bigint')
    .addColumn('status', 'text')
    .addColumn('tells_of_seals', 'integer', (column) => column.notNull())
    .addColumn('is_unknown', 'integer', (column) => column.notNull())
    .addUniqueConstraint('gate_names_place', ['upstream', 'name'])
    .execute()
  const known = schema.createIndex('gate_names_known').on('gate_names')
  await known.columns(['upstream', 'is_unknown', 'name']).execute()
}

async function createFileTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table: Building = schema
    .createTable('gate_files')
    .addColumn('id', ...types.id)
    .addColumn('name_id', 'integer', (column) => column.notNull())
  await texts(table, 'file_name', 'version_key', 'version', 'kind', 'url', 'provenance')
    .addColumn('sha256', 'text')
    .addColumn('size_bytes', 'bigint')
    .addColumn('uploaded_at_ms', 'bigint')
    .addColumn('requires_python', 'text')
    .addColumn('yanked', 'text')
    .addColumn('provenance_url', 'text')
    .addColumn('offers_metadata', 'integer', (column) => column.notNull())
    .addColumn('metadata_sha256', 'text')
    .addColumn('first_seen_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('gone_at_ms', 'bigint')
    .addColumn('changed_sha256', 'text')
    .addColumn('served_at_ms', 'bigint')
    .addUniqueConstraint('gate_files_name', ['name_id', 'file_name'])
    .execute()
  await schema.createIndex('gate_files_order').on('gate_files').columns(['name_id', 'id']).execute()
}

async function createSealTables({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const seals: Building = schema.createTable('gate_seals').addColumn('id', ...types.id)
  await numbers(texts(seals, 'file_sha256', 'sha256', 'kind', 'source'), 'seen_at_ms')
    .addColumn('bytes', types.bytes, (column) => column.notNull())
    .addUniqueConstraint('gate_seals_digests', ['file_sha256', 'sha256'])
    .execute()
  await schema.createIndex('gate_seals_order').on('gate_seals').columns(['file_sha256', 'id']).execute()
  const key = ['file_sha256', 'file_name', 'seal_sha256', 'roots_sha256', 'verifier'] as const
  const verdicts = texts(schema.createTable('gate_verdicts'), ...key.slice(0, -1), 'verdict')
    .addColumn('verifier', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('gate_verdicts_key', [...key])
  await types.inKeyOrder(verdicts).execute()
  const searches = numbers(
    texts(schema.createTable('gate_seal_searches'), 'upstream', 'file_sha256', 'found'),
    'at_ms',
  ).addPrimaryKeyConstraint('gate_seal_searches_key', ['upstream', 'file_sha256'])
  await types.inKeyOrder(searches).execute()
}

async function createMetadataTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await texts(schema.createTable('gate_metadata'), 'file_sha256')
    .addColumn('bytes', types.bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('gate_metadata_key', ['file_sha256'])
    .execute()
}

async function createPinTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table: Building = schema.createTable('gate_pin_events').addColumn('id', ...types.id)
  await numbers(texts(table, 'gate', 'name', 'kind', 'who', 'why'), 'at_ms')
    .addColumn('pin', 'text')
    .execute()
  for (const [name, columns] of [
    ['gate_pin_events_all', ['gate', 'id']],
    ['gate_pin_events_name', ['gate', 'name', 'id']],
  ] as const)
    await schema
      .createIndex(name)
      .on('gate_pin_events')
      .columns([...columns])
      .execute()
}

async function createMismatchTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table: Building = schema.createTable('gate_mismatches').addColumn('id', ...types.id)
  await numbers(texts(table, 'upstream', 'name', 'file_name', 'kind', 'expected', 'found'), 'at_ms')
    .addUniqueConstraint('gate_mismatches_file', ['upstream', 'name', 'file_name', 'kind'])
    .execute()
  const order = schema.createIndex('gate_mismatches_order').on('gate_mismatches')
  await order.columns(['upstream', 'name', 'id']).execute()
}

async function createRefusalTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table: Building = schema.createTable('gate_refusals').addColumn('number', ...types.id)
  const said = texts(table, 'gate', 'id', 'name', 'version', 'file_name', 'code', 'sentence', 'report')
  await numbers(said, 'first_at_ms', 'last_at_ms', 'times')
    .addUniqueConstraint('gate_refusals_id', ['gate', 'id'])
    .execute()
  for (const [name, columns] of [
    ['gate_refusals_last', ['gate', 'last_at_ms']],
    ['gate_refusals_old', ['last_at_ms']],
  ] as const)
    await schema
      .createIndex(name)
      .on('gate_refusals')
      .columns([...columns])
      .execute()
}

async function createCountTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table = texts(schema.createTable('gate_counts'), 'gate')
  const counts = numbers(table, 'hour_at_ms', 'served', 'held', 'refused', 'would_refuse')
  await types.inKeyOrder(counts.addPrimaryKeyConstraint('gate_counts_key', ['gate', 'hour_at_ms'])).execute()
}
