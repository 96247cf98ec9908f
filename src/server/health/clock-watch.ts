import { isoTimeMs, type Clock, type Log } from '../../base/index.ts'
import { serverErrors } from '../errors.ts'

/** Notices when the wall clock was set while the server ran. */
export interface ClockWatch {
  /** Why the clock must not be believed, in words; undefined while it may, and again once it was set back. */
  readonly doubt: () => string | undefined
  /** The same clock for what signs times: asking it throws `server.clock` while it is in doubt. */
  readonly believed: Clock
}

export interface ClockWatchParts {
  readonly clock: Clock
  /** Of a clock that is never set. */
  readonly steadyMs: () => number
  readonly log: Log
}

/** A time server corrects less than that at a time; a certificate lives twenty times as long. */
const MAX_STEP_MS = 30_000

/** What the clock says now is what it is compared with. */
export function watchClock({ clock, steadyMs, log }: ClockWatchParts): ClockWatch {
  let offsetMs = clock.nowMs() - steadyMs()
  let isSaid = false
  const doubt = (): string | undefined => {
    const stepMs = clock.nowMs() - steadyMs() - offsetMs
    const reason = Math.abs(stepMs) <= MAX_STEP_MS ? undefined : sentence(stepMs, clock.nowMs())
    if (reason === undefined) offsetMs += stepMs
    else if (!isSaid) log.failure('clock.set', new Error(reason))
    isSaid = reason !== undefined
    return reason
  }
  const nowMs = (): number => {
    const reason = doubt()
    if (reason !== undefined) throw serverErrors('server.clock', reason)
    return clock.nowMs()
  }
  return { doubt, believed: { nowMs, sleep: (ms, signal) => clock.sleep(ms, signal) } }
}

function sentence(stepMs: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(stepMs) / 1000)
  const way = stepMs > 0 ? 'ahead' : 'back'
  return `the clock was set ${seconds} s ${way}, to ${isoTimeMs(nowMs)}, while the server ran; correct it, or restart the server if it is correct now`
}
