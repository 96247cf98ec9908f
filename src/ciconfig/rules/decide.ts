import type { Rule } from '../read/rules.ts'
import type { Position } from '../report.ts'
import { decideRule, type RuleContext } from './clauses.ts'

/** One rule that was asked, in order; the last one is the one that decided. */
export interface RuleStep {
  /** From 0. */
  readonly rule: number
  readonly at: Position
  readonly holds: boolean
  readonly because: string
}

export interface RulesOutcome {
  /** The rule that holds; undefined: none does. */
  readonly rule: Rule | undefined
  readonly index: number | null
  readonly steps: readonly RuleStep[]
}

/** The first rule that holds decides; what stands after it is not asked. */
export async function decideRules(rules: readonly Rule[], context: RuleContext): Promise<RulesOutcome> {
  const steps: RuleStep[] = []
  for (const [index, rule] of rules.entries()) {
    const { holds, because } = await decideRule(rule, context)
    steps.push({ rule: index, at: rule.at, holds, because })
    if (holds) return { rule, index, steps }
  }
  return { rule: undefined, index: null, steps }
}
