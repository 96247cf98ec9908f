import { baseErrors } from '../errors.ts'

/** Reads big-endian fields from bytes that an enemy may have written. Every read is checked; throws `base.truncated`. */
export class Cursor {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  /** A copy-free view of the next `length` bytes. */
  take(length: number): Uint8Array {
    if (length > this.remaining) {
      throw baseErrors('base.truncated', `expected ${length} more bytes, found ${this.remaining}`)
    }
    const view = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return view
  }

  /** An unsigned integer of 1 to 6 bytes. */
  uint(width: 1 | 2 | 3 | 4 | 5 | 6): number {
    return this.take(width).reduce((value, byte) => value * 256 + byte, 0)
  }

  uint64(): bigint {
    return this.take(8).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
  }

  /** A TLS vector: a length of `width` bytes, then that many bytes (RFC 8446 §3.4). */
  vector(width: 1 | 2 | 3): Uint8Array {
    return this.take(this.uint(width))
  }

  /** Throws when bytes are left over: a structure has one spelling. */
  end(): void {
    if (this.remaining !== 0) throw baseErrors('base.trailing', `${this.remaining} extra bytes at the end`)
  }
}
