import type { RunnerEvent, RunnerObserver } from '../runner/index.ts'
import { createLiveLine, plainText, shownLine, type Line, type Screen } from './screen.ts'

/** The last lines of a job's log, shown when it fails. */
const TAIL_LINES = 25
const NAME_COLUMNS = 22
const STATE_COLUMNS = 8
const SECONDS_COLUMNS = 7

export interface Progress extends RunnerObserver {
  /** Lines of the failed job's log; empty when none failed. */
  readonly failureTail: () => readonly string[]
  /** Takes the moving line away, before something else is written. */
  readonly pause: () => void
  readonly end: () => void
}

/**
 * One line per job. On a terminal the running job's last line of output moves behind its name; elsewhere a line says
 * that it began and another how it ended.
 */
export function createProgress(screen: Screen, talk: 'quiet' | 'talking'): Progress {
  const live = talk === 'quiet' ? undefined : createLiveLine(screen)
  const tails = new Map<number, string[]>()
  let failed: readonly string[] = []
  const print = (line: Line): void => {
    live?.erase()
    if (talk === 'talking') screen.write(`  ${shownLine(line, screen)}\n`)
  }
  const show = (event: RunnerEvent): void => {
    const name = event.job.name.padEnd(NAME_COLUMNS)
    if (event.kind === 'output') live?.draw(`    ${name} `, plainText(event.line))
    else if (event.kind === 'job-ended') print(ending(name, event))
    else if (live === undefined) print({ mark: 'none', text: `${name} started` })
    else live.draw(`    ${name} `, '…')
  }
  return {
    event: (event) => {
      if (event.kind === 'output') remember(tails, event.job.id, event.line)
      if (event.kind === 'job-ended' && event.outcome.state !== 'success')
        failed = tails.get(event.job.id) ?? []
      show(event)
    },
    failureTail: () => failed,
    pause: () => live?.erase(),
    end: () => live?.end(),
  }
}

function remember(tails: Map<number, string[]>, jobId: number, line: string): void {
  const lines = tails.get(jobId) ?? []
  lines.push(line)
  if (lines.length > TAIL_LINES) lines.shift()
  tails.set(jobId, lines)
}

function ending(name: string, { outcome }: RunnerEvent & { readonly kind: 'job-ended' }): Line {
  const { state, durationMs, exitCode, reason } = outcome
  const isWell = state === 'success'
  const word = (isWell ? 'passed' : state).padEnd(STATE_COLUMNS)
  const seconds = `${(durationMs / 1000).toFixed(1)} s`.padStart(SECONDS_COLUMNS)
  const why = exitCode === undefined ? (reason ?? 'stopped').replaceAll('_', ' ') : `exit ${exitCode}`
  return { mark: isWell ? 'passed' : 'failed', text: `${name} ${word} ${seconds}${isWell ? '' : `  ${why}`}` }
}
