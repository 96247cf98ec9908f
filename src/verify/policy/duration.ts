const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const MAX_DURATION_DAYS = 1000

/** `7d` or `12h`, from one on. */
export const DURATION = /^[1-9][0-9]{0,4}[dh]$/

/** Of a text that `DURATION` matches. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (text.endsWith('d') ? DAY_MS : HOUR_MS)
}

/** Whole days as days: `24h` is `1d`. */
export function durationText(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : `${ms / HOUR_MS}h`
}

export function isShortEnough(text: string): boolean {
  return durationMs(text) <= MAX_DURATION_DAYS * DAY_MS
}
