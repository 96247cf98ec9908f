import type { RunnerEvent, RunnerObserver } from '../runner/index.ts'
import { paint, plainText } from './terminal.ts'

/** The last lines of a job's log, shown when it fails. */
const TAIL_LINES = 25
const REDRAW_COLUMNS = 100

export interface Progress extends RunnerObserver {
  /** Lines of the failed job's log; empty when none failed. */
  readonly failureTail: () => readonly string[]
}

/**
 * One line per job. On a terminal the running job's last line of output moves behind its name; elsewhere a line says
 * that it began and another how it ended.
 */
export function createProgress(stream: NodeJS.WriteStream, isQuiet: 'quiet' | 'talking'): Progress {
  const isLive = stream.isTTY && process.env['CI'] === undefined
  const tails = new Map<number, string[]>()
  let failed: readonly string[] = []
  const write = (text: string): void => {
    if (isQuiet === 'talking') stream.write(text)
  }
  const show = (event: RunnerEvent): void => {
    const name = event.job.name.padEnd(22)
    if (event.kind === 'job-started') write(isLive ? `  ${name} …` : `  ${name} started\n`)
    else if (event.kind === 'output')
      write(isLive ? `\r\x1b[K  ${name} ${paint('dim', shorten(event.line))}` : '')
    else write(`${isLive ? '\r\x1b[K' : ''}  ${name} ${ending(event)}\n`)
  }
  return {
    event: (event) => {
      if (event.kind === 'output') remember(tails, event.job.id, event.line)
      if (event.kind === 'job-ended' && event.outcome.state !== 'success')
        failed = tails.get(event.job.id) ?? []
      show(event)
    },
    failureTail: () => failed,
  }
}

function remember(tails: Map<number, string[]>, jobId: number, line: string): void {
  const lines = tails.get(jobId) ?? []
  lines.push(line)
  if (lines.length > TAIL_LINES) lines.shift()
  tails.set(jobId, lines)
}

function ending({ outcome }: RunnerEvent & { readonly kind: 'job-ended' }): string {
  const seconds = `${(outcome.durationMs / 1000).toFixed(1)} s`
  if (outcome.state === 'success') return `${paint('green', 'passed')} ${seconds}`
  const exit = outcome.exitCode === undefined ? '' : `, exit ${outcome.exitCode}`
  return `${paint('red', outcome.state)} ${seconds} (${outcome.reason ?? 'stopped'}${exit})`
}

function shorten(line: string): string {
  const plain = plainText(line)
  return plain.length > REDRAW_COLUMNS ? `${plain.slice(0, REDRAW_COLUMNS - 1)}…` : plain
}
