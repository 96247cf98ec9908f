import type { CompiledQuery, Kysely } from 'kysely'
import type { KeyIndex, KeyRow } from '../../log/index.ts'
import type { Database } from './database.ts'
import type { Steps } from './steps.ts'
import { alone } from './transactions.ts'

type KeyTables = {
  log_keys: { key: Uint8Array; leaf_index: number }
  log_mark: { id: number; mark: number }
}

/** In a file of its own for each log, since it is derived and can be made anew. */
export const keyIndexMigrations: Steps = {
  '0001-keys': {
    up: async (db, types) => {
      const keys = db.schema
        .createTable('log_keys')
        .addColumn('key', types.bytes, (column) => column.notNull())
        .addColumn('leaf_index', types.number, (column) => column.notNull())
        .addPrimaryKeyConstraint('log_keys_key', ['key', 'leaf_index'])
      await types.inKeyOrder(keys).execute()
      await db.schema
        .createTable('log_mark')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('mark', types.number, (column) => column.notNull())
        .execute()
    },
  },
}

type Tables = Kysely<KeyTables>

const MARK_ID = 1
/** Databases bind only so many values in one statement; the least is 32,766. */
const ROWS_PER_STATEMENT = 8000

export function createKeyIndex(database: Database): KeyIndex {
  const db = database.$extendTables<KeyTables>()
  const finding = compiledFind(db)
  return {
    mark: async () => {
      const row = await db.selectFrom('log_mark').select('mark').where('id', '=', MARK_ID).executeTakeFirst()
      return row?.mark ?? 0
    },
    add: (rows, mark) => add(db, rows, mark),
    find: async (key, { from, limit }) => {
      const { rows } = await db.executeQuery<{ readonly leaf_index: number }>({
        ...finding,
        parameters: [key, from, limit],
      })
      return rows.map((row) => row.leaf_index)
    },
  }
}

/** Asked for every entry that is written: building the same query again would cost more than the look into the table. */
function compiledFind(db: Tables): CompiledQuery<{ readonly leaf_index: number }> {
  const query = db.selectFrom('log_keys').select('leaf_index').where('key', '=', new Uint8Array())
  return query.where('leaf_index', '>=', 0).orderBy('leaf_index').limit(1).compile()
}

function add(db: Tables, rows: readonly KeyRow[], mark: number): Promise<void> {
  return alone(db, async (transaction) => {
    for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
      const values = rows
        .slice(at, at + ROWS_PER_STATEMENT)
        .map(({ key, index }) => ({ key, leaf_index: index }))
      await transaction
        .insertInto('log_keys')
        .values(values)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    await transaction
      .insertInto('log_mark')
      .values({ id: MARK_ID, mark })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ mark }))
      .execute()
  })
}
