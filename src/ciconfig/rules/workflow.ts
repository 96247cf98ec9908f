import type { Variable } from '../expand.ts'
import type { AutoCancel } from '../read/rules.ts'
import type { Workflow } from '../read/workflow.ts'
import { expander, hidden, scopeOf, type Scope } from '../scope.ts'
import { decideRules, type RuleStep } from './decide.ts'
import type { Surroundings } from './surroundings.ts'

export interface WorkflowOutcome {
  readonly isRun: boolean
  /** Of `workflow:rules`: over those of the top level, under those of jobs. */
  readonly variables: readonly Variable[]
  readonly name: string | null
  readonly auto_cancel: AutoCancel | null
  readonly steps: readonly RuleStep[]
}

/** Whether there is a pipeline, and what is said for all of it. No rule holds: there is none. */
export async function decideWorkflow(
  workflow: Workflow,
  { shared, surroundings }: { readonly shared: readonly Variable[]; readonly surroundings: Surroundings },
): Promise<WorkflowOutcome> {
  const context = {
    ...surroundings,
    owner: 'workflow',
    variables: scopeOf(surroundings.known, { yaml: shared }),
  }
  const { rules = [{ ...ALWAYS, at: workflow.at }], auto_cancel } = workflow
  const { rule, steps } = await decideRules(rules, context)
  const variables = rule?.variables ?? []
  return {
    isRun: rule !== undefined && rule.when !== 'never',
    variables,
    name: expandedName(workflow.name, scopeOf(surroundings.known, { yaml: [...shared, ...variables] })),
    auto_cancel: rule?.auto_cancel ?? auto_cancel ?? null,
    steps: workflow.rules === undefined ? [] : steps,
  }
}

const ALWAYS = {
  if: undefined,
  changes: undefined,
  exists: undefined,
  when: undefined,
  start_in: undefined,
  allow_failure: undefined,
  interruptible: undefined,
  variables: [],
  needs: undefined,
  auto_cancel: undefined,
}

const MAX_NAME_LENGTH = 255

function expandedName(name: string | undefined, variables: Scope): string | null {
  if (name === undefined) return null
  const expanded = expander(hidden(variables), 'empty')(name).trim().slice(0, MAX_NAME_LENGTH)
  return expanded === '' ? null : expanded
}
