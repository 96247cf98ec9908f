import { WheelsealError } from '../base/index.ts'
import { ciconfigErrors, type ProblemCode } from './errors.ts'

/** Counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Problem extends Position {
  readonly file: string
  readonly code: ProblemCode
  readonly message: string
}

/** `ciconfig.invalid`: all that is wrong with the file; the message has one line `FILE:LINE:COLUMN: …` for each problem. */
export class InvalidPipelineError extends WheelsealError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const { code, hint, status, exit } = ciconfigErrors('ciconfig.invalid', '')
    super(code, problems.map(formatProblem), { hint, status, exit, summary: '' })
    this.problems = problems
  }
}

export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`
}

/** What is wrong, collected: one problem does not hide the next. */
export interface Report {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  problem(at: Position, code: ProblemCode, message: string): void
  warning(at: Position, code: ProblemCode, message: string): void
}

/** More would help nobody, and an enemy's file may have a million. */
const MAX_PROBLEMS = 100

export function createReport(file: string): Report {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const seen = new Set<string>()
  const add = (list: Problem[], problem: Problem): void => {
    const { line, column, code } = problem
    const key = `${line}:${column}:${code}`
    // A template's mistake is one mistake, however many jobs extend it.
    if (seen.has(key) || list.length >= MAX_PROBLEMS) return
    seen.add(key)
    list.push(problem)
  }
  return {
    problems,
    warnings,
    problem: (at, code, message) => add(problems, { file, ...at, code, message }),
    warning: (at, code, message) => add(warnings, { file, ...at, code, message }),
  }
}

/** In the order of the file. */
export function byPosition(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column
}
