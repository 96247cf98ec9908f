import {
  DerReader,
  readNamedBits,
  readSmallInteger,
  readUtf8String,
  TAG,
  type DerElement,
} from '../der/index.ts'
import { malformed } from './errors.ts'

/** PKIStatus (RFC 3161 §2.4.2). */
export const STATUS = { granted: 0, rejection: 2 } as const

/** PKIFailureInfo: the number of the bit. */
export const FAILURE_BITS = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const
export type TimestampFailure = keyof typeof FAILURE_BITS

export interface TimestampStatus {
  readonly status: number
  /** Written by the authority, for people; joined by `; `. */
  readonly text: string
  readonly failures: readonly TimestampFailure[]
}

const MAX_TEXTS = 8
const NAMES = Object.keys(FAILURE_BITS) as readonly TimestampFailure[]

export function readStatus({ content }: DerElement): TimestampStatus {
  const fields = new DerReader(content)
  const status = readSmallInteger(fields.read(TAG.integer))
  const texts = fields.enterOptional(TAG.sequence)
  const text = texts === undefined ? '' : readTexts(texts)
  const bits = fields.readOptional(TAG.bitString)
  fields.end()
  const set = bits === undefined ? new Set<number>() : readNamedBits(bits)
  return { status, text, failures: NAMES.filter((name) => set.has(FAILURE_BITS[name])) }
}

function readTexts(list: DerReader): string {
  const texts: string[] = []
  while (!list.isAtEnd && texts.length < MAX_TEXTS) texts.push(readUtf8String(list.read(TAG.utf8String)))
  if (!list.isAtEnd) throw malformed(`more than ${MAX_TEXTS} status texts`)
  return texts.join('; ')
}
