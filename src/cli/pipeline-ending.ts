import type { RunStart } from '../client/index.ts'
import type { PipelineReporting } from './pipeline-reporting.ts'

type Pipeline = RunStart['pipeline']
type Job = Pipeline['jobs'][number]

/** Which job ended the pipeline and how, below the last lines of its log. `more` is what else is known of that job. */
export function explainEnding(
  { state, jobs }: Pipeline,
  { terminal, failureTail }: PipelineReporting,
  more: (job: Job) => readonly string[],
): void {
  const job = jobs.find((one) => one.state === 'failed' || one.state === 'canceled')
  const tail = failureTail()
  terminal.quote(tail)
  if (job === undefined) return terminal.complain(`the pipeline ended in state ${state}`)
  const above = tail.length === 0 ? '' : '; the last lines of its log are above'
  terminal.complain(`${endingOf(job)}${above}`, ...more(job))
}

function endingOf({ name, stage, state, exitCode, failureReason }: Job): string {
  const what = name === stage ? `stage ${stage}` : `job ${name} of stage ${stage}`
  if (state !== 'failed') return `${what} was canceled`
  const why = exitCode === null ? failureReason?.replaceAll('_', ' ') : `exit ${exitCode}`
  return `${what} failed (${why ?? 'no reason given'})`
}
