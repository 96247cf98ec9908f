import { stat } from 'node:fs/promises'
import { readCapped, type Clock, type Files, type Http } from '../../base/index.ts'
import { LOCK_LIMITS } from '../../formats/python/locks/index.ts'
import { withRetries } from '../../net/index.ts'
import type { GateUrl } from '../gate-url/index.ts'
import { auditLock } from './audit-lock.ts'
import { auditEnvironment } from './environment/audit-environment.ts'
import { auditErrors } from './errors.ts'
import type { AuditReport } from './report.ts'

export interface AuditRequest {
  /** A lock, the folder of an environment, or `-` for what `pip freeze` prints. */
  readonly target: string
  readonly gate: GateUrl
  readonly writeIdentities: boolean
}

export interface AuditIo {
  readonly http: Http
  readonly clock: Clock
  readonly files: Pick<Files, 'read' | 'writeAtomic'>
  readonly standardInput: () => AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
  /** Is told how many releases the gate is asked of, once that is known. */
  readonly onCount?: (count: number) => void
  readonly onEach?: () => void
}

/** Throws `audit.target`, `client.gate-access`, `gate.upstream`, `lock.…`, `host.file`. */
export async function audit(
  { target, gate, writeIdentities }: AuditRequest,
  io: AuditIo,
): Promise<AuditReport> {
  const asking = { ...io, http: withRetries(io.http, io.clock) }
  if (target === '-') {
    const bytes = await readCapped(io.standardInput(), LOCK_LIMITS.maxBytes)
    return auditLock({ path: target, bytes, gate, writeIdentities }, asking)
  }
  const stats = await stat(target).catch(() => undefined)
  if (stats?.isDirectory() === true) {
    if (writeIdentities)
      throw auditErrors(
        'audit.target',
        `${target} is a folder, and identities are written into a pylock.toml`,
      )
    return auditEnvironment({ path: target, gate }, asking)
  }
  const bytes = await io.files.read(target, LOCK_LIMITS.maxBytes)
  return auditLock({ path: target, bytes, gate, writeIdentities }, asking)
}
