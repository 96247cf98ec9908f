import type { Exemption, GateRule } from '../../verify/index.ts'
import type { Decision, Ground } from '../decision.ts'
import type { GateState, NameFacts, SealVerdict } from '../facts.ts'
import type { History } from './history.ts'

/** All that a decision is made from; with the same, it is the same. */
export interface NameQuestion {
  readonly facts: NameFacts
  /** Undefined where no rule lists the name. */
  readonly rule: GateRule | undefined
  /** The policy as people know it: `policy.toml`. */
  readonly policyName: string
  /** Those that may concern the name; which do, and until when, is decided here. */
  readonly exemptions: readonly Exemption[]
  readonly state: GateState
  readonly nowMs: number
  /** `readHistory(facts)`, where it is at hand. */
  readonly history?: History
}

export interface ReleaseQuestion extends NameQuestion {
  readonly versionKey: string
}

/** By file name. */
export type ReleaseDecision = ReadonlyMap<string, Decision>

export interface NameDecision {
  /** Why nothing of the name is served, whatever the file. */
  readonly ground?: Ground
  /** By the key of the version, in the order of the facts. */
  readonly releases: ReadonlyMap<string, ReleaseDecision>
  /** The smallest of all decisions. */
  readonly untilMs?: number
}

/** A question with what is computed for it once. */
export interface Setting extends NameQuestion {
  readonly history: History
}

export interface RuledSetting extends Setting {
  readonly rule: GateRule
}

/** A ground, and the other files of the release that it refuses: none, all, or those that have seals. */
export interface DraftGround extends Ground {
  readonly spreads?: 'all' | 'sealed'
}

export type GoodSeal = SealVerdict & { readonly holds: true }

/** A decision on its way: each step adds what it finds. */
export interface Draft {
  readonly grounds: DraftGround[]
  readonly notes: string[]
  /** When what was found may be otherwise, past or future. */
  readonly timesMs: number[]
  /** To which the age of the file is counted: now, unless it is gone. */
  readonly agesToMs: number
  seal?: GoodSeal
  /** By somebody whom a rule or a pin expects. */
  isExpected: boolean
  /** Its seals are asked for, and not known yet. */
  isOpen: boolean
}

export function newDraft(agesToMs: number): Draft {
  return { grounds: [], notes: [], timesMs: [], agesToMs, isExpected: false, isOpen: false }
}

/** Whether the rule cares for seals at all: where anybody may sign and nobody must, a seal says nothing. */
export function asksForSeals({ unsigned, learns, policy: { anyOf, requires = [] } }: GateRule): boolean {
  return unsigned !== 'allow' || learns || anyOf.length > 0 || requires.length > 0
}

/** The rule in words. */
export function ruleText({ rule, policyName }: Pick<NameQuestion, 'rule' | 'policyName'>): string {
  return rule?.policy.rule ?? policyName
}
