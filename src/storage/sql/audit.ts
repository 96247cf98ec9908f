import type { Generated, Selectable } from 'kysely'
import type { AuditOutcome, AuditRow, AuditStore } from '../../access/index.ts'
import type { Database } from './database.ts'
import type { Steps } from './steps.ts'

type AuditTable = {
  id: Generated<number>
  at_ms: number
  action: string
  details: string
  /** Null until the action ended, and in rows of versions that did not write it. */
  outcome: Exclude<AuditOutcome['kind'], 'unknown'> | null
  /** Of the error, where there was one. */
  code: string | null
}

export const auditMigrations: Steps = {
  '0005-audit': {
    up: async (db, types) => {
      await db.schema
        .createTable('audit')
        .addColumn('id', ...types.id)
        .addColumn('at_ms', types.number, (column) => column.notNull())
        .addColumn('action', 'text', (column) => column.notNull())
        .addColumn('details', 'text', (column) => column.notNull())
        .execute()
    },
  },
  '0006-audit-outcome': {
    up: async (db) => {
      await db.schema.alterTable('audit').addColumn('outcome', 'text').execute()
      await db.schema.alterTable('audit').addColumn('code', 'text').execute()
    },
  },
}

export function createAuditStore(database: Database): AuditStore {
  const db = database.$extendTables<{ audit: AuditTable }>()
  return {
    add: ({ atMs, action, details }) =>
      db
        .insertInto('audit')
        .values({ at_ms: atMs, action, details: JSON.stringify(details) })
        .returning('id')
        .executeTakeFirstOrThrow(),
    settle: async (id, outcome) => {
      if (outcome.kind === 'unknown') return
      const row = { outcome: outcome.kind, code: 'code' in outcome ? outcome.code : null }
      await db.updateTable('audit').set(row).where('id', '=', id).where('outcome', 'is', null).execute()
    },
    list: async ({ afterId, limit }) => {
      const query = db.selectFrom('audit').selectAll().where('id', '>', afterId).orderBy('id').limit(limit)
      return (await query.execute()).map(toRow)
    },
  }
}

function toRow({ id, at_ms: atMs, action, details, ...ended }: Selectable<AuditTable>): AuditRow {
  return {
    id,
    atMs,
    action,
    details: JSON.parse(details) as AuditRow['details'],
    outcome: toOutcome(ended),
  }
}

function toOutcome({ outcome, code }: Pick<AuditTable, 'outcome' | 'code'>): AuditOutcome {
  if (outcome === null) return { kind: 'unknown' }
  return outcome === 'done' ? { kind: outcome } : { kind: outcome, code: code ?? '' }
}
