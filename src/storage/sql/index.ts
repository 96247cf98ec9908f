/** What every SQL database shares: the adapters of the services' `store.ts`, their tables, and how these came to be. */
export type { Database } from './database.ts'
export { migrate } from './migrate.ts'
export { migrations } from './migrations.ts'
export { createAccessStore } from './access.ts'
export { createAuditStore } from './audit.ts'
export { createKeyIndex, keyIndexMigrations } from './key-index.ts'
export { createPipelineStore } from './pipelines.ts'
export { createRegistryStore } from './registry.ts'
