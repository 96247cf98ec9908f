const MAX_SHOWABLE_SECONDS = 8_640_000_000_000

/** `2026-11-24 09:12:17 UTC`. Seconds in certificates and entries may be absurd; such are shown as the number. */
export function formatTime(seconds: number): string {
  if (!Number.isInteger(seconds) || Math.abs(seconds) > MAX_SHOWABLE_SECONDS) return `${seconds} s since 1970`
  // Swedish dates and times are ISO 8601's.
  const format = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    timeZone: 'UTC',
  })
  return `${format.format(seconds * 1000)} UTC`
}
