import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { WheelsealError } from '../../base/index.ts'
import { storageErrors } from '../errors.ts'
import { migrate, type Database, type Steps } from '../sql/index.ts'
import { columnTypes } from './column-types.ts'
import { createDialect } from './dialect.ts'
import { sqliteReason } from './failure.ts'
import { BUSY_TIMEOUT_MS } from './patience.ts'

export interface DatabaseTerms {
  /** The file was there before: one without a single step of the schema is refused, and never filled. */
  readonly isKept?: true
  /** A number of the instance, which the file carries, so that no other instance takes it for its own. */
  readonly owner?: number
  /** What to do about a file that cannot be used, where it is not to be put back. */
  readonly hint?: string
}

/** Reading it whole takes about a second for each gigabyte; above that `wheelseal doctor` does it. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024

/**
 * Opens the file at `path` (`:memory:` for tests) and brings its schema up to `steps`.
 * A commit is durable when it resolves: write-ahead log with `synchronous=FULL`.
 * Throws `storage.database` for a file that is damaged or not the one that `terms` expect, `storage.newer` when a newer
 * version wrote it, `storage.migration` when a step fails.
 */
export async function openDatabase(path: string, steps: Steps, terms: DatabaseTerms = {}): Promise<Database> {
  // Not at the top: commands that talk to a running server never open the database.
  const { Kysely } = await import('kysely')
  const connection = openConnection(path, terms)
  const database: Database = new Kysely({ dialect: await createDialect(connection) })
  try {
    await migrate(database, steps, await columnTypes())
    return database
  } catch (error) {
    connection.close()
    throw error
  }
}

function openConnection(path: string, terms: DatabaseTerms): DatabaseSync {
  const refusal = (reason: string, cause?: unknown): Error =>
    storageErrors('storage.database', `${path} ${reason}`, {
      cause,
      ...(terms.hint === undefined ? {} : { hint: terms.hint }),
    })
  // Before SQLite sees it: beside an empty file it removes the write-ahead log, and what was committed with it.
  if (terms.isKept === true && bytesOf(path) === 0) throw refusal('is empty')
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path)
    const wrong = unfit(connection, path, terms)
    if (wrong === undefined) return connection
    throw refusal(wrong)
  } catch (error) {
    if (connection?.isOpen === true) connection.close()
    if (error instanceof WheelsealError) throw error
    throw refusal(sqliteReason(path, error), error)
  }
}

function bytesOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

/** Sets the connection up. What is wrong with the file, as the end of a sentence that begins with its path. */
function unfit(connection: DatabaseSync, path: string, { isKept, owner }: DatabaseTerms): string | undefined {
  connection.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = ${BUSY_TIMEOUT_MS};
    pragma trusted_schema = off;
  `)
  if (isKept === true && !hasSchema(connection)) return 'has no tables: it was replaced by an empty database'
  if (owner !== undefined) {
    const written = numberOf(connection, 'pragma application_id')
    if (written !== 0 && written !== owner) return 'is the database of another instance'
    if (written === 0) connection.exec(`pragma application_id = ${owner}`)
  }
  return (bytesOf(path) ?? 0) > MAX_CHECKED_BYTES ? undefined : damageOf(connection)
}

/** What SQLite finds when it reads the file whole; undefined when all is well. */
function damageOf(connection: DatabaseSync): string | undefined {
  const row: Readonly<Record<string, unknown>> = connection.prepare('pragma quick_check(1)').get() ?? {}
  const [found] = Object.values(row)
  return found === 'ok' ? undefined : `is damaged: ${String(found).replaceAll(/\s+/g, ' ')}`
}

function hasSchema(connection: DatabaseSync): boolean {
  const sql = "select count(*) as n from sqlite_schema where name = 'kysely_migration'"
  if (numberOf(connection, sql) === 0) return false
  return numberOf(connection, 'select count(*) as n from kysely_migration') > 0
}

function numberOf(connection: DatabaseSync, sql: string): number {
  const row: Readonly<Record<string, unknown>> = connection.prepare(sql).get() ?? {}
  return Number(Object.values(row)[0] ?? 0)
}
