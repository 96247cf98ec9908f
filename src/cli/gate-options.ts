import { gateAdmin, type GateAdmin } from '../server/index.ts'
import { cliErrors } from './errors.ts'
import { gateDataFolder } from './server-options.ts'

export interface GateOptions {
  readonly data?: string
  readonly gate?: string
}

export const GATE_DATA_HELP =
  "data directory of the gate (default: $WHEELSEAL_GATE_DATA, else gate in the user's data folder)"
export const GATE_NAME_HELP = 'name of the gate, where its server has several'

/** The gate that is meant, of those of a running server. Throws `server.no-gate`, `cli.which-gate`. */
export async function chosenGate(options: GateOptions): Promise<{ admin: GateAdmin; gate: string }> {
  const admin = await gateAdmin(gateDataFolder(options))
  const names = await admin.gates()
  const [only] = names
  const gate = options.gate ?? (names.length === 1 ? only : undefined)
  if (gate !== undefined) return { admin, gate }
  throw cliErrors('cli.which-gate', `the server has ${names.length} gates: ${names.join(', ')}`)
}
