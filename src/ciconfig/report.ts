import type { ProblemCode } from './errors.ts'

/** Where something is written: a pipeline may be merged from several files. Line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Problem extends Position {
  readonly code: ProblemCode
  readonly message: string
}

export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`
}

/** A keyword that is planned and that nothing here carries out. */
export interface Note {
  readonly at: Position
  /** The job that it is about; undefined: all. */
  readonly job: string | undefined
  /** `job "build": services`. */
  readonly what: string
  /** Whether jobs would do something else than on GitLab: such a pipeline is planned, and not run. */
  readonly changesJobs: boolean
}

/** What is wrong, collected: one problem does not hide the next. */
export interface Report {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly notes: readonly Note[]
  note(note: Note): void
  problem(at: Position, code: ProblemCode, message: Message): void
  warning(at: Position, code: ProblemCode, message: string): void
}

/** A function where the message costs something: it is called only if the problem is kept. */
export type Message = string | (() => string)

/** More would help nobody, and an enemy's file may have a million. */
const MAX_PROBLEMS = 100
const MAX_NOTES = 10_000

export function createReport(): Report {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const notes: Note[] = []
  const seen = new Set<string>()
  const add = (
    list: Problem[],
    at: Position,
    { code, message }: { code: ProblemCode; message: Message },
  ): void => {
    const key = `${at.line}:${at.column}:${code}:${at.file}`
    // A template's mistake is one mistake, however many jobs extend it.
    if (list.length >= MAX_PROBLEMS || seen.has(key)) return
    seen.add(key)
    list.push({ ...at, code, message: typeof message === 'string' ? message : message() })
  }
  return {
    problems,
    warnings,
    notes,
    note: (note) => void (notes.length < MAX_NOTES && notes.push(note)),
    problem: (at, code, message) => add(problems, at, { code, message }),
    warning: (at, code, message) => add(warnings, at, { code, message }),
  }
}

/** By file, and in the order of each. */
export function byPosition(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}

/** The first character of a file: where it is what is wrong. */
export function startOf(file: string): Position {
  return { file, line: 1, column: 1 }
}
