import type { Kysely, Selectable } from 'kysely'
import type { GateStore, Mismatch, PinEvent, UpstreamName } from '../../gate/index.ts'
import { allRows, PAGE_ROWS } from './gate-batches.ts'
import { readPin } from './gate-json.ts'
import type { GateTables } from './gate-tables.ts'

type Tables = Kysely<GateTables>

/** Lists to which only is added. */
export function eventQueries(
  tables: Tables,
): Pick<GateStore, 'addPinEvent' | 'listPinEvents' | 'listMismatches'> {
  return {
    addPinEvent: async (event) => {
      const { gate, name, kind, atMs, by, why } = event
      const pin = event.kind === 'forgotten' ? null : JSON.stringify(event.pin)
      await tables
        .insertInto('gate_pin_events')
        .values({ gate, name, kind, at_ms: atMs, who: by, why, pin })
        .execute()
    },
    listPinEvents: (gate, name) => listPinEvents(tables, gate, name),
    listMismatches: (place) => listMismatches(tables, place),
  }
}

async function listPinEvents(
  tables: Tables,
  gate: string,
  name: string | undefined,
): Promise<readonly PinEvent[]> {
  const rows = await allRows(tables, (step, afterId) => {
    const all = step.selectFrom('gate_pin_events').selectAll().where('gate', '=', gate)
    const some = name === undefined ? all : all.where('name', '=', name)
    return some.where('id', '>', afterId).orderBy('id').limit(PAGE_ROWS).execute()
  })
  return rows.map(toPinEvent)
}

/** Throws `storage.database` for a pin that cannot be read: it is never taken for one that is not there. */
function toPinEvent(row: Selectable<GateTables['gate_pin_events']>): PinEvent {
  const event = { gate: row.gate, name: row.name, atMs: row.at_ms, by: row.who, why: row.why }
  if (row.kind === 'forgotten') return { ...event, kind: row.kind }
  return { ...event, kind: row.kind, pin: readPin(row.pin ?? '') }
}

async function listMismatches(tables: Tables, place: UpstreamName): Promise<readonly Mismatch[]> {
  const { upstream, name } = place
  const rows = await allRows(tables, (step, afterId) => {
    const all = step.selectFrom('gate_mismatches').selectAll().where('upstream', '=', upstream)
    const some = all.where('name', '=', name).where('id', '>', afterId)
    return some.orderBy('id').limit(PAGE_ROWS).execute()
  })
  return rows.map(toMismatch)
}

function toMismatch(row: Selectable<GateTables['gate_mismatches']>): Mismatch {
  return {
    fileName: row.file_name,
    kind: row.kind,
    expected: row.expected,
    found: row.found,
    atMs: row.at_ms,
  }
}
