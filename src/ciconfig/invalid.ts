import { WheelsealError } from '../base/index.ts'
import { ciconfigErrors } from './errors.ts'
import { formatProblem, type Problem } from './report.ts'
import type { RuleStep } from './rules/decide.ts'
import type { Decision } from './rules/select.ts'

/** The decisions of a plan. */
export interface Reasons {
  readonly decisions: readonly Decision[]
  readonly workflow_steps: readonly RuleStep[]
}

/** `ciconfig.invalid`: all that is wrong with the pipeline; the message has one line `FILE:LINE:COLUMN: …` for each problem. */
export class InvalidPipelineError extends WheelsealError {
  readonly problems: readonly Problem[]
  /** As far as the file could be read: why each job is in the pipeline or not. */
  readonly reasons: Reasons

  constructor(problems: readonly Problem[], reasons: Reasons) {
    const { code, hint, status, exit } = ciconfigErrors('ciconfig.invalid', '')
    super(code, problems.map(formatProblem), { hint, status, exit, summary: '' })
    this.problems = problems
    this.reasons = reasons
  }
}
