import type { JsonValue } from '../base/index.ts'
import type { Decision, Plan, Problem, RuleStep } from '../ciconfig/index.ts'

/** schemas/plan-output.schema.json */
export function planJson(plan: Plan): JsonValue {
  const { stages, workflow, variables, jobs, warnings, decisions, workflow_steps } = plan
  const shown = jobs.map(({ yaml_variables: _definitions, ...job }) => job)
  return jsonOf({
    stages,
    workflow: { ...workflow, steps: workflow_steps.map(stepJson) },
    variables,
    jobs: shown,
    warnings: warnings.map(problemJson),
    decisions: decisions.map(decisionJson),
  })
}

export function problemJson({ file, line, column, code, message }: Problem): JsonValue {
  return { file, line, column, code, message }
}

function decisionJson({ job, at, isIn, because, steps }: Decision): JsonValue {
  return jsonOf({
    job,
    in: isIn,
    because,
    file: at.file,
    line: at.line,
    column: at.column,
    steps: steps.map(stepJson),
  })
}

function stepJson({ rule, at, holds, because }: RuleStep): JsonValue {
  return { rule, holds, because, file: at.file, line: at.line, column: at.column }
}

/** Without what is undefined. */
function jsonOf(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue
}
