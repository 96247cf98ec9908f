import type { GateStore } from '../../gate/index.ts'
import type { Database } from './database.ts'
import { checkpointQueries, type CheckpointOptions } from './gate-checkpoints.ts'
import { eventQueries } from './gate-events.ts'
import { exemptionQueries } from './gate-exemptions.ts'
import { mismatchQueries } from './gate-mismatches.ts'
import { nameQueries } from './gate-names.ts'
import { refusalQueries, type RefusalOptions } from './gate-refusals.ts'
import { sealQueries } from './gate-seals.ts'
import type { GateTables } from './gate-tables.ts'
import { createTogether } from './together.ts'

/** Its tables come from the steps of `migrations`. */
export function createGateStore(
  database: Database,
  options: RefusalOptions & CheckpointOptions = { lookedAt: 5000 },
): GateStore {
  const tables = database.$extendTables<GateTables>()
  const together = createTogether(tables)
  return {
    ...nameQueries(tables, together),
    ...mismatchQueries(tables, together),
    ...sealQueries(tables, together),
    ...eventQueries(tables),
    ...exemptionQueries(tables),
    ...refusalQueries(tables, { ...options, together }),
    ...checkpointQueries(tables, options),
  }
}
