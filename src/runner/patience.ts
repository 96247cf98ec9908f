import { WheelsealError, type Clock } from '../base/index.ts'

/** So often in a row a server may be out of reach before it counts as gone. */
const MOST_FAILURES = 6
const LONGEST_WAIT_MS = 30_000

export interface Patience {
  /** What `question` brings; undefined also where the server cannot be reached just now. Throws when it is gone. */
  ask<T>(question: () => Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined>
  /** Until it is time for the next question, or `wake`, also one since the last. Longer after each failure. */
  wait(signal: AbortSignal): Promise<void>
  wake(): void
}

/** When to ask a server again: at its pace, and ever more slowly where it does not answer. */
export function createPatience({
  clock,
  pollMs,
}: {
  readonly clock: Clock
  readonly pollMs: number
}): Patience {
  let failures = 0
  let waiting = new AbortController()
  let isWoken = false
  return {
    ask: async (question, signal) => {
      isWoken = false
      try {
        const answer = await question()
        failures = 0
        return answer
      } catch (error) {
        if (signal.aborted) return undefined
        if (!isPassing(error) || ++failures >= MOST_FAILURES) throw error
        return undefined
      }
    },
    wait: async (signal) => {
      if (isWoken) return
      waiting = new AbortController()
      const ms = Math.min(pollMs * 2 ** failures, Math.max(pollMs, LONGEST_WAIT_MS))
      await clock.sleep(ms, AbortSignal.any([signal, waiting.signal])).catch(() => undefined)
    },
    wake: () => {
      isWoken = true
      waiting.abort()
    },
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof WheelsealError && (error.code.startsWith('net.') || error.code === 'runner.unavailable')
  )
}
