import { bytesEqual, concatBytes, utf8 } from '../../base/index.ts'
import { derElement, DerReader, derTime, readTime, TAG, type DerElement } from '../der/index.ts'
import { malformed } from './errors.ts'

const UTC_TIME_BYTES = 'YYMMDDHHMMSSZ'.length
const GENERALIZED_TIME_BYTES = 'YYYYMMDDHHMMSSZ'.length

/** `YYYYMMDDHHMMSSZ` in every year, where certificates write UTCTime before 2050 (RFC 3161 §2.4.2). */
export function derGeneralizedTime(seconds: number): Uint8Array {
  const { tag, content } = new DerReader(derTime(seconds)).read()
  if (tag === TAG.generalizedTime) return derElement(tag, content)
  const century = Buffer.from(content).toString('latin1') >= '5' ? '19' : '20'
  return derElement(TAG.generalizedTime, concatBytes(utf8(century), content))
}

/** Whole seconds since the Unix epoch. A fraction of a second, which no Sigstore authority writes, is refused. */
export function readGeneralizedTime({ content, encoded }: DerElement): number {
  if (content.length !== GENERALIZED_TIME_BYTES) throw malformed('a time that is not YYYYMMDDHHMMSSZ')
  const isUtcYear = Buffer.from(content).toString('latin1') < '2050'
  const seconds = readTime(
    isUtcYear
      ? { tag: TAG.utcTime, content: content.subarray(-UTC_TIME_BYTES), encoded }
      : { tag: TAG.generalizedTime, content, encoded },
  )
  if (!bytesEqual(derGeneralizedTime(seconds), encoded)) throw malformed('a time outside of 1950 to 9999')
  return seconds
}
