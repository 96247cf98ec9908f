import { derErrors } from './errors.ts'
import { TAG } from './tags.ts'

export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  /** Identifier, length and content, as they stand in the input. */
  readonly encoded: Uint8Array
}

const MAX_DEPTH = 32
const MAX_LENGTH_OCTETS = 3
const HIGH_TAG_NUMBER = 0x1f
const LONG_FORM = 0x80

/**
 * Walks the elements of one level. Definite lengths in their shortest form and single-octet tags only (X.690 §10.1);
 * views into the input, no copies. Everything throws `der.malformed`.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #depth: number
  #offset = 0

  constructor(bytes: Uint8Array, depth = 0) {
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH} levels`)
    this.#bytes = bytes
    this.#depth = depth
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** The next element's tag, without reading it; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset]
  }

  /** The next element, of any tag or of the one that must stand here. */
  read(tag?: number): DerElement {
    const start = this.#offset
    const found = this.#octet()
    if (tag !== undefined && found !== tag) throw malformed(`tag ${hex(found)} in place of ${hex(tag)}`)
    if ((found & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER) throw malformed('a tag number above 30')
    const length = this.#length()
    const contentStart = this.#offset
    if (length > this.#bytes.length - contentStart)
      throw malformed('an element is longer than the element around it')
    this.#offset = contentStart + length
    return {
      tag: found,
      content: this.#bytes.subarray(contentStart, this.#offset),
      encoded: this.#bytes.subarray(start, this.#offset),
    }
  }

  readOptional(tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.read(tag) : undefined
  }

  /** A reader over the content of the next element. The caller ends it with `end()`. */
  enter(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.read(tag).content, this.#depth + 1)
  }

  enterOptional(tag: number): DerReader | undefined {
    return this.nextTag === tag ? this.enter(tag) : undefined
  }

  /** Throws when elements are left over. */
  end(): void {
    if (!this.isAtEnd) throw malformed(`${this.#bytes.length - this.#offset} extra bytes at the end`)
  }

  #octet(): number {
    const octet = this.#bytes[this.#offset]
    if (octet === undefined) throw malformed('the data ends too early')
    this.#offset += 1
    return octet
  }

  #length(): number {
    const first = this.#octet()
    if (first < LONG_FORM) return first
    const octets = first - LONG_FORM
    if (octets === 0 || octets > MAX_LENGTH_OCTETS)
      throw malformed('a length that is indefinite or too large')
    let length = 0
    for (let read = 0; read < octets; read += 1) length = length * 256 + this.#octet()
    if (length < LONG_FORM || length < 256 ** (octets - 1))
      throw malformed('a length not in its shortest form')
    return length
  }
}

/** Reads `bytes` as exactly one element with `tag` and lets `read` consume its content to the end. */
export function readDer<Value>(bytes: Uint8Array, read: (content: DerReader) => Value, tag?: number): Value {
  const outer = new DerReader(bytes)
  const content = outer.enter(tag)
  outer.end()
  const value = read(content)
  content.end()
  return value
}

function malformed(fact: string): Error {
  return derErrors('der.malformed', fact)
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`
}
