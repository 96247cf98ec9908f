import type { GateStatus, PinReport, PolicyTrial, TriedFile } from '../../gate/index.ts'
import { createSocketHttp } from '../../net/index.ts'
import { callerOf } from '../admin/admin-client.ts'
import { hasServer } from '../admin/admin.ts'
import { adminSocketPath } from '../data/paths.ts'
import { serverErrors } from '../errors.ts'

/** What commands ask of the gates of a running server: requests to `http/gate-admin.ts`. */
export interface GateAdmin {
  gates(): Promise<readonly string[]>
  status(gate: string, days: number): Promise<GateStatus>
  /** Writes nothing. Throws `verify.policy-file`, `gate.unknown`. */
  tryPolicy(gate: string, file: TriedFile): Promise<PolicyTrial>
  approve(
    gate: string,
    name: string,
    asked: { readonly repository?: string; readonly by: string; readonly why: string },
  ): Promise<PinReport>
  forget(gate: string, name: string, asked: { readonly by: string; readonly why: string }): Promise<void>
  exportPins(gate: string): Promise<string>
  refresh(gate: string, name: string): Promise<void>
}

/** Of thousands of packages. */
const LONGEST_TRIAL_MS = 300_000

/** Over the socket of the server of the directory. Throws `server.no-gate` where none runs. */
export async function gateAdmin(data: string): Promise<GateAdmin> {
  if (!(await hasServer(data))) throw serverErrors('server.no-gate', `no server runs on ${data}`)
  const http = createSocketHttp(adminSocketPath(data))
  const [call, longCall] = [callerOf(http), callerOf(http, { timeoutMs: LONGEST_TRIAL_MS })]
  const of = (gate: string, rest: string): string => `/admin/gates/${encodeURIComponent(gate)}/${rest}`
  return {
    gates: async () => (await call<{ gates: readonly string[] }>('GET', '/admin/gates')).gates,
    status: (gate, days) => call('GET', of(gate, `status?days=${days}`)),
    tryPolicy: (gate, file) => longCall('POST', of(gate, 'trials'), file),
    approve: (gate, name, asked) => call('POST', of(gate, `pins/${name}`), asked),
    forget: async (gate, name, asked) => {
      await call('DELETE', of(gate, `pins/${name}`), asked)
    },
    exportPins: async (gate) => (await call<{ toml: string }>('GET', of(gate, 'pins'))).toml,
    refresh: async (gate, name) => {
      await call('POST', of(gate, `refresh/${name}`))
    },
  }
}
