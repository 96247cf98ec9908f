const FIRST_BYTES = 4096

/** Joins parts as they come, however many and however small: each is copied, none is kept. */
export class GrowingBytes {
  #room = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What it costs in memory. */
  get capacity(): number {
    return this.#room.length
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length
    if (length > this.#room.length) this.#grow(length)
    this.#room.set(part, this.#length)
    this.#length = length
  }

  /** A view; what is added later does not change it. */
  bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length)
  }

  /** Twice as large each time, so that all copies together cost no more than the bytes do. */
  #grow(atLeast: number): void {
    const room = new Uint8Array(Math.max(FIRST_BYTES, 2 * this.#room.length, atLeast))
    room.set(this.bytes())
    this.#room = room
  }
}
