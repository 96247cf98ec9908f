import { applyDefaults } from './defaults.ts'
import { resolveExtends } from './extends.ts'
import { mergeFiles } from './merge.ts'
import { buildPlan, type KnownVariables, type Plan } from './plan.ts'
import { readPipeline } from './read/pipeline.ts'
import { resolveReferences } from './references.ts'
import { byPosition, createReport, InvalidPipelineError, startOf } from './report.ts'
import { selectJobs } from './rules.ts'
import { readSources, type Sources } from './sources/sources.ts'

export interface PlanRequest {
  /** The path of the pipeline file among the sources: problems carry it. */
  readonly file: string
  readonly sources: Sources
  readonly variables: KnownVariables
}

/**
 * The pipeline that GitLab would make of the file, in GitLab's order. A step goes on where the one before it found
 * problems, so that all are reported at once: `InvalidPipelineError` (`ciconfig.invalid`).
 */
export async function planPipeline({ file, sources, variables }: PlanRequest): Promise<Plan> {
  const report = createReport()
  const files = await readSources(file, { sources, report })
  const merged = mergeFiles(files, startOf(file))
  const extended = resolveExtends(merged, report)
  const resolved = resolveReferences(extended, report)
  const content = readPipeline(resolved, report)
  const jobs = applyDefaults(content.jobs, content.defaults)
  const selected = selectJobs(jobs, { report, at: content.at })
  const plan = buildPlan({ ...content, jobs: selected }, { variables, report })
  if (report.problems.length > 0) throw new InvalidPipelineError(report.problems.toSorted(byPosition))
  return { ...plan, warnings: report.warnings.toSorted(byPosition) }
}
