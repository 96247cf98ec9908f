/** Everything that one process keeps in one SQLite file, whose tables and statements stand in `sql/`, and the lock. */
export { openDatabase } from './database.ts'
export { lockDirectory, type DirectoryLock } from './lock.ts'
export { openUnchanged } from './read-only.ts'
export { snapshotDatabase } from './snapshot.ts'
export { openStoredFiles } from './stored-files.ts'
