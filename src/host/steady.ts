import { uptime } from 'node:os'

/**
 * Milliseconds since the machine was started, to 10 ms. On Linux the time that it slept counts (CLOCK_BOOTTIME), and
 * nobody sets it: compared with the wall clock it shows when that was set.
 */
export function steadyMs(): number {
  return uptime() * 1000
}
