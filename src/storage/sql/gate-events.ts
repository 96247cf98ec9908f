import type { Kysely, Selectable } from 'kysely'
import type { GateStore, PinEvent } from '../../gate/index.ts'
import { allRows, PAGE_ROWS } from './gate-batches.ts'
import { readPin } from './gate-json.ts'
import type { GateTables } from './gate-tables.ts'

type Tables = Kysely<GateTables>

/** Lists to which only is added. */
export function eventQueries(tables: Tables): Pick<GateStore, 'addPinEvent' | 'listPinEvents'> {
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
