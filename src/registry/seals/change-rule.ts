import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Project } from '../../access/index.ts'
import type { StoredFile } from '../store.ts'
import { judgeFile } from './judge-file.ts'
import { checkRule, compileRule, ruleText, type PublishRule } from './rule.ts'
import { FIRST, nextRule, ruleState } from './rule-state.ts'
import { holdProject, isSameRule, settleFile, type Settling } from './settle-file.ts'
import type { RuleState } from './store.ts'

/**
 * Writes down that a rule is to come into force (undefined: none), and no more: `carryOn` brings it there, also after a
 * crash. Life of a change, in docs/design/registry.md: 1 written down; 2 narrowing: whatever the new rule refuses leaves
 * the list; 3 in force; 4 widening: whatever it lets comes onto the list; 5 done. So at any moment each listed file
 * satisfies the rule in force. Throws `registry.rule`, `verify.policy-file`.
 */
export async function beginChange(
  context: Settling,
  project: Project,
  rule: PublishRule | undefined,
): Promise<RuleState> {
  if (rule !== undefined) checkRule(rule)
  await compileRule(rule, project, context)
  return holdProject(context, project, async () => {
    const { rootsSha256, clock, store } = context
    const state = await ruleState(context, project)
    const setAtMs = Math.max(clock.nowMs(), state.setAtMs + 1)
    const begun = { ...state, rootsSha256, setAtMs, beforeId: FIRST }
    const changed: RuleState =
      rule === undefined
        ? { ...begun, rule: null, next: null, phase: 'widening' }
        : { ...begun, next: ruleText(rule), phase: 'narrowing' }
    await store.keepRule(changed)
    return changed
  })
}

/** Files that are judged before it is written down how far this is. */
const FILES_AT_ONCE = 50

/** Goes on with a change until it is done, or the server ends. What was judged once is not judged again. */
export async function carryOn(context: Settling, project: Project, signal: AbortSignal): Promise<void> {
  for (;;) {
    const state = await ruleState(context, project)
    if (state.phase === 'in force' || signal.aborted) return
    const page = { beforeId: state.beforeId, limit: FILES_AT_ONCE }
    const files = await context.store.listDistributions(project.id, page)
    for (const file of files) {
      if (signal.aborted) return
      await changeOne(context, project, { state, file })
      await nextTurn()
    }
    const last = files.at(-1)
    await advance(context, project, {
      from: state,
      to: last === undefined ? afterAll(state) : { ...state, beforeId: last.id },
    })
  }
}

function afterAll(state: RuleState): RuleState {
  return state.phase === 'narrowing'
    ? { ...state, rule: state.next, next: null, phase: 'widening', beforeId: FIRST }
    : { ...state, phase: 'in force', beforeId: 0 }
}

/** Unless another change came between. */
function advance(
  context: Settling,
  project: Project,
  { from, to }: { readonly from: RuleState; readonly to: RuleState },
): Promise<void> {
  return holdProject(context, project, async () => {
    if (isSameRule(await ruleState(context, project), from)) await context.store.keepRule(to)
  })
}

interface Step {
  readonly state: RuleState
  readonly file: StoredFile
}

async function changeOne(context: Settling, project: Project, { state, file }: Step): Promise<void> {
  if (state.phase === 'widening') {
    await settleFile(context, { project, file })
    return
  }
  if (!file.isListed) return
  const found = await judgeFile(context, { project, file, rule: await nextRule(context, state, project) })
  if (found.outcome === 'verified') return
  await holdProject(context, project, async () => {
    if (!isSameRule(await ruleState(context, project), state)) return
    await context.files.changeFile(file.id, { isListed: false }, { atMs: context.clock.nowMs() })
  })
}
