import type { PlannedJob } from './plan.ts'
import type { Report } from './report.ts'

/** What is planned and not carried out, of the jobs that are in the pipeline. */
export function reportNotes(
  jobs: readonly PlannedJob[],
  { report, unexecuted }: { readonly report: Report; readonly unexecuted: 'show' | 'refuse' },
): void {
  const groups = new Set(jobs.map(({ name }) => groupOf(name)))
  const names = new Set(jobs.map(({ name }) => name))
  for (const { at, job, what, changesJobs } of report.notes) {
    if (job !== undefined && !groups.has(job) && !names.has(job)) continue
    if (changesJobs && unexecuted === 'refuse')
      report.problem(at, 'ciconfig.unsupported', `${what} is not supported by this version`)
    else
      report.warning(at, 'ciconfig.not-executed', `${what} is planned, and not carried out by wheelseal run`)
  }
}

/** `job 1/3` and `job: [a, b]` are of `job`. */
function groupOf(name: string): string {
  return name.replace(/(?: \d+\/\d+|: \[.*\])$/s, '')
}
