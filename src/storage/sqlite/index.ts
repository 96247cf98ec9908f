/** Everything that one process keeps in one SQLite file: the adapters of the services' `store.ts`, and the lock. */
export { openDatabase, type Database } from './database.ts'
export { lockDirectory, type DirectoryLock } from './lock.ts'
