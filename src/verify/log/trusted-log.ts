import type { LoggedEntry } from '../../formats/sigstore/index.ts'
import { findLog, type LogKey, type TrustRoot } from '../trust-root/trust-root.ts'
import { failed, type Finding } from '../verdict/verdict.ts'

export interface LogTrust {
  readonly trustRoot: TrustRoot
  /** When the log must have been trusted. */
  readonly timesSeconds: readonly number[]
}

/** The log that an entry names, where the trust root has it at all of these times. */
export function trustedLog(
  { logId }: LoggedEntry,
  { trustRoot: { logs }, timesSeconds }: LogTrust,
): { readonly log: LogKey } | { readonly problem: Finding } {
  const log = findLog(logs, logId, timesSeconds)
  if (log !== undefined) return { log }
  const problem = failed('your trust root does not have the log at the time of the entry', {
    expected: logs.map(({ idHex }) => idHex).join(', ') || 'no log',
    found: logId,
  })
  return { problem }
}
