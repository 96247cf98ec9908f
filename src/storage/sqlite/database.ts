import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Kysely, SqliteDatabase, SqliteStatement } from 'kysely'
import type { Migration } from 'kysely/migration'
import { describeError } from '../../base/index.ts'
import { storageErrors } from '../errors.ts'

/** One file for all services. An adapter types its own tables: `database.$extendTables<AccessTables>()`. */
export type Database = Kysely<object>

/**
 * Opens the file at `path` (`:memory:` for tests) and brings its schema up to `migrations`.
 * A commit is durable when it resolves: write-ahead log with `synchronous=FULL`.
 * Throws `storage.newer` when a newer version wrote the file, `storage.migration` when a step fails.
 */
export async function openDatabase(
  path: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<Database> {
  // Not at the top: commands that talk to a running server never open the database.
  const { Kysely, SqliteDialect } = await import('kysely')
  const connection = new DatabaseSync(path)
  connection.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = 5000;
    pragma trusted_schema = off;
  `)
  const database: Database = new Kysely({
    dialect: new SqliteDialect({ database: asKyselyDatabase(connection) }),
  })
  await migrate(database, migrations)
  return database
}

async function migrate(database: Database, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const { Migrator } = await import('kysely/migration')
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => ({ ...migrations }) },
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  await database.destroy()
  if (describeError(error).includes('corrupted migrations')) {
    throw storageErrors('storage.newer', 'the database has schema steps that this version does not know', {
      cause: error,
    })
  }
  throw storageErrors(
    'storage.migration',
    `the database could not be brought up to date: ${describeError(error)}`,
    {
      cause: error,
    },
  )
}

const KEPT_STATEMENTS = 200

/**
 * Kysely's SQLite dialect expects better-sqlite3's shape; `node:sqlite` differs in how parameters are handed in. A
 * statement is prepared once: `all` and `run` are over before anybody else can use it, and nothing is iterated.
 */
function asKyselyDatabase(connection: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()
  return {
    close: () => connection.close(),
    prepare: (sql) => {
      // A full disk may have ended the transaction already, and its rollback would hide why.
      if (sql === 'rollback' && !connection.isTransaction) return NOTHING
      const found = kept.get(sql) ?? prepared(connection, sql)
      if (kept.size >= KEPT_STATEMENTS) kept.clear()
      kept.set(sql, found)
      return found
    },
  }
}

function prepared(connection: DatabaseSync, sql: string): SqliteStatement {
  const statement = connection.prepare(sql)
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => sayingFull(() => statement.all(...values(parameters))),
    run: (parameters) => sayingFull(() => statement.run(...values(parameters))),
    iterate: () => {
      throw new Error('a kept statement must not be iterated')
    },
  }
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => {
    throw new Error('nothing is not iterated')
  },
}

/** https://sqlite.org/rescode.html#full */
const SQLITE_FULL = 13

/** Its cause bears the system's code for it, which SQLite keeps to itself. */
function sayingFull<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error) || !('errcode' in error) || error.errcode !== SQLITE_FULL) throw error
    const cause = Object.assign(new Error(error.message, { cause: error }), { code: 'ENOSPC' })
    throw storageErrors('storage.full', 'the disk is full: the database cannot be written', { cause })
  }
}

function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[]
}
