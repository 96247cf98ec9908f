/** More of what git says while it works is left out. */
const MAX_WAITING_BYTES = 1 << 20

/** Bytes for a client that may read slowly, or not at all: whoever writes them never waits. */
export class Screen implements AsyncIterable<Uint8Array> {
  readonly #waiting: Uint8Array[] = []
  #size = 0
  #state: 'open' | 'ended' | 'failed' = 'open'
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
    if (this.#state === 'open') this.#state = 'ended'
    this.#wake()
  }

  /** The answer is cut: its client must not take it for a whole one. */
  fail(): void {
    this.#state = 'failed'
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = this.#waiting.shift()
      if (bytes !== undefined) {
        this.#size -= bytes.length
        yield bytes
      } else if (this.#state === 'failed') throw new Error('the push has failed')
      else if (this.#state === 'ended') return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
