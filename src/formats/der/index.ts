/**
 * DER (X.690): reads one spelling of each value and writes the same.
 *
 * `readDer(bytes, (content) => …)` opens a SEQUENCE that is the whole input and refuses what the callback leaves
 * unread; inside, `DerReader` walks the elements in the order of their schema. The `read…` functions decode one
 * element, the `der…` functions encode one. Lengths are definite and shortest, tags are one octet, nesting ends at 32
 * levels, an element at 16 MiB; every refusal is `der.malformed`. BER, sets in sorted order and REAL are not here.
 */
export { DerReader, readDer, type DerElement } from './reader.ts'
export { contextConstructed, contextPrimitive, TAG } from './tags.ts'
export { readTime } from './time.ts'
export {
  readBoolean,
  readNamedBits,
  readNull,
  readOctetsOfBits,
  readOid,
  readSmallInteger,
  readUnsigned,
  readUtf8String,
  readVisibleAscii,
} from './values.ts'
export {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derImplicit,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derTime,
  derUnsigned,
  derUtf8String,
} from './writer.ts'
