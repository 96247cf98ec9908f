import { withCacheKeys } from './cache-keys.ts'
import { applyDefaults } from './defaults.ts'
import { resolveExtends } from './extends.ts'
import { linkNeeds } from './needs.ts'
import { expandParallel } from './parallel.ts'
import { buildPlan, type Plan } from './plan.ts'
import { readPipeline, type PipelineContent } from './read/pipeline.ts'
import { resolveReferences } from './references.ts'
import { InvalidPipelineError } from './invalid.ts'
import type { MapNode } from './nodes.ts'
import { byPosition, createReport, type Problem } from './report.ts'
import { reportNotes } from './notes.ts'
import { checkNotEmpty, selectJobs } from './rules/select.ts'
import { surroundingsOf, type Surroundings } from './rules/surroundings.ts'
import { decideWorkflow } from './rules/workflow.ts'
import { readSources } from './sources/include.ts'
import { parsedEachTime, type ParsedTexts } from './sources/parsed-texts.ts'
import type { Sources } from './sources/sources.ts'
import type { KnownVariables } from './variables.ts'

export interface PlanRequest {
  /** The path of the pipeline file among the sources: problems carry it. */
  readonly file: string
  readonly sources: Sources
  /** The predefined ones say which pipeline it is: of a branch, a tag or a merge request, from which source. */
  readonly variables: KnownVariables
  /**
   * Keywords that are planned and carried out by nothing here: `show` lists them as warnings; `refuse`, for who runs
   * the jobs, makes problems of those without which jobs would do something else. Default: `show`.
   */
  readonly unexecuted?: 'show' | 'refuse'
  /** Of several plans of the same files, so that each is parsed once. */
  readonly parsed?: ParsedTexts
}

/**
 * The pipeline that GitLab would make of the file, in GitLab's order. A step goes on where the one before it found
 * problems, so that all are reported at once: `InvalidPipelineError` (`ciconfig.invalid`).
 */
export async function planPipeline(request: PlanRequest): Promise<Plan> {
  const { plan, problems } = await examinePipeline(request)
  if (problems.length > 0) throw new InvalidPipelineError(problems, plan)
  return { ...plan, jobs: await withCacheKeys(plan.jobs, request.sources) }
}

/** A plan, and the tree that it was read from. */
export interface Examined {
  /** Includes, `extends` and references carried out; every node has the place where it is written. */
  readonly root: MapNode
  /** With problems, as far as it could be made. */
  readonly plan: Plan
  readonly problems: readonly Problem[]
}

/** The same for who looks at how a pipeline is written: never throws for what is wrong with it. */
export async function examinePipeline(request: PlanRequest): Promise<Examined> {
  const report = createReport()
  const surroundings = surroundingsOf(request.variables, { sources: request.sources, report })
  const { file, sources, parsed = parsedEachTime } = request
  const merged = await readSources(file, { sources, surroundings, parsed })
  const extended = resolveExtends(merged, report)
  const root = resolveReferences(extended, report)
  const content = readPipeline(root, report)
  const plan = await planContent(content, surroundings)
  reportNotes(plan.jobs, { report, unexecuted: request.unexecuted ?? 'show' })
  return {
    root,
    plan: { ...plan, warnings: report.warnings.toSorted(byPosition) },
    problems: report.problems.toSorted(byPosition),
  }
}

async function planContent(
  content: PipelineContent,
  surroundings: Surroundings,
): Promise<Omit<Plan, 'warnings'>> {
  const { report } = surroundings
  const workflow = await decideWorkflow(content.workflow, { shared: content.variables, surroundings })
  if (!workflow.isRun)
    report.problem(content.workflow.at, 'ciconfig.no-jobs', 'workflow:rules say that there is no pipeline')
  const all = expandParallel(applyDefaults(content.jobs, content.defaults))
  const selected = await selectJobs(all, {
    surroundings,
    shared: [...content.variables, ...workflow.variables],
    hasWorkflowRules: content.workflow.rules !== undefined,
  })
  checkNotEmpty(selected, { report, at: content.at })
  const jobs = linkNeeds(selected.jobs, { all, stages: content.stages, report })
  const plan = buildPlan({ ...content, workflow, jobs }, { surroundings, report })
  return { ...plan, decisions: selected.decisions, workflow_steps: workflow.steps }
}
