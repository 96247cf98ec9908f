import type { Access } from '../../access/index.ts'
import { createOwnRegistry } from '../../gate/index.ts'
import { systemClock, systemFiles } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import type { Registry, Seals } from '../../registry/index.ts'
import type { Reserve } from '../../storage/folder/index.ts'
import type { Database } from '../../storage/sql/index.ts'
import { utf8, type Clock, type Log } from '../../base/index.ts'
import { ownLogEntries } from '../sigstore/log-entries.ts'
import type { PrivateSigstore } from '../sigstore/sigstore.ts'
import type { ClockWatch } from '../health/clock-watch.ts'
import type { GateConfiguration } from './configuration.ts'
import { openGates, type OpenGates } from './open-gates.ts'
import { gateFolder } from '../data/paths.ts'

export interface InstanceGatesParts {
  /** The data directory. */
  readonly path: string
  readonly url: string
  readonly trust: Pick<PrivateSigstore, 'material' | 'rekor'>
  readonly registry: Pick<Registry, 'pypi'>
  readonly seals: Seals
  readonly access: Access
  readonly database: Database
  readonly ports: {
    readonly clock: Clock
    readonly watch?: ClockWatch
    readonly log: Log
    readonly reserve?: Reserve
    readonly gates?: readonly GateConfiguration[]
  }
}

/** The gates of an instance, beside all else that it serves. Throws as `openGates`. */
export function openInstanceGates(parts: InstanceGatesParts): Promise<OpenGates> {
  const { path: data, url, trust, registry, seals, access, database, ports } = parts
  const { clock, watch, log, reserve = { check: () => Promise.resolve() }, gates = [] } = ports
  return openGates(gates, {
    database,
    folder: gateFolder(data),
    externalUrl: url,
    http: createHttp({ env: process.env, files: systemFiles }),
    files: systemFiles,
    // Waits by real time, whatever the clock says.
    clock: { ...systemClock, nowMs: () => clock.nowMs() },
    log,
    reserve,
    clockFact: () => watch?.doubt() ?? null,
    own: {
      trustedRoot: utf8(trust.material.trustedRoot),
      logEntries: ownLogEntries(trust.rekor, url),
      registry: (name, path) =>
        createOwnRegistry({ name, path, externalUrl: url, pypi: registry.pypi, seals, access }),
    },
  })
}
