import type { Migration } from 'kysely/migration'
import { accessMigrations } from './access.ts'
import { auditMigrations } from './audit.ts'
import { pipelinesMigrations } from './pipelines.ts'
import { registryMigrations } from './registry.ts'

/** Every step of the schema, in the order of their names; a step that was released never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  ...accessMigrations,
  ...registryMigrations,
  ...pipelinesMigrations,
  ...auditMigrations,
}
