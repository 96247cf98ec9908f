import type { Variable } from '../expand.ts'
import { inheritedVariables } from '../defaults.ts'
import type { SingleJob } from '../parallel.ts'
import { noteUnexecuted } from '../read/fields.ts'
import type { AllowFailure } from '../read/conduct.ts'
import { elsewhere } from '../read/needs.ts'
import type { Rule } from '../read/rules.ts'
import type { When } from '../read/words.ts'
import type { Position, Report } from '../report.ts'
import { EDGE_STAGES } from '../stages.ts'
import { expander, hidden, scopeOf } from '../scope.ts'
import { inScope } from '../variables.ts'
import { jobFacts } from './job-facts.ts'
import { decideRules, type RuleStep, type RulesOutcome } from './decide.ts'
import { decidePolicies } from './policy.ts'
import type { RuleContext } from './clauses.ts'
import type { Surroundings } from './surroundings.ts'

/** A job that is in the pipeline, and when it runs there. */
export interface PipelineJob extends SingleJob {
  readonly when: When
  readonly allow_failure: AllowFailure
  readonly rules_matched: number | null
  /** Those of the rule that decided, over all others of YAML. */
  readonly ruleVariables: readonly Variable[]
  /** After expansion. */
  readonly environmentName: string | null
}

/** Why a job is in the pipeline or not. */
export interface Decision {
  readonly job: string
  readonly at: Position
  readonly isIn: boolean
  readonly because: string
  readonly steps: readonly RuleStep[]
}

export interface Selected {
  readonly jobs: readonly PipelineJob[]
  readonly decisions: readonly Decision[]
}

export interface SelectionContext {
  readonly surroundings: Surroundings
  /** Of the top level and of `workflow:rules`. */
  readonly shared: readonly Variable[]
  /** With `workflow:rules`, jobs without rules are in merge request pipelines too. */
  readonly hasWorkflowRules: boolean
}

/** Which jobs the pipeline has: by `rules`, else by `only` and `except`. */
export async function selectJobs(jobs: readonly SingleJob[], context: SelectionContext): Promise<Selected> {
  const selected: PipelineJob[] = []
  const decisions: Decision[] = []
  for (const job of jobs) {
    const { decision, made } = await decideJob(job, context)
    decisions.push(decision)
    if (made !== undefined) selected.push(made)
  }
  return { jobs: selected, decisions }
}

interface Decided {
  readonly decision: Decision
  readonly made: PipelineJob | undefined
}

async function decideJob(job: SingleJob, context: SelectionContext): Promise<Decided> {
  const ruleContext = contextOf(job, context)
  const { name, at, rules } = job
  if (rules !== undefined)
    return byRules(job, { outcome: await decideRules(rules, ruleContext), ruleContext })
  const isUndecided = context.hasWorkflowRules && job.only === undefined && job.except === undefined
  const { isIn, because } = isUndecided
    ? { isIn: true, because: 'it has no rules' }
    : await decidePolicies(job, ruleContext)
  const decision = { job: name, at, isIn, because, steps: [] }
  return { decision, made: isIn ? inPipeline(job, { ruleContext, outcome: undefined }) : undefined }
}

function contextOf(job: SingleJob, { surroundings, shared }: SelectionContext): RuleContext {
  const yaml = [...inheritedVariables(shared, job), ...job.variables]
  const owner = `job "${job.name}"`
  const before = scopeOf(surroundings.known, { yaml, facts: jobFacts(job, null) })
  if (job.environment === null) return { ...surroundings, owner, variables: before }
  const environment = expander(before, 'empty')(job.environment.name)
  const known = inScope(surroundings.allKnown, { isProtected: surroundings.ref.isProtected, environment })
  return { ...surroundings, owner, variables: scopeOf(known, { yaml, facts: jobFacts(job, environment) }) }
}

function byRules(
  job: SingleJob,
  { outcome, ruleContext }: { readonly outcome: RulesOutcome; readonly ruleContext: RuleContext },
): Decided {
  const { name, at } = job
  const { rule, index, steps } = outcome
  const isIn = rule !== undefined && rule.when !== 'never'
  const because =
    index === null
      ? 'no rule holds'
      : `rule ${index + 1}${rule?.when === undefined ? '' : ` (when: ${rule.when})`} holds`
  return {
    decision: { job: name, at, isIn, because, steps },
    made: isIn ? inPipeline(job, { ruleContext, outcome }) : undefined,
  }
}

/** What a rule says stands over what the job says. */
function inPipeline(
  job: SingleJob,
  { ruleContext, outcome }: { readonly ruleContext: RuleContext; readonly outcome: RulesOutcome | undefined },
): PipelineJob {
  const rule = outcome?.rule
  if (rule !== undefined) noteRule(job, { report: ruleContext.report, rule })
  return {
    ...job,
    ...(rule === undefined ? {} : overrides(rule)),
    when: whenOf(job, rule),
    allow_failure: allowFailureOf(job, rule),
    rules_matched: outcome?.index ?? null,
    ruleVariables: rule?.variables ?? [],
    environmentName: environmentOf(job, ruleContext),
  }
}

/** `when: manual` of the job itself may fail; that of a rule may not. */
function allowFailureOf({ allow_failure, when }: SingleJob, rule: Rule | undefined): AllowFailure {
  return rule?.allow_failure ?? allow_failure ?? when === 'manual'
}

function whenOf({ when = 'on_success' }: SingleJob, rule: Rule | undefined): When {
  return rule?.when === undefined || rule.when === 'never' ? when : rule.when
}

function overrides({ start_in, interruptible, needs }: Rule): Partial<SingleJob> {
  return {
    ...(start_in === undefined ? {} : { start_in }),
    ...(interruptible === undefined ? {} : { interruptible }),
    ...(needs === undefined ? {} : { needs }),
  }
}

function environmentOf({ environment }: SingleJob, { variables }: RuleContext): string | null {
  if (environment === null) return null
  return expander(hidden(variables), 'empty')(environment.name)
}

/** Only the rule that decides says what is carried out. */
function noteRule(
  { group }: SingleJob,
  { report, rule }: { readonly report: Report; readonly rule: Rule },
): void {
  const place = { report, owner: `job "${group}"`, path: 'rules:when', keyAt: rule.at, job: group }
  for (const kind of elsewhere(rule.needs ?? []))
    noteUnexecuted({ ...place, path: `rules:needs:${kind}` }, { changesJobs: true })
}

/** Without a job outside of `.pre` and `.post` there is no pipeline. What was reported before may be why one is missing. */
export function checkNotEmpty(
  { jobs, decisions }: Selected,
  { report, at }: { readonly report: Report; readonly at: Position },
): void {
  if (report.problems.length > 0 || jobs.some((job) => !EDGE_STAGES.includes(job.stage))) return
  const why = decisions.length === 0 ? 'the file has no jobs' : 'no rule lets a job into it'
  const what =
    jobs.length === 0
      ? `${why}, so the pipeline would not run`
      : 'only .pre and .post have jobs, so there is no pipeline'
  report.problem(at, 'ciconfig.no-jobs', what)
}
