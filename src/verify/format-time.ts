import { isoTime } from '../base/index.ts'

/** Years 0 to 9999. */
const [FIRST_SECONDS, LAST_SECONDS] = [-62_167_219_200, 253_402_300_799]

/** `2026-11-24 09:12:17 UTC`. Seconds in certificates and entries may be absurd; such are shown as the number. */
export function formatTime(seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < FIRST_SECONDS || seconds > LAST_SECONDS)
    return `${seconds} s since 1970`
  return isoTime(seconds).replace('T', ' ').replace('Z', ' UTC')
}
