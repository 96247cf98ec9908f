import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jsonLog } from '../host/index.ts'
import { cliErrors } from './errors.ts'
import type { GateIndexFlags } from './gate-index-flags.ts'

export interface OwnGateOptions extends GateIndexFlags {
  readonly gate?: string
}

/**
 * The gate of `--gate`, or whatever stands in for it; with `--upstream` and `--policy` a gate of this command alone, which
 * remembers nothing and ends with it. Throws `cli.gate-flags`.
 */
export async function withGate<T>(
  options: OwnGateOptions,
  use: (gateFlag: string | undefined) => Promise<T>,
): Promise<T> {
  const { gate, upstream, policy } = options
  if (upstream.length === 0 && policy === undefined) return use(gate)
  if (gate !== undefined)
    throw cliErrors('cli.gate-flags', '--gate cannot be combined with --upstream and --policy')
  // A gate that runs is asked without loading a server.
  const { gateOfFlags } = await import('./gate-of-flags.ts')
  const { startGateServer } = await import('../server/index.ts')
  const gates = await gateOfFlags(options, { name: 'own' })
  const data = await mkdtemp(join(tmpdir(), 'wheelseal-gate-'))
  try {
    const log = await jsonLog(undefined, 'error')
    const server = await startGateServer({ data, gates, listen: '127.0.0.1:0', log })
    try {
      return await use(`${server.url}/gate/own`)
    } finally {
      await server.close()
    }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}
