import type { JsonValue } from '../base/index.ts'
import type { PipelineRequest } from '../client/index.ts'
import { systemClock } from '../host/index.ts'
import { eventJson, noteJson, startJson } from './run-events.ts'
import { createProgress, type Progress } from './run-progress.ts'
import { createTerminal, writeJson, type Terminal, type TerminalOptions } from './terminal.ts'

/** How a pipeline that runs here is told: to the terminal, and with --json also as values. */
export interface PipelineReporting {
  readonly terminal: Terminal
  readonly hooks: Pick<PipelineRequest, 'observer' | 'onStart' | 'say'>
  /** The last lines of a job's log; empty where it has not failed. */
  readonly tailOf: (jobId: number) => readonly string[]
  /** Takes the moving lines away, before the result is written. */
  readonly end: () => void
}

export function openReporting(options: TerminalOptions): PipelineReporting {
  const terminal = createTerminal(options)
  const progress = createProgress(process.stderr, options.quiet === true ? 'quiet' : 'talking')
  const ended = new AbortController()
  void keepTicking(progress, ended.signal)
  return {
    terminal,
    hooks: hooksOf(progress, { terminal, isTold: terminal.isJson && options.quiet !== true }),
    tailOf: progress.tailOf,
    end: () => {
      ended.abort()
      progress.end()
    },
  }
}

const TICK_MS = 1_000

/** The times of jobs that print nothing go on. */
async function keepTicking(progress: Progress, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(TICK_MS, signal).catch(() => undefined)
    if (!signal.aborted) progress.tick()
  }
}

function hooksOf(
  progress: Progress,
  { terminal, isTold }: { readonly terminal: Terminal; readonly isTold: boolean },
): PipelineReporting['hooks'] {
  const emit = (json: JsonValue | undefined): void => {
    if (isTold && json !== undefined) writeJson(json)
  }
  return {
    observer: {
      event: (event) => {
        progress.event(event)
        emit(eventJson(event))
      },
    },
    onStart: (start) => {
      progress.begin(start.pipeline.jobs)
      emit(startJson(start))
    },
    say: (text) => {
      progress.pause()
      terminal.say(text)
      emit(noteJson(text))
    },
  }
}
