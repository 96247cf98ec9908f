import { systemClock } from '../host/index.ts'
import type { RunnerEvent, RunnerObserver } from '../runner/index.ts'
import { createLiveBlock, type BlockLine } from './live-block.ts'
import { plainText, shownLine, type Line, type Screen } from './screen.ts'

/** The last lines of a job's log, shown when it fails. */
const TAIL_LINES = 25
const MAX_TAILS = 100
const NAME_COLUMNS = 22
const STATE_COLUMNS = 8
const SECONDS_COLUMNS = 7

interface PlannedJob {
  readonly name: string
  readonly stage: string
}

export interface Progress extends RunnerObserver {
  /** The jobs of the pipeline, as soon as they are known. */
  readonly begin: (jobs: readonly PlannedJob[]) => void
  /** Time has passed: once a second is enough. */
  readonly tick: () => void
  /** The last lines of a job's log; empty where it has not failed. */
  readonly tailOf: (jobId: number) => readonly string[]
  /** Takes the moving lines away, before something else is written. */
  readonly pause: () => void
  readonly end: () => void
}

/**
 * One line per job that has ended. On a terminal those that run stand below, each with its last line of output, and
 * those that wait; elsewhere a line says that a job began and another how it ended.
 */
export function createProgress(
  screen: Screen,
  talk: 'quiet' | 'talking',
  nowMs: () => number = () => systemClock.nowMs(),
): Progress {
  const live = talk === 'quiet' ? undefined : createLiveBlock(screen)
  const jobs = createJobs(nowMs)
  const print = (line: Line): void => {
    live?.erase()
    if (talk === 'talking') screen.write(`  ${shownLine(line, screen)}\n`)
  }
  const redraw = (): void => live?.draw(jobs.lines())
  return {
    begin: (planned) => {
      jobs.begin(planned)
      redraw()
    },
    event: (event) => {
      jobs.note(event)
      const name = event.job.name.padEnd(NAME_COLUMNS)
      if (event.kind === 'job-ended') print(ending(name, event))
      else if (event.kind === 'job-started' && live === undefined)
        print({ mark: 'none', text: `${name} started` })
      redraw()
    },
    tick: redraw,
    tailOf: jobs.tailOf,
    pause: () => live?.erase(),
    end: () => live?.end(),
  }
}

interface RunningJob {
  readonly name: string
  readonly startedMs: number
  readonly tail: string[]
}

/** What is known of the jobs from their events. */
function createJobs(nowMs: () => number) {
  const running = new Map<number, RunningJob>()
  let waiting: readonly PlannedJob[] = []
  const failed = new Map<number, readonly string[]>()
  const note = (event: RunnerEvent): void => {
    const { id, name } = event.job
    if (event.kind === 'job-started') {
      running.set(id, { name, startedMs: nowMs(), tail: [] })
      const at = waiting.findIndex((job) => job.name === name)
      waiting = waiting.filter((_, index) => index !== at)
    } else if (event.kind === 'output') remember(running.get(id)?.tail ?? [], event.line)
    else {
      if (event.outcome.state !== 'success') keep(failed, id, running.get(id)?.tail ?? [])
      running.delete(id)
    }
  }
  const lines = (): readonly BlockLine[] => {
    if (running.size === 0) return []
    const now = nowMs()
    const shown = [...running.values()].map((job) => runningLine(job, now))
    return waiting.length === 0 ? shown : [...shown, waitingLine(waiting)]
  }
  return {
    begin: (planned: readonly PlannedJob[]) => void (waiting = planned),
    note,
    lines,
    tailOf: (id: number) => failed.get(id) ?? [],
  }
}

/** Those of a runner that goes on for months are not kept. */
function keep(failed: Map<number, readonly string[]>, id: number, tail: readonly string[]): void {
  failed.set(id, tail)
  const [oldest] = failed.keys()
  if (failed.size > MAX_TAILS && oldest !== undefined) failed.delete(oldest)
}

function runningLine({ name, startedMs, tail }: RunningJob, nowMs: number): BlockLine {
  const seconds = `${Math.floor((nowMs - startedMs) / 1000)} s`.padStart(SECONDS_COLUMNS)
  const lead = `    ${name.padEnd(NAME_COLUMNS)} ${'running'.padEnd(STATE_COLUMNS)} ${seconds}  `
  return [lead, plainText(tail.findLast((line) => plainText(line).trim() !== '') ?? '')]
}

function waitingLine(waiting: readonly PlannedJob[]): BlockLine {
  return ['', `    waiting: ${waiting.map(({ name }) => name).join(', ')}`]
}

function remember(tail: string[], line: string): void {
  tail.push(line)
  if (tail.length > TAIL_LINES) tail.shift()
}

function ending(name: string, { outcome }: RunnerEvent & { readonly kind: 'job-ended' }): Line {
  const { state, durationMs, exitCode, reason } = outcome
  const isWell = state === 'success'
  const word = (isWell ? 'passed' : state).padEnd(STATE_COLUMNS)
  const seconds = `${(durationMs / 1000).toFixed(1)} s`.padStart(SECONDS_COLUMNS)
  const why = exitCode === undefined ? (reason ?? 'stopped').replaceAll('_', ' ') : `exit ${exitCode}`
  return { mark: isWell ? 'passed' : 'failed', text: `${name} ${word} ${seconds}${isWell ? '' : `  ${why}`}` }
}
