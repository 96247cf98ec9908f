import { DatabaseSync } from 'node:sqlite'
import { storageErrors } from '../errors.ts'
import { sqliteReason } from './failure.ts'

/**
 * Copies a database as it is at one moment, also while another process writes to it, into a new file at `to`. The copy
 * is not synced. Throws `storage.database`.
 */
export function snapshotDatabase(from: string, to: string): void {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(from, { readOnly: true })
    connection.prepare('vacuum into ?').run(to)
  } catch (cause) {
    throw storageErrors('storage.database', `${from} ${sqliteReason(from, cause)}`, { cause })
  } finally {
    connection?.close()
  }
}
