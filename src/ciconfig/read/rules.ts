import { readCondition, type Condition } from '../expression/condition.ts'
import type { Variable } from '../expand.ts'
import type { MapNode, Node } from '../nodes.ts'
import type { Position } from '../report.ts'
import {
  choice,
  flag,
  listOf,
  named,
  readRecord,
  record,
  text,
  wrong,
  wrongType,
  type Fields,
  type Place,
  type Reader,
} from './fields.ts'
import { plainNeeds, type Need } from './needs.ts'
import { duration } from './scripts.ts'
import { readVariables } from './variables.ts'
import { ruleWhen, type RuleWhen } from './words.ts'

export interface Rule {
  readonly at: Position
  readonly if: Condition | undefined
  readonly changes: ChangesClause | undefined
  readonly exists: ExistsClause | undefined
  readonly when: RuleWhen | undefined
  readonly start_in: string | undefined
  readonly allow_failure: boolean | undefined
  readonly interruptible: boolean | undefined
  readonly variables: readonly Variable[]
  readonly needs: readonly Need[] | undefined
  readonly auto_cancel: AutoCancel | undefined
}

export interface ChangesClause {
  readonly at: Position
  readonly paths: readonly string[]
  readonly compareTo: string | undefined
}

export interface ExistsClause {
  readonly at: Position
  readonly paths: readonly string[]
  readonly project: string | undefined
  readonly ref: string | undefined
}

export interface AutoCancel {
  readonly on_new_commit?: 'conservative' | 'interruptible' | 'none' | undefined
  readonly on_job_failure?: 'none' | 'all' | undefined
}

const MAX_PATHS = 50
const MAX_LEVELS = 10

export const condition: Reader<Condition> = (node, place) => {
  const source = text(node, place)
  if (source === undefined) return undefined
  const read = readCondition(source)
  if (read.kind === 'condition') return read.condition
  const at = read.offset > 0 ? `, character ${read.offset + 1}` : ''
  return wrong(node, place, { code: 'ciconfig.condition', what: `${read.what}${at}` })
}

const paths = listOf(text, MAX_PATHS)

const changesFields = record({ paths, compare_to: text })
const changes: Reader<ChangesClause> = (node, place) => {
  if (node.kind !== 'map') {
    const list = paths(node, place)
    return list === undefined ? undefined : { at: node.at, paths: list, compareTo: undefined }
  }
  const values = changesFields(node, place)
  if (values?.paths === undefined) return needsPaths(node, place)
  return { at: node.at, paths: values.paths, compareTo: values.compare_to }
}

const existsFields = record({ paths, project: text, ref: text })
const exists: Reader<ExistsClause> = (node, place) => {
  if (node.kind !== 'map') {
    const list = paths(node, place)
    return list === undefined ? undefined : { at: node.at, paths: list, project: undefined, ref: undefined }
  }
  const values = existsFields(node, place)
  if (values?.paths === undefined) return needsPaths(node, place)
  if (values.ref !== undefined && values.project === undefined)
    return wrong(node, place, { code: 'ciconfig.value', what: 'has ref without project' })
  return { at: node.at, paths: values.paths, project: values.project, ref: values.ref }
}

function needsPaths(node: MapNode, place: Place): undefined {
  if (node.isPartial !== true && !node.entries.has('paths'))
    wrong(node, place, { code: 'ciconfig.value', what: 'needs paths' })
}

export const autoCancel: Reader<AutoCancel> = record({
  on_new_commit: choice('conservative', 'interruptible', 'none'),
  on_job_failure: choice('none', 'all'),
})

const clauses = { if: condition, changes, exists }
const variables = readVariables({ isTopLevel: false })
const jobRule = {
  ...clauses,
  when: ruleWhen,
  start_in: duration,
  allow_failure: flag,
  interruptible: flag,
  variables,
  needs: plainNeeds,
}
const alwaysOrNever = choice('always', 'never')
const workflowRule = { ...clauses, when: alwaysOrNever, variables, auto_cancel: autoCancel }
const includeRule = { ...clauses, when: alwaysOrNever }

/** What each table has of a rule. */
export const ruleFields = { rules: jobRule, 'workflow:rules': workflowRule, 'include:rules': includeRule }

type Values = Partial<Omit<Rule, 'at'>>

function rulesBy(fields: Fields): Reader<readonly Rule[]> {
  return (node, place) => {
    if (node.kind !== 'list') return wrongType(node, place, 'a list of rules')
    if (node.items.length === 0 && node.isPartial !== true)
      return wrong(node, place, { code: 'ciconfig.value', what: 'has no rules' })
    return flatten(node, place).flatMap((item) => {
      if (item.kind !== 'map') return wrongType(item, place, 'a list of maps') ?? []
      if (item.entries.size === 0 && item.isPartial !== true)
        wrong(item, place, { code: 'ciconfig.value', what: 'has an empty rule' })
      return [ruleOf(item, place, readRecord(item, place, fields))]
    })
  }
}

/** A reference to another job's rules gives a list in the list. */
function flatten(node: Node, place: Place, depth = 0): readonly Node[] {
  if (node.kind !== 'list') return [node]
  if (depth <= MAX_LEVELS) return node.items.flatMap((item) => flatten(item, place, depth + 1))
  wrongType(node, place, `nested at most ${MAX_LEVELS} levels deep`)
  return []
}

function ruleOf(node: MapNode, place: Place, values: Values): Rule {
  const isDelayed = values.when === 'delayed'
  if (isDelayed !== (values.start_in !== undefined) && node.isPartial !== true)
    place.report.problem(
      node.at,
      'ciconfig.value',
      `${named(place)}: when: delayed and start_in need each other`,
    )
  return {
    at: node.at,
    if: values.if,
    changes: values.changes,
    exists: values.exists,
    when: values.when,
    start_in: values.start_in,
    allow_failure: values.allow_failure,
    interruptible: values.interruptible,
    variables: values.variables ?? [],
    needs: values.needs,
    auto_cancel: values.auto_cancel,
  }
}

export const jobRules = rulesBy(jobRule)
export const workflowRules = rulesBy(workflowRule)
export const includeRules = rulesBy(includeRule)
