import { utf8 } from '../../base/index.ts'
import { derErrors } from './errors.ts'
import type { DerElement } from './reader.ts'
import { TAG } from './tags.ts'

const DAY_SECONDS = 86_400
/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
const FIRST_GENERALIZED_YEAR = 2050
const FIRST_UTC_YEAR = 1950
const LAST_YEAR = 9999
const LONGEST = 'YYYYMMDDHHMMSSZ'.length

/** Seconds since the Unix epoch. Only `YYMMDDHHMMSSZ` and `YYYYMMDDHHMMSSZ`, each for its own years. */
export function readTime(element: DerElement): number {
  const text = Buffer.from(element.content.subarray(0, LONGEST + 1)).toString('latin1')
  const seconds = element.tag === TAG.utcTime ? parseUtcTime(text) : parseGeneralizedTime(text)
  if (!equal(writeTime(seconds), element)) throw malformed(text)
  return seconds
}

/** The time as certificates write it. Throws RangeError outside of the years 1950 to 9999. */
export function writeTime(seconds: number): Omit<DerElement, 'encoded'> {
  const { year, month, day } = civilDate(Math.floor(seconds / DAY_SECONDS))
  if (year < FIRST_UTC_YEAR || year > LAST_YEAR) throw new RangeError(`the year ${year} has no DER time`)
  const ofDay = seconds - Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS
  const clock = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60]
  const rest = [month, day, ...clock].map(twoDigits).join('')
  if (year < FIRST_GENERALIZED_YEAR) {
    return { tag: TAG.utcTime, content: utf8(`${twoDigits(year % 100)}${rest}Z`) }
  }
  return { tag: TAG.generalizedTime, content: utf8(`${year}${rest}Z`) }
}

function parseUtcTime(text: string): number {
  if (!/^\d{12}Z$/.test(text)) throw malformed(text)
  const century = Number(text.slice(0, 2)) >= FIRST_UTC_YEAR % 100 ? '19' : '20'
  return parseGeneralizedDigits(century + text)
}

function parseGeneralizedTime(text: string): number {
  if (!/^\d{14}Z$/.test(text)) throw malformed(text)
  return parseGeneralizedDigits(text)
}

/** Fields out of range give a time that is written differently, which the caller notices. */
function parseGeneralizedDigits(text: string): number {
  const field = (start: number): number => Number(text.slice(start, start + 2))
  const days = daysSinceEpoch({ year: Number(text.slice(0, 4)), month: field(4), day: field(6) })
  const seconds = days * DAY_SECONDS + field(8) * 3600 + field(10) * 60 + field(12)
  if (seconds < daysSinceEpoch({ year: FIRST_UTC_YEAR, month: 1, day: 1 }) * DAY_SECONDS)
    throw malformed(text)
  return seconds
}

interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** Gregorian calendar in which years begin in March, so that the leap day comes last. */
const ERA_DAYS = 146_097
const EPOCH_DAY_OF_ERAS = 719_468

function daysSinceEpoch({ year, month, day }: CivilDate): number {
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * ERA_DAYS + dayOfEra - EPOCH_DAY_OF_ERAS
}

function civilDate(days: number): CivilDate {
  const shifted = days + EPOCH_DAY_OF_ERAS
  const era = Math.floor(shifted / ERA_DAYS)
  const dayOfEra = shifted - era * ERA_DAYS
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

function equal(a: Omit<DerElement, 'encoded'>, b: Omit<DerElement, 'encoded'>): boolean {
  return a.tag === b.tag && Buffer.compare(a.content, b.content) === 0
}

function malformed(text: string): Error {
  return derErrors('der.malformed', `not a time of RFC 5280: ${JSON.stringify(text)}`)
}
