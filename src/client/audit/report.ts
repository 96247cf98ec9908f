/** What a distribution is found to be; a later one counts where several hold. */
const AUDIT_STATES = [
  /** Of a folder of this machine. */
  'local',
  'sealed',
  'unsealed',
  'exempt',
  /** From an sdist, on this machine: no wheel says how its files must be. */
  'built',
  'held',
  'undecided',
  'around',
  'unknown',
  'changed',
  'refused',
] as const
export type AuditState = (typeof AUDIT_STATES)[number]

/** `error`: the audit fails. `warning`: it fails where it is strict. `note`: the same, and is not worth a word else. */
export type AuditSeverity = 'error' | 'warning' | 'note'

export interface AuditFinding {
  /** `audit.…`, or as the gate refuses it: `gate.…`, `verify.…`. */
  readonly code: string
  readonly severity: AuditSeverity
  /** Lower case, without a stop; of others' text. */
  readonly fact: string
  /** For a narrow screen; left out where the fact is as short. */
  readonly brief?: string
  /** Of a lock: from 1. */
  readonly line?: number
  /** Of an environment: from its root, with `/`. */
  readonly file?: string
}

export interface AuditedDistribution {
  /** Null where only a URL or a path is known. */
  readonly name: string | null
  readonly version: string | null
  /** Name and version, or what stands in their place. */
  readonly shown: string
  readonly state: AuditState
  readonly findings: readonly AuditFinding[]
  /** ISO 8601; where an exemption lifts a refusal: when the answer may become another one. */
  readonly exemptUntil?: string
}

export interface AuditReport {
  /** As it was given. */
  readonly target: string
  readonly kind: 'lock' | 'environment'
  readonly gate: { readonly name: string; readonly url: string }
  readonly distributions: readonly AuditedDistribution[]
  /** Of the whole: other indexes, files that are not read, stray files, bytecode. */
  readonly findings: readonly AuditFinding[]
  /** Of an environment. */
  readonly bytecodeFiles: number
  /** Packages into whose tables identities were written. */
  readonly identitiesWritten: number
}

/** No error, and with `strict` nothing at all. */
export function isClean(
  { distributions, findings }: AuditReport,
  { strict }: { readonly strict: boolean },
): boolean {
  const all = [...findings, ...distributions.flatMap((one) => one.findings)]
  return all.every(({ severity }) => severity !== 'error' && !strict)
}

export function worst(states: readonly AuditState[]): AuditState {
  return AUDIT_STATES[Math.max(0, ...states.map((state) => AUDIT_STATES.indexOf(state)))] ?? 'undecided'
}
