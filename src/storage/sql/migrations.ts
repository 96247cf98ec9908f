import { accessMigrations } from './access.ts'
import { auditMigrations } from './audit.ts'
import { gateOperatorSteps } from './gate-operator-steps.ts'
import { gateCheckpointSteps } from './gate-checkpoints.ts'
import { gateSealSteps } from './gate-seal-steps.ts'
import { gateMigrations } from './gate-tables.ts'
import { pipelinesMigrations } from './pipelines.ts'
import { publisherMigrations } from './publishers.ts'
import { pushMigrations } from './pushes.ts'
import { registryMigrations } from './registry.ts'
import { sealMigrations } from './seals.ts'
import type { Steps } from './steps.ts'

/** Every step of the schema, in the order of their names; a step that was released never changes. */
export const migrations: Steps = {
  ...accessMigrations,
  ...registryMigrations,
  ...pipelinesMigrations,
  ...auditMigrations,
  ...publisherMigrations,
  ...sealMigrations,
  ...pushMigrations,
  ...gateMigrations,
  ...gateOperatorSteps,
  ...gateCheckpointSteps,
  ...gateSealSteps,
}
