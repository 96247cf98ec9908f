import { InvalidArgumentError } from 'commander'
import { parseIsoTime, isoTime } from '../base/index.ts'

const DAY_MS = 86_400_000

/** `90d`, or the day in UTC with which a token ends, `2027-01-31`; in milliseconds since 1970. Throws InvalidArgumentError. */
export function parseExpiry(text: string, nowMs: number): number {
  const [, days] = /^([1-9][0-9]{0,3})d$/.exec(text) ?? []
  if (days !== undefined) return nowMs + Number(days) * DAY_MS
  const seconds = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? parseIsoTime(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(seconds) || isoTime(seconds).slice(0, text.length) !== text)
    throw new InvalidArgumentError('It must be a number of days such as 90d, or a date such as 2027-01-31.')
  return seconds * 1000
}
