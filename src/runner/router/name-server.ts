import { concatBytes } from '../../base/index.ts'

const HEADER_BYTES = 12
const MAX_QUERY_BYTES = 512
const MAX_LABEL_BYTES = 63
const QUESTION_TAIL_BYTES = 4
const RESPONSE = 0x80
const RECURSION_DESIRED = 0x01
const OPCODE = 0x78
const RECURSION_AVAILABLE = 0x80
const NAME_ERROR = 3
const A = 1
const ANY = 255
const INTERNET = 1
const TTL_SECONDS = 60
const LOOPBACK = [127, 0, 0, 1]
/** A pointer to the question's name, which stands right behind the header. */
const POINTER = [0xc0, HEADER_BYTES]

export interface NameAnswer {
  readonly reply: Uint8Array
  /** In lower case; whatever the job wrote. */
  readonly name: string
  readonly isKnown: boolean
}

/**
 * The answer to one DNS query (RFC 1035 §4): 127.0.0.1 for the addresses of known names, nothing for what else is asked
 * of them, and that there is no such name for all others; nobody else is asked. Undefined, which drops the datagram,
 * for what is not one plain question of class IN.
 */
export function answerName(query: Uint8Array, isKnown: (name: string) => boolean): NameAnswer | undefined {
  const question = readQuestion(query)
  if (question === undefined) return undefined
  const { name, type, end } = question
  const known = isKnown(name)
  const address = known && (type === A || type === ANY) ? [addressRecord()] : []
  const flags = [
    RESPONSE | ((query[2] ?? 0) & RECURSION_DESIRED),
    RECURSION_AVAILABLE | (known ? 0 : NAME_ERROR),
  ]
  const counts = [0, 1, 0, address.length, 0, 0, 0, 0]
  const header = Uint8Array.from([query[0] ?? 0, query[1] ?? 0, ...flags, ...counts])
  return { reply: concatBytes(header, query.subarray(HEADER_BYTES, end), ...address), name, isKnown: known }
}

interface Question {
  readonly name: string
  readonly type: number
  readonly end: number
}

/** What stands behind the question, an OPT record of EDNS mostly, is not read. */
function readQuestion(query: Uint8Array): Question | undefined {
  if (query.length < HEADER_BYTES || query.length > MAX_QUERY_BYTES) return undefined
  if (((query[2] ?? 0) & (RESPONSE | OPCODE)) !== 0) return undefined
  if (uint16(query, 4) !== 1 || uint16(query, 6) !== 0) return undefined
  const name = readName(query)
  if (name === undefined || query.length < name.end + QUESTION_TAIL_BYTES) return undefined
  if (uint16(query, name.end + 2) !== INTERNET) return undefined
  return { name: name.text, type: uint16(query, name.end), end: name.end + QUESTION_TAIL_BYTES }
}

/** Labels without compression, which no question has. */
function readName(query: Uint8Array): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (;;) {
    const length = query[at]
    if (length === undefined || length > MAX_LABEL_BYTES || at + length >= query.length) return undefined
    if (length === 0) break
    const label = Buffer.from(query.subarray(at + 1, at + 1 + length)).toString('latin1')
    // A stop inside of a label would make another name of it.
    labels.push(label.replaceAll('.', String.raw`\.`))
    at += 1 + length
  }
  return { text: labels.join('.').toLowerCase(), end: at + 1 }
}

function addressRecord(): Uint8Array {
  return Uint8Array.from([
    ...POINTER,
    0,
    A,
    0,
    INTERNET,
    0,
    0,
    0,
    TTL_SECONDS,
    0,
    LOOPBACK.length,
    ...LOOPBACK,
  ])
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
