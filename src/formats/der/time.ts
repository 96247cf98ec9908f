import { isoTime, parseIsoTime, utf8 } from '../../base/index.ts'
import { derErrors } from './errors.ts'
import type { DerElement } from './reader.ts'
import { TAG } from './tags.ts'

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
const FIRST_GENERALIZED_YEAR = 2050
const FIRST_UTC_YEAR = 1950
const FIRST_SECONDS = parseIsoTime('1950-01-01T00:00:00Z')
const LAST_SECONDS = parseIsoTime('9999-12-31T23:59:59Z')
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
  const digits = isoTime(seconds).replaceAll(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  if (seconds < FIRST_SECONDS || seconds > LAST_SECONDS) throw new RangeError(`${seconds} has no DER time`)
  if (year < FIRST_GENERALIZED_YEAR) return { tag: TAG.utcTime, content: utf8(digits.slice(2)) }
  return { tag: TAG.generalizedTime, content: utf8(digits) }
}

function parseUtcTime(text: string): number {
  if (!/^\d{12}Z$/.test(text)) throw malformed(text)
  const century = Number(text.slice(0, 2)) >= FIRST_UTC_YEAR % 100 ? '19' : '20'
  return parseGeneralizedTime(century + text)
}

/** Fields out of range may give a time that is written differently, which the caller notices. */
function parseGeneralizedTime(text: string): number {
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (digits === null) throw malformed(text)
  const [year, month, day, ...clock] = digits.slice(1)
  const seconds = parseIsoTime(`${year}-${month}-${day}T${clock.join(':')}Z`)
  if (seconds >= FIRST_SECONDS && seconds <= LAST_SECONDS) return seconds
  throw malformed(text)
}

function equal(a: Omit<DerElement, 'encoded'>, b: Omit<DerElement, 'encoded'>): boolean {
  return a.tag === b.tag && Buffer.compare(a.content, b.content) === 0
}

function malformed(text: string): Error {
  return derErrors('der.malformed', `not a time of RFC 5280: ${JSON.stringify(text)}`)
}
