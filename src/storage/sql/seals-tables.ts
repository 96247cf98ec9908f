import type { Generated, Kysely } from 'kysely'
import type { RuleState, SealEnding, SealOutcome, Standing } from '../../registry/index.ts'
import { adoptSideFiles } from './seals-upgrade.ts'
import type { ColumnTypes, Steps } from './steps.ts'

/** Tables of `seals.ts` and how they came to be. */
export type SealTables = {
  /** Append-only: what is put beside distributions, and what is known of it. */
  readonly side_files: {
    readonly id: Generated<number>
    readonly project_id: number
    readonly file_name: string
    readonly ending: SealEnding
    /** The generic file; null for what came with the distribution. */
    readonly source_id: number | null
    readonly sha256: string
    readonly size: number
    readonly put_by: number
    readonly created_at_ms: number
    readonly standing: Standing
    readonly partner_id: number | null
  }
  readonly seal_verdicts: {
    readonly file_sha256: string
    readonly file_name: string
    readonly seal_sha256: string
    readonly rule_sha256: string
    readonly roots_sha256: string
    readonly outcome: SealOutcome
    /** JSON. */
    readonly report: string
    readonly judged_at_ms: number
  }
  readonly sealed_files: {
    readonly project_id: number
    readonly file_name: string
    readonly file_id: number
    readonly rule_sha256: string
    readonly roots_sha256: string
    readonly outcome: SealOutcome | 'none'
    readonly bundle_id: number | null
    readonly attestation_id: number | null
    readonly uploaded_id: number | null
    readonly signature_id: number | null
    readonly certificate_id: number | null
    readonly judged_at_ms: number
    readonly due_at_ms: number | null
    readonly tries: number
  }
  readonly publish_rules: {
    readonly project_id: number
    /** JSON; null is off. */
    readonly rule: string | null
    readonly next_rule: string | null
    readonly phase: RuleState['phase']
    readonly before_id: number
    readonly roots_sha256: string
    readonly set_at_ms: number
  }
}

export const sealMigrations: Steps = {
  '0015-seals': {
    up: async (database, types) => {
      await createSideFileTable(database, types)
      await createVerdictTable(database)
      await createSealedFileTable(database)
      await createRuleTable(database)
      await adoptSideFiles(database)
    },
  },
}

async function createSideFileTable({ schema }: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('side_files')
    .addColumn('id', ...types.id)
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('ending', 'text', (column) => column.notNull())
    .addColumn('source_id', 'bigint')
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('put_by', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('standing', 'text', (column) => column.notNull())
    .addColumn('partner_id', 'bigint')
    .addUniqueConstraint('side_files_source', ['source_id'])
    .execute()
  const place = ['project_id', 'file_name', 'ending'] as const
  for (const [name, column] of [
    ['side_files_all', undefined],
    ['side_files_standing', 'standing'],
    ['side_files_user', 'put_by'],
  ] as const)
    await schema
      .createIndex(name)
      .on('side_files')
      .columns([...place, ...(column === undefined ? [] : [column]), 'id'])
      .execute()
}

async function createVerdictTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('seal_verdicts')
    .addColumn('file_sha256', 'text', (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('seal_sha256', 'text', (column) => column.notNull())
    .addColumn('rule_sha256', 'text', (column) => column.notNull())
    .addColumn('roots_sha256', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('report', 'text', (column) => column.notNull())
    .addColumn('judged_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('seal_verdicts_key', [
      'file_sha256',
      'file_name',
      'seal_sha256',
      'rule_sha256',
      'roots_sha256',
    ])
    .execute()
}

async function createSealedFileTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('sealed_files')
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('file_id', 'bigint', (column) => column.notNull())
    .addColumn('rule_sha256', 'text', (column) => column.notNull())
    .addColumn('roots_sha256', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('bundle_id', 'bigint')
    .addColumn('attestation_id', 'bigint')
    .addColumn('uploaded_id', 'bigint')
    .addColumn('signature_id', 'bigint')
    .addColumn('certificate_id', 'bigint')
    .addColumn('judged_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('due_at_ms', 'bigint')
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('sealed_files_key', ['project_id', 'file_name'])
    .execute()
  await schema.createIndex('sealed_files_due').on('sealed_files').columns(['due_at_ms']).execute()
}

async function createRuleTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('publish_rules')
    .addColumn('project_id', 'integer', (column) => column.primaryKey())
    .addColumn('rule', 'text')
    .addColumn('next_rule', 'text')
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('before_id', 'bigint', (column) => column.notNull())
    .addColumn('roots_sha256', 'text', (column) => column.notNull())
    .addColumn('set_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createIndex('publish_rules_phase')
    .on('publish_rules')
    .columns(['phase', 'project_id'])
    .execute()
}
