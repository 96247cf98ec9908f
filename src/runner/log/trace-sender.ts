import type { Clock } from '../../base/index.ts'
import type { JobAnswer, JobUpdate, RunnerApi } from '../api/api.ts'
import { runnerErrors } from '../errors.ts'
import type { Trace } from './trace.ts'
import type { JobAddress } from '../api/wire.ts'

const MAX_PATCH_BYTES = 1 << 20
/** Sent before its time when so much waits. */
const BATCH_BYTES = 64 << 10
const DEFAULT_INTERVAL_MS = 3_000
const LONGEST_INTERVAL_MS = 60_000
/** How often the server may make the runner send or ask again for one final state. */
const MAX_ROUNDS = 10

/** What the server wants of a running job: to stop its script but still run after_script, or to stop at once. */
export type ServerWish = 'cancel' | 'abort'

export interface TraceSenderOptions {
  readonly api: RunnerApi
  readonly job: JobAddress
  readonly trace: Trace
  readonly clock: Clock
  onWish(wish: ServerWish): void
}

export interface TraceSender {
  /** To be called after each append. */
  appended(): void
  /** Sends what is left, then the final state. False when the server no longer wants to know. */
  finish(update: JobUpdate): Promise<boolean>
  /** Ends without a final state. */
  stop(): Promise<void>
}

/**
 * Streams a trace by PATCH with Content-Range, in batches by time and size. After 416 it goes on where the server
 * stands. With nothing to send it keeps the job alive by PUT, and so learns that it was canceled.
 */
export function startTraceSender(options: TraceSenderOptions): TraceSender {
  const state: SenderState = { sent: 0, intervalMs: DEFAULT_INTERVAL_MS, isAborted: false }
  const ending = new AbortController()
  let wake = new AbortController()

  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted && !state.isAborted) {
      wake = new AbortController()
      const signal = AbortSignal.any([ending.signal, wake.signal])
      await options.clock.sleep(state.intervalMs, signal).catch(() => undefined)
      if (!ending.signal.aborted) await beat(options, state).catch(() => undefined)
    }
  }
  const running = loop()
  const stop = async (): Promise<void> => {
    ending.abort()
    await running
  }

  return {
    appended: () => {
      if (options.trace.size - state.sent >= BATCH_BYTES) wake.abort()
    },
    finish: async (update) => {
      await stop()
      return finish(options, state, update)
    },
    stop,
  }
}

interface SenderState {
  sent: number
  intervalMs: number
  isAborted: boolean
}

/** A beat that fails is made up by the next one; `finish` is where failure counts. */
async function beat(options: TraceSenderOptions, state: SenderState): Promise<void> {
  if (state.sent < options.trace.size) return flush(options, state)
  heed(
    options,
    state,
    await options.api.updateJob(options.job, { state: 'running', output: output(options) }),
  )
}

async function flush(options: TraceSenderOptions, state: SenderState): Promise<void> {
  const { api, job, trace } = options
  for (let round = 0; state.sent < trace.size && !state.isAborted; round++) {
    const start = state.sent
    const bytes = trace.slice(start, start + MAX_PATCH_BYTES)
    const answer = await api.patchTrace(job, { start, bytes })
    if (answer.status === 202 || answer.status === 200) state.sent = start + bytes.length
    else if (answer.status === 416 && round < MAX_ROUNDS) state.sent = resumeAt(answer, trace)
    else if (![403, 404].includes(answer.status)) {
      throw runnerErrors('runner.server', `sending the job log failed: HTTP ${answer.status}`)
    }
    heed(options, state, answer)
  }
}

function resumeAt({ traceSize }: JobAnswer, trace: Trace): number {
  if (traceSize !== undefined && traceSize <= trace.size) return traceSize
  throw runnerErrors(
    'runner.server',
    `the server has ${traceSize ?? 'an unknown number of'} of ${trace.size} bytes of the job log`,
  )
}

function heed(options: TraceSenderOptions, state: SenderState, answer: JobAnswer): void {
  if (answer.updateIntervalSeconds !== undefined) {
    state.intervalMs = Math.min(answer.updateIntervalSeconds * 1_000, LONGEST_INTERVAL_MS)
  }
  const isOver = answer.jobStatus === 'canceled' || answer.jobStatus === 'failed'
  if (isOver || answer.status === 403 || answer.status === 404) {
    state.isAborted = true
    options.onWish('abort')
  } else if (answer.jobStatus === 'canceling') options.onWish('cancel')
}

/** 202: the server is still storing the log, ask again. 412: what it stored is damaged, send the log again. */
async function finish(options: TraceSenderOptions, state: SenderState, update: JobUpdate): Promise<boolean> {
  for (let round = 0; round < MAX_ROUNDS && !state.isAborted; round++) {
    await flush(options, state)
    if (state.isAborted) break
    const answer = await options.api.updateJob(options.job, { ...update, output: output(options) })
    if (answer.status === 200) return true
    if (answer.status === 412) state.sent = 0
    else if (answer.status === 202) await options.clock.sleep((answer.updateIntervalSeconds ?? 1) * 1_000)
    else if (answer.status === 403 || answer.status === 404) return false
    else throw runnerErrors('runner.server', `reporting the state of the job failed: HTTP ${answer.status}`)
  }
  return false
}

function output({ trace }: TraceSenderOptions) {
  return { checksum: trace.checksum(), bytesize: trace.size }
}
