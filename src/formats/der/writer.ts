import { concatBytes, utf8 } from '../../base/index.ts'
import { contextConstructed, contextPrimitive, TAG } from './tags.ts'
import { writeTime } from './time.ts'

/** One element with its shortest length. */
export function derElement(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return concatBytes(new Uint8Array([tag, ...lengthOctets(length)]), ...content)
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
  return derElement(TAG.oid, new Uint8Array([root * 40 + second, ...rest].flatMap(arcOctets)))
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

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

function arcOctets(arc: number): number[] {
  const octets = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift(0x80 | (rest % 128))
  }
  return octets
}
