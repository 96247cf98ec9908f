import { durationMs } from './duration.ts'
import { GATE_DEFAULTS } from './gate-schema.ts'
import type { Policy } from './policy.ts'
import type { UnlistedTable } from './policy-schema.ts'

/** What a rule asks of a file at a gate, beside who may sign. Times are durations. */
export interface GateRule {
  /**
   * Who may sign. `anyOf` is empty where nobody is listed: with `learns` history decides, else anyone may sign, and
   * `unsigned` is `allow`. Never has a `refusal`.
   */
  readonly policy: Policy
  readonly unsigned: 'refuse' | 'never-sealed' | 'allow'
  readonly learns: boolean
  /** 0 for none; shorter than `settleMs`. */
  readonly cooldownMs: number
  readonly settleMs: number
  readonly lateMs: number
  /**
   * Of a release of which some files have a seal and some have none: refused as a whole; without those that have none;
   * or each file as `unsigned` says, which is not `refuse` then.
   */
  readonly partial: 'refuse' | 'sealed-only' | 'allow'
  /** Of a file that the upstream listed once and lists no longer: as if it were still there, where it was allowed then. */
  readonly gone: 'refuse' | 'serve'
}

/** One file, or one release, that is let through although these codes refuse it. */
export interface Exemption {
  /** Normalised; there with `versionKey`, and left out where only the digest says it. All that are there must be the same. */
  readonly name?: string
  /** PEP 440, the form that is equal for equal versions. */
  readonly versionKey?: string
  /** PEP 440's normal form of the same, for people. */
  readonly version?: string
  readonly sha256?: string
  readonly codes: ReadonlySet<string>
  readonly reason: string
  readonly untilMs: number
  readonly by: string
  /** `exempt[1] of policy.toml`. */
  readonly where: string
}

export type GateTerms = Omit<GateRule, 'policy'>

/** With the defaults of what a rule leaves out. */
export function gateTerms(table: Omit<UnlistedTable, 'require' | 'any_of'>): GateTerms {
  const { unsigned = GATE_DEFAULTS.unsigned, cooldown, settle, late, partial, gone } = table
  return {
    unsigned,
    learns: table.learn === true,
    cooldownMs: cooldown === undefined ? 0 : durationMs(cooldown),
    settleMs: durationMs(settle ?? GATE_DEFAULTS.settle),
    lateMs: durationMs(late ?? GATE_DEFAULTS.late),
    // A file without a seal that joins a sealed release is what an attacker without the pipeline can do.
    partial: partial ?? (unsigned === 'refuse' ? 'refuse' : 'sealed-only'),
    gone: gone ?? GATE_DEFAULTS.gone,
  }
}
