import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { storageErrors } from '../errors.ts'
import { sqliteReason } from './failure.ts'

/**
 * Copies a database as it is at one moment, also while another process writes to it, into a new file at `to`,
 * which is its owner's only from the first byte on. The copy is not synced. Throws `storage.database`.
 */
export function snapshotDatabase(from: string, to: string): void {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(from, { readOnly: true })
    // SQLite would make it readable by all; an empty file it takes as it is.
    closeSync(openSync(to, 'wx', 0o600))
    connection.prepare('vacuum into ?').run(to)
  } catch (cause) {
    throw storageErrors('storage.database', `${from} ${sqliteReason(from, cause)}`, { cause })
  } finally {
    connection?.close()
  }
}
