/** The calendar: the one place besides `host/` that may name `Date`, and never to ask what time it is. */

const SECOND_TEXT = 'YYYY-MM-DDTHH:MM:SS'.length

/** `2026-01-02T03:04:05.678Z`. `ms` since the Unix epoch, years 0 to 9999; throws RangeError where there is no date. */
export function isoTimeMs(ms: number): string {
  return new Date(ms).toISOString()
}

/** `2026-01-02T03:04:05Z`: of one length, so that these texts compare as the times do. Fractions are cut off. */
export function isoTime(seconds: number): string {
  return `${isoTimeMs(Math.floor(seconds) * 1000).slice(0, SECOND_TEXT)}Z`
}

/** Seconds since the Unix epoch of a text of `isoTime`. What is no date may give NaN or another date: write it again. */
export function parseIsoTime(text: string): number {
  return Date.parse(text) / 1000
}

/** Seconds since the Unix epoch of a header such as `Date` (RFC 9110 §5.6.7); NaN where it is none. */
export function parseHttpDate(text: string): number {
  return parseIsoTime(text)
}

/** Years 0 to 9999. */
const [FIRST_SECONDS, LAST_SECONDS] = [-62_167_219_200, 253_402_300_799]

/** `2026-11-24 09:12:17 UTC`. Seconds in certificates and entries may be absurd; such are shown as the number. */
export function formatTime(seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < FIRST_SECONDS || seconds > LAST_SECONDS)
    return `${seconds} s since 1970`
  return isoTime(seconds).replace('T', ' ').replace('Z', ' UTC')
}
