import { encodeHex, utf8Decode } from '../../base/index.ts'
import { derErrors } from './errors.ts'
import type { DerElement } from './reader.ts'

const MAX_OID_BYTES = 64
const CONTINUES = 0x80
/** Enough for every arc below 2^28; larger ones would need care with precision. */
const MAX_ARC_OCTETS = 4

/** Dotted decimal. */
export function readOid({ content }: DerElement): string {
  if (content.length === 0 || content.length > MAX_OID_BYTES)
    throw malformed('an object identifier that is empty or too long')
  let dotted = ''
  let arc = 0
  let octets = 0
  for (const octet of content) {
    if (octets === 0 && octet === CONTINUES) throw malformed('an object identifier not in its shortest form')
    arc = arc * 128 + (octet & 0x7f)
    octets += 1
    if (octets > MAX_ARC_OCTETS) throw malformed('an object identifier with an arc above 2^28')
    if (octet < CONTINUES) {
      dotted += dotted === '' ? firstArcs(arc) : `.${arc}`
      ;[arc, octets] = [0, 0]
    }
  }
  if (octets !== 0) throw malformed('an object identifier that ends inside an arc')
  return dotted
}

/** X.690 §8.19.4: two arcs in one. */
function firstArcs(both: number): string {
  const root = Math.min(Math.floor(both / 40), 2)
  return `${root}.${both - root * 40}`
}

/** The magnitude of an INTEGER that must not be negative, without the leading zero octet of the encoding. */
export function readUnsigned({ content }: DerElement): Uint8Array {
  const [first, second] = content
  if (first === undefined) throw malformed('an integer without octets')
  if (first >= 0x80) throw malformed('a negative integer')
  if (first !== 0 || second === undefined) return content
  if (second < 0x80) throw malformed('an integer not in its shortest form')
  return content.subarray(1)
}

/** An INTEGER from 0 to 2^31 - 1. */
export function readSmallInteger(element: DerElement): number {
  const magnitude = readUnsigned(element)
  const value = Number.parseInt(encodeHex(magnitude), 16)
  if (magnitude.length > 4 || value > 0x7f_ff_ff_ff) throw malformed('an integer above 2^31 - 1')
  return value
}

export function readBoolean({ content }: DerElement): boolean {
  const [value] = content
  if (content.length !== 1 || (value !== 0 && value !== 0xff))
    throw malformed('a boolean that is neither 00 nor ff')
  return value === 0xff
}

/** A BIT STRING that holds whole octets. */
export function readOctetsOfBits(element: DerElement): Uint8Array {
  if (element.content[0] !== 0) throw malformed('a bit string that does not hold whole octets')
  return element.content.subarray(1)
}

/** The numbers of the bits that are set in a named bit list, which ends with a set bit (X.690 §11.2.2). */
export function readNamedBits({ content }: DerElement): ReadonlySet<number> {
  const [unused, ...octets] = content
  if (unused === undefined || unused > 7 || (octets.length === 0 && unused !== 0))
    throw malformed('not a bit string')
  const bits = octets.flatMap((octet, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (octet & (0x80 >> bit)) !== 0).map((bit) => index * 8 + bit),
  )
  const last = octets.length * 8 - unused - 1
  if (octets.length > 0 && bits.at(-1) !== last) throw malformed('a named bit list with trailing zero bits')
  return new Set(bits)
}

export function readUtf8String({ content }: DerElement): string {
  try {
    return utf8Decode(content)
  } catch (cause) {
    throw derErrors('der.malformed', 'a text that is not UTF-8', { cause })
  }
}

/** Printable ASCII only: a NUL or line break in a name serves nobody but an attacker. */
export function readVisibleAscii({ content }: DerElement): string {
  if (content.some((octet) => octet < 0x20 || octet > 0x7e))
    throw malformed('a name with characters that are not printable ASCII')
  return utf8Decode(content)
}

export function readNull({ content }: DerElement): void {
  if (content.length > 0) throw malformed('a NULL with content')
}

function malformed(fact: string): Error {
  return derErrors('der.malformed', fact)
}
