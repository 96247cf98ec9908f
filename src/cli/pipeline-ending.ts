import type { RunReport } from '../client/index.ts'
import type { PipelineReporting } from './pipeline-reporting.ts'
import { Stopped } from './stop-signal.ts'

type Pipeline = RunReport['pipeline']
type Job = Pipeline['jobs'][number]

type Ended = Pick<RunReport, 'pipeline' | 'outcomes'>

export interface Explanation {
  /** That of the command. */
  readonly signal: AbortSignal
  /** What else is known of the job that ended it. */
  readonly more: (job: Job) => readonly string[]
}

/** Which job ended the pipeline and how, below the last lines of its log; or who stopped it. Sets the exit code. */
export function explainEnding(
  { pipeline, outcomes }: Ended,
  { terminal, tailOf }: Pick<PipelineReporting, 'terminal' | 'tailOf'>,
  { signal, more }: Explanation,
): void {
  const stop: unknown = signal.reason
  process.exitCode = stop instanceof Stopped ? stop.exit : 1
  if (stop instanceof Stopped) return terminal.complain(`${stop.message} ${whenOf(pipeline, outcomes)}`)
  const job = decisive(pipeline.jobs)
  if (job === undefined)
    return terminal.complain(`the pipeline ended in state ${pipeline.state}`, ...manualNotes(pipeline))
  const tail = tailOf(job.id)
  terminal.quote(tail)
  const above = tail.length === 0 ? '' : '; the last lines of its log are above'
  terminal.complain(`${endingOf(job)}${above}`, ...more(job))
}

/** Jobs that wait for a person, and how they are run. */
export function manualNotes({ jobs }: Pipeline): readonly string[] {
  const names = jobs.filter(({ state }) => state === 'manual').map(({ name }) => name)
  if (names.length === 0) return []
  const [what, it] = names.length === 1 ? ['manual job', 'it'] : ['manual jobs', 'them']
  return [`not run: ${what} ${names.join(', ')}; name ${it} in the command to run ${it}`]
}

/** A pipeline may go on after others that failed. */
function decisive(jobs: readonly Job[]): Job | undefined {
  const last = jobs.filter(({ isRetried }) => !isRetried)
  const isFailed = ({ state, allowFailure }: Job): boolean => state === 'failed' && !allowFailure
  return last.find((job) => isFailed(job)) ?? last.find(({ state }) => state === 'canceled')
}

function whenOf({ id }: Pipeline, outcomes: Ended['outcomes']): string {
  const ran = outcomes.filter(({ state }) => state === 'canceled').map(({ name }) => name)
  const canceled = `pipeline ${id} is canceled`
  if (ran.length > 0) return `while ${ran.length === 1 ? 'job' : 'jobs'} ${ran.join(', ')} ran; ${canceled}`
  return outcomes.length === 0 ? `before the first job began; ${canceled}` : `between two jobs; ${canceled}`
}

function endingOf({ name, stage, state, exitCode, failureReason }: Job): string {
  const what = name === stage ? `stage ${stage}` : `job ${name} of stage ${stage}`
  if (state !== 'failed') return `${what} was canceled`
  const why = exitCode === null ? failureReason?.replaceAll('_', ' ') : `exit ${exitCode}`
  return `${what} failed (${why ?? 'no reason given'})`
}
