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
export function readTime({ tag, content }: DerElement): number {
  const text = latin1(content.subarray(0, LONGEST + 1))
  const digits = tag === TAG.utcTime ? centuryOf(text) + text : text
  const isOfTag =
    tag === TAG.utcTime || (tag === TAG.generalizedTime && digits >= `${FIRST_GENERALIZED_YEAR}`)
  if (!isOfTag || !/^\d{14}Z$/.test(digits)) throw malformed(text)
  const date = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`
  const iso = `${date}T${digits.slice(8, 10)}:${digits.slice(10, 12)}:${digits.slice(12)}`
  const seconds = parseIsoTime(iso)
  // Fields out of range give no time, or one that is written differently.
  if (!Number.isFinite(seconds) || isoTime(seconds) !== iso) throw malformed(text)
  return seconds
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}

function centuryOf(text: string): '19' | '20' {
  return Number(text.slice(0, 2)) >= FIRST_UTC_YEAR % 100 ? '19' : '20'
}

/** The time as certificates write it. Throws RangeError outside of the years 1950 to 9999. */
export function writeTime(seconds: number): Omit<DerElement, 'encoded'> {
  const digits = isoTime(seconds).replaceAll(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  if (seconds < FIRST_SECONDS || seconds > LAST_SECONDS) throw new RangeError(`${seconds} has no DER time`)
  if (year < FIRST_GENERALIZED_YEAR) return { tag: TAG.utcTime, content: utf8(digits.slice(2)) }
  return { tag: TAG.generalizedTime, content: utf8(digits) }
}

function malformed(text: string): Error {
  return derErrors('der.malformed', `not a time of RFC 5280: ${JSON.stringify(text)}`)
}
