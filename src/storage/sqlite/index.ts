/** Everything that one process keeps in one SQLite file: the adapters of the services' `store.ts`, and the lock. */
export { openDatabase, type Database } from './database.ts'
export { migrations } from './migrations.ts'
export { lockDirectory, type DirectoryLock } from './lock.ts'
export { createAccessStore } from './access.ts'
export { createAuditStore } from './audit.ts'
export { createKeyIndex, keyIndexMigrations } from './key-index.ts'
export { createPipelineStore } from './pipelines.ts'
export { createRegistryStore } from './registry.ts'
