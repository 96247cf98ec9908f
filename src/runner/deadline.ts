import type { Clock } from '../base/index.ts'

/** The longest wait that a timer of Node takes, 24 days; a longer one would end at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface Deadline {
  readonly ms: number
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** Runs `work` with a signal that is also aborted, with the reason `timeout`, when the time is over. */
export async function withDeadline<T>(
  { ms, signal, clock }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController()
  const late = new AbortController()
  const alarm = clock.sleep(Math.min(ms, LONGEST_MS), done.signal).then(
    () => late.abort('timeout'),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    done.abort()
    await alarm
  }
}
