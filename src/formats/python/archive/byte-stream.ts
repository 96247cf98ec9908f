/** Takes bytes in the portions that a format has, out of the portions in which they come. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Fewer than `length` only at the end. */
  async take(length: number): Promise<Uint8Array> {
    if (this.#chunk.length >= length) return this.#cut(length)
    const whole = new Uint8Array(length)
    let at = 0
    for await (const part of this.stream(length)) {
      whole.set(part, at)
      at += part.length
    }
    return whole.subarray(0, at)
  }

  async *stream(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      if (this.#chunk.length === 0 && !(await this.#next())) return
      const part = this.#cut(Math.min(left, this.#chunk.length))
      left -= part.length
      yield part
    }
  }

  /** Whoever made the bytes stops. */
  async end(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done === true) return false
    this.#chunk = value
    return true
  }

  #cut(length: number): Uint8Array {
    const part = this.#chunk.subarray(0, length)
    this.#chunk = this.#chunk.subarray(length)
    return part
  }
}
