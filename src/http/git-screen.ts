/** More of what git says while it works is left out. */
const MAX_WAITING_BYTES = 1 << 20

/** Bytes for a client that may read slowly, or not at all: whoever writes them never waits. */
export class Screen implements AsyncIterable<Uint8Array> {
  readonly #waiting: Uint8Array[] = []
  #size = 0
  #isEnded = false
  #wake: () => void = () => undefined

  /** What is only nice to see. */
  show(bytes: Uint8Array): void {
    if (this.#size <= MAX_WAITING_BYTES) this.add(bytes)
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#size += bytes.length
    this.#waiting.push(bytes)
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = this.#waiting.shift()
      if (bytes !== undefined) {
        this.#size -= bytes.length
        yield bytes
      } else if (this.#isEnded) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
