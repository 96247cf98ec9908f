import { expandText, expandVariables, type Variable } from './expand.ts'
import type { Artifacts, Cache, IdTokens, Image, When } from './read/keywords.ts'
import type { Position, Problem, Report } from './report.ts'
import type { PipelineJob } from './rules.ts'

/** Keys as GitLab spells them: this is also what `plan --json` prints. */
export interface PlannedJob {
  readonly name: string
  readonly stage: string
  /** Expanded as far as the variables are known. */
  readonly image: Image | null
  readonly before_script: readonly string[]
  readonly script: readonly string[]
  readonly after_script: readonly string[]
  /** What the job sees of YAML and pipeline variables, expanded as far as known; masked values as `[MASKED]`. */
  readonly variables: Readonly<Record<string, string>>
  /** The file's definitions for this job, top level first, not expanded: who starts the job expands them with all others. */
  readonly yaml_variables: readonly Variable[]
  readonly when: When
  readonly allow_failure: boolean
  readonly artifacts: Artifacts | null
  readonly cache: readonly Cache[]
  readonly id_tokens: IdTokens
}

export interface Plan {
  /** With `.pre` and `.post`, in order. */
  readonly stages: readonly string[]
  readonly workflow: { readonly name: null; readonly variables: Readonly<Record<string, string>> }
  readonly variables: Readonly<Record<string, string>>
  /** By stage, inside a stage as the file has them. */
  readonly jobs: readonly PlannedJob[]
  readonly warnings: readonly Problem[]
}

export interface KnownVariables {
  /** Those of GitLab that are known when the pipeline is created. */
  readonly predefined: readonly Variable[]
  readonly project: readonly Variable[]
  /** Given by whoever starts the pipeline: they beat all others. */
  readonly pipeline: readonly Variable[]
}

export interface PlanContext {
  readonly variables: KnownVariables
  readonly report: Report
}

/** What is planned: the pipeline's own keywords, and the jobs that are in it. */
export interface SelectedPipeline {
  readonly stages: readonly string[]
  readonly variables: readonly Variable[]
  readonly variablesAt: Position
  readonly jobs: readonly PipelineJob[]
}

/** Jobs in the order of their stages, with the variables that are known now expanded. */
export function buildPlan(pipeline: SelectedPipeline, context: PlanContext): Omit<Plan, 'warnings'> {
  const { stages, variables, jobs } = pipeline
  const position = new Map(stages.map((stage, index) => [stage, index]))
  const ordered = jobs.toSorted((a, b) => (position.get(a.stage) ?? 0) - (position.get(b.stage) ?? 0))
  const top = resolve(variables, { ...context, owner: '', at: pipeline.variablesAt })
  return {
    stages,
    workflow: { name: null, variables: {} },
    variables: shown(top, variables),
    jobs: ordered.map((job) => planJob(job, { ...context, shared: variables })),
  }
}

function planJob(
  job: PipelineJob,
  context: PlanContext & { readonly shared: readonly Variable[] },
): PlannedJob {
  const { at, variables, image, ...rest } = job
  const definitions = [...context.shared, ...variables]
  const resolved = resolve(definitions, { ...context, owner: `job "${job.name}": `, at })
  return {
    ...rest,
    image: image === null ? null : { name: expandText(image.name, resolved) ?? image.name },
    variables: shown(resolved, [...definitions, ...context.variables.pipeline]),
    yaml_variables: definitions,
  }
}

/** GitLab's order of precedence: predefined, top level, job, project, pipeline; the later one wins. */
export function byPrecedence(known: KnownVariables, yaml: readonly Variable[]): readonly Variable[] {
  return [...known.predefined, ...yaml, ...known.project, ...known.pipeline]
}

function resolve(
  definitions: readonly Variable[],
  context: PlanContext & { readonly owner: string; readonly at: Position },
): ReadonlyMap<string, Variable> {
  const { report, owner, at } = context
  const expansion = expandVariables(byPrecedence(context.variables, definitions).map(hideMasked))
  if (expansion.kind === 'expanded')
    return new Map(expansion.variables.map((variable) => [variable.key, variable]))
  const keys = expansion.keys.join(' → ')
  const what =
    expansion.kind === 'circle'
      ? `refer to each other in a circle: ${keys}`
      : `expand to too much text: ${keys}`
  report.problem(at, 'ciconfig.variables', `${owner}variables ${what}`)
  return new Map()
}

/** A plan is printed: a masked value never stands in it, and references to it stay as written. */
function hideMasked(variable: Variable): Variable {
  return variable.isMasked === true ? { ...variable, value: '[MASKED]', isRaw: true } : variable
}

function shown(
  resolved: ReadonlyMap<string, Variable>,
  definitions: readonly Variable[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(definitions.map(({ key }) => [key, resolved.get(key)?.value ?? '']))
}
