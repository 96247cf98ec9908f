import type { Generated } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { AuditRow, AuditStore } from '../../access/index.ts'
import type { Database } from './database.ts'

type AuditTables = {
  audit: { id: Generated<number>; at_ms: number; action: string; details: string }
}

export const auditMigrations: Readonly<Record<string, Migration>> = {
  '0005-audit': {
    up: async (db) => {
      await db.schema
        .createTable('audit')
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('at_ms', 'integer', (column) => column.notNull())
        .addColumn('action', 'text', (column) => column.notNull())
        .addColumn('details', 'text', (column) => column.notNull())
        .execute()
    },
  },
}

export function createAuditStore(database: Database): AuditStore {
  const db = database.$extendTables<AuditTables>()
  return {
    add: async ({ atMs, action, details }) => {
      const row = { at_ms: atMs, action, details: JSON.stringify(details) }
      await db.insertInto('audit').values(row).execute()
    },
    list: async ({ afterId, limit }) => {
      const query = db.selectFrom('audit').selectAll().where('id', '>', afterId).orderBy('id').limit(limit)
      return (await query.execute()).map((row) => ({
        id: row.id,
        atMs: row.at_ms,
        action: row.action,
        details: JSON.parse(row.details) as AuditRow['details'],
      }))
    },
  }
}
