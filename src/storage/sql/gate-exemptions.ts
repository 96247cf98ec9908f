import type { Kysely, Transaction } from 'kysely'
import type { GateStore } from '../../gate/index.ts'
import type { GateTables } from './gate-tables.ts'
import { alone } from './transactions.ts'

type Use = Parameters<GateStore['keepExemptions']>[1]

export function exemptionQueries(
  tables: Kysely<GateTables>,
): Pick<GateStore, 'keepExemptions' | 'exemptionDays'> {
  return {
    keepExemptions: (gate, use) => alone(tables, (step) => keepExemptions(step, gate, use)),
    exemptionDays: async (gate) => {
      const rows = await tables.selectFrom('gate_exemptions').selectAll().where('gate', '=', gate).execute()
      return new Map(
        rows.map(({ id, since_day, matched_day }) => [id, { sinceDay: since_day, matchedDay: matched_day }]),
      )
    },
  }
}

/** Row by row: a policy has few, and they change rarely. */
async function keepExemptions(
  step: Transaction<GateTables>,
  gate: string,
  { day, all, matched }: Use,
): Promise<void> {
  const rows = await step.selectFrom('gate_exemptions').select('id').where('gate', '=', gate).execute()
  const kept = new Set(rows.map(({ id }) => id))
  const wanted = new Set(all)
  for (const id of all)
    if (!kept.has(id)) {
      const row = { gate, id, since_day: day, matched_day: null }
      await step.insertInto('gate_exemptions').values(row).execute()
    }
  for (const id of kept)
    if (!wanted.has(id))
      await step.deleteFrom('gate_exemptions').where('gate', '=', gate).where('id', '=', id).execute()
  for (const id of matched) {
    const rowsOf = step.updateTable('gate_exemptions').where('gate', '=', gate).where('id', '=', id)
    await rowsOf.set({ matched_day: day }).execute()
  }
}
