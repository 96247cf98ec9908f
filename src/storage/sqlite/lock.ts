import { DatabaseSync } from 'node:sqlite'
import { storageErrors } from '../errors.ts'
import { isHeld, sqliteReason } from './failure.ts'

export interface DirectoryLock {
  release(): void
}

/**
 * Makes this process the only one that uses the directory. The lock is SQLite's own lock on a file: the kernel drops
 * it when the process ends, however it ends, so that no stale lock is ever left. Throws `storage.locked` when another
 * process has it, and `storage.lock-file` when the file cannot be used at all.
 */
export function lockDirectory(path: string): DirectoryLock {
  const file = `${path}/lock.db`
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(file)
    connection.exec('pragma busy_timeout = 0; pragma journal_mode = delete; begin exclusive')
    const held = connection
    return { release: () => held.close() }
  } catch (cause) {
    connection?.close()
    if (isHeld(cause))
      throw storageErrors('storage.locked', `${path} is in use by another process`, { cause })
    throw storageErrors('storage.lock-file', `${file} ${sqliteReason(file, cause)}`, { cause })
  }
}
