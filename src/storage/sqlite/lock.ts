import { DatabaseSync } from 'node:sqlite'
import { storageErrors } from '../errors.ts'

export interface DirectoryLock {
  release(): void
}

/**
 * Makes this process the only one that uses the directory. The lock is SQLite's own lock on a file: the kernel drops
 * it when the process ends, however it ends, so that no stale lock is ever left. Throws `storage.locked`.
 */
export function lockDirectory(path: string): DirectoryLock {
  const connection = new DatabaseSync(`${path}/lock.db`)
  try {
    connection.exec('pragma busy_timeout = 0; pragma journal_mode = delete; begin exclusive')
  } catch (cause) {
    connection.close()
    throw storageErrors('storage.locked', `${path} is in use by another process`, { cause })
  }
  return { release: () => connection.close() }
}
