import type { Project } from '../../access/index.ts'
import { compileRule, ruleOf, type JudgedRule } from './rule.ts'
import type { SealContext } from './parts.ts'
import type { RuleState } from './store.ts'

export const FIRST = Number.MAX_SAFE_INTEGER

/** Off, until it was set. */
export async function ruleState(
  { store, rootsSha256 }: Pick<SealContext, 'store' | 'rootsSha256'>,
  { id: projectId }: Project,
): Promise<RuleState> {
  const found = await store.findRule(projectId)
  const off = { rule: null, next: null, phase: 'in force', beforeId: 0, rootsSha256, setAtMs: 0 } as const
  return found ?? { projectId, ...off }
}

/** What is added now is listed at once where nothing is asked, now or next. */
export function listsUnjudged({ rule, next }: RuleState): boolean {
  return rule === null && next === null
}

/** By what seals are judged now, for what is listed and what is served. */
export function inForce(context: SealContext, state: RuleState, project: Project): Promise<JudgedRule> {
  return compileRule(ruleOf(state.rule), project, context)
}

export function nextRule(context: SealContext, state: RuleState, project: Project): Promise<JudgedRule> {
  return compileRule(ruleOf(state.next), project, context)
}
