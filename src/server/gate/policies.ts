import { basename } from 'node:path'
import {
  describeError,
  reworded,
  sha256Hex,
  WheelsealError,
  type Clock,
  type Files,
  type Log,
} from '../../base/index.ts'
import type { GatePolicy } from '../../gate/index.ts'
import { readPolicy } from '../../verify/index.ts'
import { serverErrors } from '../errors.ts'
import type { GateConfiguration } from './configuration.ts'

/** The policy of a gate, as long as it runs. */
export interface OpenPolicy {
  readonly now: () => GatePolicy
  /** Reads the file again. One that is broken changes nothing; the log and `now` say so. */
  readonly reload: () => Promise<void>
}

export interface PolicyPorts {
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
}

type Configured = Pick<GateConfiguration, 'name' | 'policy'>

const MAX_POLICY_BYTES = 64 << 10

/** Throws `verify.policy-file`, `server.configuration`. */
export async function openPolicy(configured: Configured, ports: PolicyPorts): Promise<OpenPolicy> {
  const { name: gate, policy: path } = configured
  let current = await readGatePolicy(configured, ports)
  const reload = async (): Promise<void> => {
    try {
      current = await readGatePolicy(configured, ports)
      const { sha256, file } = current
      const counts = { rules: file.contents.ruleCount, exemptions: file.exemptions.length }
      ports.log.event('gate.policy', { gate, policy: path, sha256, ...counts })
    } catch (error) {
      current = { ...current, broken: describeError(error) }
      ports.log.failure('gate.policy-broken', error, { gate, policy: path, kept: current.sha256 })
    }
  }
  return { now: () => current, reload }
}

/** Sentences for installers name the file, and not where it lies on the server. Throws `verify.policy-file`, `server.configuration`. */
export async function readGatePolicy(
  { name, policy: path }: Configured,
  { files, clock }: Pick<PolicyPorts, 'files' | 'clock'>,
): Promise<GatePolicy> {
  const shown = basename(path)
  const bytes = await readBytes(name, path, files)
  try {
    const file = await readPolicy(bytes, shown, { nowMs: clock.nowMs() })
    return { file, sha256: sha256Hex(bytes), path: shown }
  } catch (error) {
    if (!(error instanceof WheelsealError) || !error.message.startsWith(shown)) throw error
    throw reworded(error, { fact: `${path}${error.message.slice(shown.length)}` })
  }
}

async function readBytes(gate: string, path: string, files: Files): Promise<Uint8Array> {
  try {
    return await files.read(path, MAX_POLICY_BYTES)
  } catch (cause) {
    const fact = `gate ${gate}: policy ${path}: ${describeError(cause)}`
    throw serverErrors('server.configuration', fact, { cause, hint: 'name the policy file of the gate' })
  }
}
