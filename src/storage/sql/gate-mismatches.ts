import type { Kysely, Selectable, Transaction } from 'kysely'
import type { GateStore, Mismatch, UpstreamName } from '../../gate/index.ts'
import { allRows, inBatches, PAGE_ROWS } from './gate-batches.ts'
import { raiseRevision } from './gate-names.ts'
import type { GateTables } from './gate-tables.ts'
import type { Together } from './together.ts'
import { alone } from './transactions.ts'

type Tables = Kysely<GateTables>
type Step = Transaction<GateTables>
type Row = Selectable<GateTables['gate_mismatches']>

/** None is removed: one that was lifted is evidence. */
export function mismatchQueries(
  tables: Tables,
  together: Together<GateTables>,
): Pick<GateStore, 'addMismatch' | 'listMismatches' | 'liftMismatches'> {
  return {
    addMismatch: (place, mismatch) => together((step) => addMismatch(step, place, mismatch)),
    listMismatches: async (place) => (await counting(tables, place)).map(toMismatch),
    liftMismatches: async (place, atMs) => {
      const rows = await counting(tables, place)
      if (rows.length > 0) await alone(tables, (step) => lift(step, place, { rows, atMs }))
    },
  }
}

async function addMismatch(
  step: Step,
  place: UpstreamName,
  { fileName, kind, expected, found, atMs }: Mismatch,
): Promise<void> {
  const { upstream, name } = place
  const added = await step
    .insertInto('gate_mismatches')
    .values({ upstream, name, file_name: fileName, kind, expected, found, at_ms: atMs })
    .onConflict((conflict) =>
      conflict
        .columns(['upstream', 'name', 'file_name', 'kind'])
        .doUpdateSet({ expected, found, at_ms: atMs, lifted_at_ms: null })
        .where('gate_mismatches.lifted_at_ms', 'is not', null),
    )
    .returning('id')
    .execute()
  if (added.length > 0) await raiseRevision(step, place)
}

/** Those that were not lifted. */
function counting(tables: Tables, { upstream, name }: UpstreamName): Promise<readonly Row[]> {
  return allRows(tables, (step, afterId) => {
    const all = step.selectFrom('gate_mismatches').selectAll().where('upstream', '=', upstream)
    const some = all.where('name', '=', name).where('lifted_at_ms', 'is', null).where('id', '>', afterId)
    return some.orderBy('id').limit(PAGE_ROWS).execute()
  })
}

async function lift(
  step: Step,
  place: UpstreamName,
  { rows, atMs }: { readonly rows: readonly Row[]; readonly atMs: number },
): Promise<void> {
  await inBatches(rows, async (batch) => {
    const ids = batch.map(({ id }) => id)
    await step.updateTable('gate_mismatches').set({ lifted_at_ms: atMs }).where('id', 'in', ids).execute()
  })
  await raiseRevision(step, place)
}

function toMismatch(row: Row): Mismatch {
  return {
    fileName: row.file_name,
    kind: row.kind,
    expected: row.expected,
    found: row.found,
    atMs: row.at_ms,
  }
}
