import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { DatabaseConnection, Dialect, DialectAdapter, Driver, QueryResult } from 'kysely'
import { patiently } from './patience.ts'

/** How Kysely speaks with one `node:sqlite` connection, which is its own from now on. */
export async function createDialect(connection: DatabaseSync): Promise<Dialect> {
  // Not at the top: commands that talk to a running server never open the database.
  const { SqliteIntrospector, SqliteQueryCompiler } = await import('kysely')
  return {
    createAdapter: () => ADAPTER,
    createDriver: () => createDriver(connection),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** Kysely lets one query or transaction after the other have the connection. A write locks the file: no other lock is needed. */
const ADAPTER: DialectAdapter = {
  supportsCreateIfNotExists: true,
  supportsMultipleConnections: false,
  supportsReturning: true,
  supportsTransactionalDdl: true,
  acquireMigrationLock: async () => undefined,
  releaseMigrationLock: async () => undefined,
}

/**
 * A transaction that may write is begun as one that writes: none that reads first is then outrun by another
 * connection's commit (SQLITE_BUSY_SNAPSHOT), and what it has read stands until it ends.
 */
function createDriver(connection: DatabaseSync): Driver {
  const run = createRunner(connection)
  const statement = async (sql: string): Promise<void> => void (await patiently(() => run(sql, [])))
  const only: DatabaseConnection = {
    executeQuery: <R>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) =>
      patiently(() => run(sql, parameters) as QueryResult<R>),
    streamQuery: () => {
      throw new Error('a kept statement must not be iterated')
    },
  }
  return {
    init: async () => undefined,
    acquireConnection: async () => only,
    releaseConnection: async () => undefined,
    beginTransaction: (_connection, { accessMode }) =>
      statement(accessMode === 'read only' ? 'begin' : 'begin immediate'),
    commitTransaction: () => statement('commit'),
    // A full disk may have ended the transaction already, and its rollback would hide why.
    rollbackTransaction: async () => (connection.isTransaction ? statement('rollback') : undefined),
    destroy: async () => connection.close(),
  }
}

const KEPT_STATEMENTS = 200

/** A statement is prepared once: it is over before anybody else can use it, and nothing is iterated. */
function createRunner(
  connection: DatabaseSync,
): (sql: string, parameters: readonly unknown[]) => QueryResult<unknown> {
  const kept = new Map<string, Prepared>()
  return (sql, parameters) => {
    const { statement, hasRows } = kept.get(sql) ?? prepared(connection, sql)
    if (kept.size >= KEPT_STATEMENTS) kept.clear()
    kept.set(sql, { statement, hasRows })
    const values = parameters as SQLInputValue[]
    if (hasRows) return { rows: statement.all(...values) }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }
}

interface Prepared {
  readonly statement: StatementSync
  readonly hasRows: boolean
}

function prepared(connection: DatabaseSync, sql: string): Prepared {
  const statement = connection.prepare(sql)
  return { statement, hasRows: statement.columns().length > 0 }
}
