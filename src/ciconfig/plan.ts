import { inheritedVariables } from './defaults.ts'
import { expandVariables, type Variable } from './expand.ts'
import type { LinkedJob, LinkedNeed } from './needs.ts'
import type { Artifacts } from './read/artifacts.ts'
import type { Cache, IdTokens } from './read/cache.ts'
import type { AllowFailure, Environment, Inherit, Retry } from './read/conduct.ts'
import type { Written } from './read/fields.ts'
import type { Image, Service } from './read/images.ts'
import type { AutoCancel } from './read/rules.ts'
import type { When } from './read/words.ts'
import type { Position, Problem, Report } from './report.ts'
import { jobFacts } from './rules/job-facts.ts'
import type { Decision } from './rules/select.ts'
import type { RuleStep } from './rules/decide.ts'
import type { Surroundings } from './rules/surroundings.ts'
import type { WorkflowOutcome } from './rules/workflow.ts'
import { Expanded, hidden, scopeOf, type Scope } from './scope.ts'
import { inScope, overYaml, type KnownVariables } from './variables.ts'

type WrittenMap = { readonly [key: string]: Written }

/** Keys as GitLab spells them: this is also what `plan --json` prints. */
export interface PlannedJob {
  readonly name: string
  readonly stage: string
  /** Expanded as far as the variables are known. */
  readonly image: Image | null
  readonly services: readonly Service[]
  readonly before_script: readonly string[]
  readonly script: readonly string[]
  readonly after_script: readonly string[]
  /** What the job sees of YAML and pipeline variables, expanded as far as known; masked values as `[MASKED]`. */
  readonly variables: Readonly<Record<string, string>>
  /** The file's definitions for this job, top level first, not expanded: who starts the job expands them with all others. */
  readonly yaml_variables: readonly Variable[]
  /** null: the order of the stages counts. */
  readonly needs: readonly LinkedNeed[] | null
  readonly dependencies: readonly string[] | null
  readonly when: When
  readonly start_in: string | null
  readonly allow_failure: AllowFailure
  /** From 0; null when the job has no rules. */
  readonly rules_matched: number | null
  readonly tags: readonly string[]
  readonly artifacts: Artifacts | null
  readonly cache: readonly Cache[]
  readonly id_tokens: IdTokens
  readonly parallel: { readonly index: number; readonly total: number } | null
  readonly environment: Environment | null
  readonly retry: Retry | null
  readonly timeout: string | null
  readonly coverage: string | null
  readonly interruptible: boolean | null
  readonly resource_group: string | null
  readonly release: WrittenMap | null
  readonly trigger: WrittenMap | null
  readonly secrets: WrittenMap | null
  readonly hooks: WrittenMap | null
  readonly pages: boolean | WrittenMap | null
  readonly run: Written
  readonly inherit: Inherit | null
}

export interface Plan {
  /** With `.pre` and `.post`, in order. */
  readonly stages: readonly string[]
  readonly workflow: {
    readonly name: string | null
    readonly variables: Readonly<Record<string, string>>
    readonly auto_cancel: AutoCancel | null
  }
  readonly variables: Readonly<Record<string, string>>
  /** By stage, inside a stage as the file has them. */
  readonly jobs: readonly PlannedJob[]
  readonly warnings: readonly Problem[]
  /** Why each job of the file is in the pipeline or not. */
  readonly decisions: readonly Decision[]
  readonly workflow_steps: readonly RuleStep[]
}

export interface PlanContext {
  readonly surroundings: Surroundings
  readonly report: Report
}

/** What is planned: the pipeline's own keywords, and the jobs that are in it. */
export interface SelectedPipeline {
  readonly stages: readonly string[]
  readonly variables: readonly Variable[]
  readonly variablesAt: Position
  readonly workflow: WorkflowOutcome
  readonly jobs: readonly LinkedJob[]
}

/** Jobs in the order of their stages, with the variables that are known now expanded. */
export function buildPlan(
  pipeline: SelectedPipeline,
  context: PlanContext,
): Omit<Plan, 'warnings' | 'decisions' | 'workflow_steps'> {
  const { stages, workflow, jobs } = pipeline
  const variables = [...pipeline.variables, ...workflow.variables]
  const position = new Map(stages.map((stage, index) => [stage, index]))
  const ordered = jobs.toSorted((a, b) => (position.get(a.stage) ?? 0) - (position.get(b.stage) ?? 0))
  const { known } = context.surroundings
  const top = resolve(variables, { ...context, known, facts: [], owner: '', at: pipeline.variablesAt })
  return {
    stages,
    workflow: {
      name: workflow.name,
      variables: shown(top, workflow.variables),
      auto_cancel: workflow.auto_cancel,
    },
    variables: shown(top, variables),
    jobs: ordered.map((job) => planJob(job, { ...context, shared: variables })),
  }
}

function planJob(
  job: LinkedJob,
  context: PlanContext & { readonly shared: readonly Variable[] },
): PlannedJob {
  const { ref, allKnown } = context.surroundings
  const definitions = [...inheritedVariables(context.shared, job), ...job.variables, ...job.ruleVariables]
  const known =
    job.environmentName === null
      ? context.surroundings.known
      : inScope(allKnown, { isProtected: ref.isProtected, environment: job.environmentName })
  const facts = jobFacts(job, job.environmentName)
  const resolved = resolve(definitions, {
    ...context,
    known,
    facts,
    owner: `job "${job.name}": `,
    at: job.at,
  })
  const { image } = job
  return {
    ...asWritten(job),
    image: image && { ...image, name: resolved.text(image.name) ?? image.name },
    variables: shown(resolved, [...definitions, ...known.pipeline]),
    yaml_variables: definitions,
    tags: job.tags.map((tag) => resolved.text(tag) ?? tag),
  }
}

/** What needs no expansion. */
function asWritten(job: LinkedJob): Omit<PlannedJob, 'image' | 'variables' | 'yaml_variables' | 'tags'> {
  const { environment, environmentName } = job
  return {
    name: job.name,
    stage: job.stage,
    services: job.services,
    before_script: job.before_script,
    script: job.script,
    after_script: job.after_script,
    needs: job.linkedNeeds,
    dependencies: job.linkedDependencies,
    when: job.when,
    start_in: job.start_in,
    allow_failure: job.allow_failure,
    rules_matched: job.rules_matched,
    artifacts: job.artifacts,
    cache: job.cache,
    id_tokens: job.id_tokens,
    parallel: job.node,
    environment: environment === null ? null : { ...environment, name: environmentName ?? environment.name },
    retry: job.retry,
    timeout: job.timeout,
    coverage: job.coverage,
    interruptible: job.interruptible,
    resource_group: job.resource_group,
    release: job.release,
    trigger: job.trigger,
    secrets: job.secrets,
    hooks: job.hooks,
    pages: job.pages,
    run: job.run,
    inherit: job.inherit,
  }
}

interface ResolveContext extends PlanContext {
  readonly known: KnownVariables
  readonly facts: readonly Variable[]
  readonly owner: string
  readonly at: Position
}

/** The values that a plan shows. Circles among what nobody shows are found too, since the runner would meet them. */
function resolve(definitions: readonly Variable[], context: ResolveContext): Expanded {
  const { known, facts } = context
  const scope = hidden(scopeOf(known, { yaml: definitions, facts }))
  const expanded = new Expanded(scope, 'runner')
  for (const { key } of definitions) expanded.get(key)
  for (const { key } of overYaml(known)) expanded.get(key)
  if (expanded.isBroken) explain(scope, context)
  return expanded
}

function explain(scope: Scope, { report, at, owner }: ResolveContext): void {
  const expansion = expandVariables(scope.list())
  if (expansion.kind === 'expanded') return
  const keys = expansion.keys.join(' → ')
  const what =
    expansion.kind === 'circle'
      ? `refer to each other in a circle: ${keys}`
      : `expand to too much text: ${keys}`
  report.problem(at, 'ciconfig.variables', `${owner}variables ${what}`)
}

function shown(resolved: Expanded, definitions: readonly Variable[]): Readonly<Record<string, string>> {
  return Object.fromEntries(definitions.map(({ key }) => [key, resolved.get(key)?.value ?? '']))
}
