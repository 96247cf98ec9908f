import { utf8 } from '../../base/index.ts'
import { contextConstructed, contextPrimitive, TAG } from './tags.ts'
import { writeTime } from './time.ts'

/** One element with its shortest length. */
export function derElement(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of content) length += part.length
  let offset = 1 + lengthSize(length)
  const element = new Uint8Array(offset + length)
  element[0] = tag
  writeLength(element, length, offset)
  for (const part of content) {
    element.set(part, offset)
    offset += part.length
  }
  return element
}

export function derSequence(...content: readonly Uint8Array[]): Uint8Array {
  return derElement(TAG.sequence, ...content)
}

export function derSet(...content: readonly Uint8Array[]): Uint8Array {
  return derElement(TAG.set, ...content)
}

/** `[number] EXPLICIT`. */
export function derExplicit(number: number, ...content: readonly Uint8Array[]): Uint8Array {
  return derElement(contextConstructed(number), ...content)
}

/** `[number] IMPLICIT` of a primitive type. */
export function derImplicit(number: number, content: Uint8Array): Uint8Array {
  return derElement(contextPrimitive(number), content)
}

/** A non-negative INTEGER from its big-endian magnitude. */
export function derUnsigned(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((octet) => octet !== 0)
  const significant = start === -1 ? new Uint8Array([0]) : magnitude.subarray(start)
  const needsZero = (significant[0] ?? 0) >= 0x80
  return derElement(TAG.integer, ...(needsZero ? [new Uint8Array([0])] : []), significant)
}

/** An INTEGER from 0 to 255. */
export function derSmallInteger(value: number): Uint8Array {
  return derUnsigned(new Uint8Array([value]))
}

export function derBoolean(value: boolean): Uint8Array {
  return derElement(TAG.boolean, new Uint8Array([value ? 0xff : 0]))
}

export function derNull(): Uint8Array {
  return derElement(TAG.null)
}

export function derOid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets: number[] = []
  for (const arc of [root * 40 + second, ...rest]) pushArc(octets, arc)
  return derElement(TAG.oid, Uint8Array.from(octets))
}

export function derOctetString(...content: readonly Uint8Array[]): Uint8Array {
  return derElement(TAG.octetString, ...content)
}

export function derBitString(octets: Uint8Array, unusedBits = 0): Uint8Array {
  return derElement(TAG.bitString, new Uint8Array([unusedBits]), octets)
}

/** A named bit list, without trailing zero bits. At least one bit must be set. */
export function derNamedBits(bits: readonly number[]): Uint8Array {
  const last = Math.max(...bits)
  const octets = new Uint8Array(Math.floor(last / 8) + 1)
  for (const bit of bits)
    octets[Math.floor(bit / 8)] = (octets[Math.floor(bit / 8)] ?? 0) | (0x80 >> (bit % 8))
  return derBitString(octets, 7 - (last % 8))
}

export function derUtf8String(text: string): Uint8Array {
  return derElement(TAG.utf8String, utf8(text))
}

export function derTime(seconds: number): Uint8Array {
  const { tag, content } = writeTime(seconds)
  return derElement(tag, content)
}

/** The octets that the length takes: one, or one and those of the number. */
function lengthSize(length: number): number {
  let size = 1
  if (length >= 0x80) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size += 1
  return size
}

/** Into the octets between the tag and `end`. */
function writeLength(element: Uint8Array, length: number, end: number): void {
  if (length < 0x80) {
    element[1] = length
    return
  }
  element[1] = 0x80 | (end - 2)
  for (let at = end - 1, rest = length; at > 1; at -= 1, rest = Math.floor(rest / 256))
    element[at] = rest % 256
}

/** Seven bits to the octet, the top bit on all but the last. */
function pushArc(octets: number[], arc: number): void {
  const start = octets.length
  octets.push(arc % 128)
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.splice(start, 0, 0x80 | (rest % 128))
  }
}
