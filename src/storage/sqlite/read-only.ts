import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { storageErrors } from '../errors.ts'
import type { Database } from '../sql/index.ts'
import { createDialect } from './dialect.ts'
import { sqliteReason } from './failure.ts'

/**
 * Opens what a stopped server left, to be read as it lies there: no file is made or changed and no schema upgraded. The
 * caller holds the directory's lock. Undefined where there is no such file. Throws `storage.database`.
 */
export async function openUnchanged(path: string): Promise<Database | undefined> {
  if (!existsSync(path)) return undefined
  const { Kysely } = await import('kysely')
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(asItLies(path), { readOnly: true })
    connection.prepare('select count(*) from sqlite_schema').get()
    const database: Database = new Kysely({ dialect: await createDialect(connection) })
    // Kysely closes only what it has used.
    await database.connection().execute(async () => undefined)
    return database
  } catch (cause) {
    connection?.close()
    throw storageErrors('storage.database', `${path} ${sqliteReason(path, cause)}`, { cause })
  }
}

/** Without a write-ahead log, all is in the file itself; SQLite would make an empty one, and leave it there. */
function asItLies(path: string): URL {
  const url = pathToFileURL(path)
  if (!existsSync(`${path}-wal`)) url.searchParams.set('immutable', '1')
  return url
}
