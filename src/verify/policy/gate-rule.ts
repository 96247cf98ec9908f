import type { Policy } from './policy.ts'

/** What a rule asks of a file at a gate, beside who may sign. Times are durations. */
export interface GateRule {
  /** Who may sign; with `learns` and nobody listed, `anyOf` is empty and history decides. */
  readonly policy: Policy
  readonly unsigned: 'refuse' | 'never-sealed' | 'allow'
  readonly learns: boolean
  /** 0 for none. */
  readonly cooldownMs: number
  readonly settleMs: number
  readonly lateMs: number
  readonly partial: 'refuse' | 'sealed-only' | 'allow'
}

/** One file, or one release, that is let through although these codes refuse it. */
export interface Exemption {
  /** Normalised; left out where the digest says it. */
  readonly name?: string
  /** PEP 440, the form that is equal for equal versions. */
  readonly versionKey?: string
  readonly sha256?: string
  readonly codes: ReadonlySet<string>
  readonly reason: string
  readonly untilMs: number
  readonly by: string
  /** `exempt[1] of policy.toml`. */
  readonly where: string
}
