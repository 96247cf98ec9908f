import type { Job } from './defaults.ts'
import type { When } from './read/keywords.ts'
import type { Position, Report } from './report.ts'
import { EDGE_STAGES } from './stages.ts'

/** A job that is in the pipeline, and when it runs there. */
export interface PipelineJob extends Job {
  readonly when: When
  readonly allow_failure: boolean
}

/**
 * Which jobs the pipeline has. The keywords that could leave one out (`rules`, `workflow`, `only`, `except`) are
 * refused where they are read: every job is in, as it says itself.
 */
export function selectJobs(
  jobs: readonly Job[],
  { report, at }: { readonly report: Report; readonly at: Position },
): readonly PipelineJob[] {
  const selected = jobs.map((job) => ({
    ...job,
    when: job.when ?? 'on_success',
    allow_failure: job.allow_failure ?? false,
  }))
  checkNotEmpty(selected, { report, at })
  return selected
}

/** What was reported before may be why a job is missing. */
function checkNotEmpty(
  jobs: readonly PipelineJob[],
  { report, at }: { readonly report: Report; readonly at: Position },
): void {
  if (report.problems.length > 0 || jobs.some((job) => !EDGE_STAGES.includes(job.stage))) return
  const what = jobs.length === 0 ? 'no job of the file would run' : 'only .pre and .post have jobs'
  report.problem(at, 'ciconfig.no-jobs', `${what}, so there is no pipeline`)
}
