import type { ColumnTypes } from '../sql/index.ts'

export async function columnTypes(): Promise<ColumnTypes> {
  const { sql } = await import('kysely')
  return {
    // Without `autoincrement`, the number of the last row is given again when that row is gone.
    id: ['integer', (column) => column.primaryKey().autoIncrement()],
    number: 'integer',
    bytes: 'blob',
    inKeyOrder: (table) => table.modifyEnd(sql`without rowid`),
  }
}
