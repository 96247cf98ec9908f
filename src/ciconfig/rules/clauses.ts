import { holds, type Condition } from '../expression/condition.ts'
import type { ChangesClause, ExistsClause, Rule } from '../read/rules.ts'
import { expander, type Scope } from '../scope.ts'
import { fileGlob } from './glob.ts'
import type { Surroundings } from './surroundings.ts'

/** Whether a rule holds, and the clause that decided. */
export interface Outcome {
  readonly holds: boolean
  readonly because: string
}

export interface RuleContext extends Surroundings {
  /** All that are known, by precedence. */
  readonly variables: Scope
  /** What problems begin with: `job "build"`. */
  readonly owner: string
}

/** More comparisons than these count as a match, as in GitLab. */
const MAX_COMPARISONS = 50_000

/** Every clause of a rule must hold; one without clauses does. */
export async function decideRule(rule: Rule, context: RuleContext): Promise<Outcome> {
  const reasons: string[] = []
  for (const clause of clausesOf(rule, context)) {
    const outcome = await clause()
    if (!outcome.holds) return outcome
    reasons.push(outcome.because)
  }
  return { holds: true, because: reasons.length === 0 ? 'it has no condition' : reasons.join('; ') }
}

function clausesOf(rule: Rule, context: RuleContext): readonly (() => Outcome | Promise<Outcome>)[] {
  const { if: condition, changes, exists } = rule
  return [
    ...(condition === undefined ? [] : [() => decideIf(condition, context)]),
    ...(changes === undefined ? [] : [() => decideChanges(changes, context)]),
    ...(exists === undefined ? [] : [() => decideExists(exists, context)]),
  ]
}

function decideIf(condition: Condition, { variables }: RuleContext): Outcome {
  const isTrue = holds(condition, (name) => variables.get(name)?.value)
  return { holds: isTrue, because: `${condition.text} is ${isTrue}${valuesIn(condition.text, variables)}` }
}

const MAX_SHOWN_VALUES = 5

/** What the variables of a condition are: the usual question when it did not hold. */
function valuesIn(text: string, variables: Scope): string {
  const names = [...new Set([...text.matchAll(/\$(\w+)/g)].map(([, name = '']) => name))]
  if (names.length === 0) return ''
  const shown = names.slice(0, MAX_SHOWN_VALUES).map((name) => {
    const variable = variables.get(name)
    if (variable === undefined) return `${name} is not defined`
    return `${name} is ${variable.isMasked === true ? '[MASKED]' : JSON.stringify(variable.value.slice(0, 80))}`
  })
  return ` (${shown.join(', ')})`
}

async function decideChanges(clause: ChangesClause, context: RuleContext): Promise<Outcome> {
  const expand = expander(context.variables, 'kept')
  const compareTo = clause.compareTo === undefined ? undefined : expand(clause.compareTo)
  const changes = await context.repository.changes(compareTo)
  if (changes.kind === 'no-ref') {
    const message = `${context.owner}: rules:changes:compare_to: ${compareTo} is not a ref of the repository`
    context.report.problem(clause.at, 'ciconfig.rules', message)
    return { holds: false, because: 'changes:compare_to is not a ref' }
  }
  if (changes.kind === 'all')
    return {
      holds: true,
      because: 'changes: nothing is known to compare with, so that all files count as changed',
    }
  const globs = [...new Set(clause.paths.map(expand))]
  const found = firstMatch(globs, changes.paths)
  return found === undefined
    ? {
        holds: false,
        because: `changes: none of the ${changes.paths.length} changed files matches ${list(globs)}`,
      }
    : { holds: true, because: `changes: ${found}` }
}

async function decideExists(clause: ExistsClause, context: RuleContext): Promise<Outcome> {
  const expand = expander(context.variables, 'kept')
  const at =
    clause.project === undefined
      ? null
      : { project: expand(clause.project), ref: clause.ref === undefined ? 'HEAD' : expand(clause.ref) }
  const files = await context.repository.paths(at)
  if (files.kind === 'absent') {
    context.report.problem(clause.at, 'ciconfig.rules', `${context.owner}: rules:exists: ${files.reason}`)
    return { holds: false, because: 'exists: the project cannot be read' }
  }
  const globs = clause.paths.map((glob) => expand(glob).replace(/^\/+/, ''))
  const found = firstMatch(globs, files.paths)
  return found === undefined
    ? { holds: false, because: `exists: no file matches ${list(globs)}` }
    : { holds: true, because: `exists: ${found}` }
}

/** A path that one of the globs fits; too many to compare count as a match. */
export function firstMatch(globs: readonly string[], paths: readonly string[]): string | undefined {
  let comparisons = 0
  for (const glob of globs) {
    const pattern = fileGlob(glob)
    for (const path of paths) {
      if (++comparisons > MAX_COMPARISONS) return `more than ${MAX_COMPARISONS} comparisons`
      if (pattern?.matches(path) === true) return path
    }
  }
  return undefined
}

function list(globs: readonly string[]): string {
  return globs.slice(0, MAX_SHOWN_VALUES).join(', ')
}
