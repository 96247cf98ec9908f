import { afterEach, describe, expect, it } from 'vitest'
import { explainEnding, manualNotes } from './pipeline-ending.ts'
import type { Line } from './screen.ts'
import { Stopped } from './stop-signal.ts'
import type { Terminal } from './terminal.ts'

type Pipeline = Parameters<typeof manualNotes>[0]
type Job = Pipeline['jobs'][number]

const exitCode = process.exitCode
afterEach(() => (process.exitCode = exitCode))

function job(name: string, state: string, more: Partial<Job> = {}): Job {
  return {
    id: name.codePointAt(0) ?? 0,
    name,
    stage: 'test',
    state,
    isRetried: false,
    allowFailure: false,
    durationSeconds: 1,
    failureReason: 'script_failure',
    exitCode: state === 'failed' ? 1 : null,
    ...more,
  }
}

interface Given {
  readonly stop?: Stopped
  /** Of the jobs that ran here. */
  readonly states?: readonly string[]
  readonly state?: string
}

/** What is printed, and the exit code; the last line of each job's log is its name. */
function explained(jobs: readonly Job[], { stop, states = [], state = 'failed' }: Given = {}) {
  const said: string[] = []
  const textOf = (line: Line): string => (typeof line === 'string' ? line : line.text)
  const terminal = {
    complain: (...lines: readonly Line[]) => void said.push(...lines.map((line) => textOf(line))),
    quote: (lines: readonly string[]) => void said.push(...lines.map((line) => `| ${line}`)),
  } as unknown as Terminal
  const tailOf = (id: number): readonly string[] => [String.fromCodePoint(id)]
  const signal = stop === undefined ? new AbortController().signal : AbortSignal.abort(stop)
  const pipeline = { id: 7, projectId: 1, createdAtMs: 0, state, jobs }
  const outcomes = states.map((one, id) => ({
    id,
    name: `job${id}`,
    stage: 'test',
    state: one as 'success',
    durationMs: 1,
  }))
  explainEnding(
    { pipeline, outcomes },
    { terminal, tailOf },
    { signal, more: ({ id }) => [`hint: log ${id}`] },
  )
  return { said, code: process.exitCode }
}

describe('the end of a pipeline', () => {
  it.each<[string, readonly Job[]]>([
    ['a job that may fail', [job('a', 'failed', { allowFailure: true }), job('b', 'failed')]],
    ['a job that was tried again', [job('a', 'failed', { isRetried: true }), job('b', 'failed')]],
    ['a job that was canceled for it', [job('a', 'canceled'), job('b', 'failed')]],
  ])('is told of the job that decided it, with the lines of that job, and not of %s', (_what, jobs) => {
    expect(explained(jobs)).toEqual({
      said: [
        '| b',
        'job b of stage test failed (exit 1); the last lines of its log are above',
        'hint: log 98',
      ],
      code: 1,
    })
  })

  it.each<[string, readonly string[], string]>([
    ['before the first job', [], 'before the first job began; pipeline 7 is canceled'],
    ['while jobs run', ['success', 'canceled'], 'while job job1 ran; pipeline 7 is canceled'],
    ['between two', ['success'], 'between two jobs; pipeline 7 is canceled'],
  ])('is that of whoever stopped it: %s', (_when, states, sentence) => {
    const jobs = [job('a', 'canceled')]
    expect(explained(jobs, { stop: new Stopped('SIGINT'), states })).toEqual({
      said: [`stopped by Ctrl-C ${sentence}`],
      code: 130,
    })
    expect(explained(jobs, { stop: new Stopped('SIGTERM'), states }).code).toBe(143)
  })

  it('names manual jobs that did not run, and how they are run', () => {
    const jobs = [job('a', 'success'), job('deploy', 'manual')]
    const note = 'not run: manual job deploy; name it in the command to run it'
    expect(manualNotes({ id: 7, projectId: 1, createdAtMs: 0, state: 'success', jobs })).toEqual([note])
    expect(explained(jobs, { state: 'manual' }).said).toEqual(['the pipeline ended in state manual', note])
  })
})
