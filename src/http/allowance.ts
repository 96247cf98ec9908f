/** Something that takes memory until its client goes on. */
export interface Holder {
  readonly heldBytes: number
  cut(): void
}

/** What clients may hold together. A quick one holds little and not for long; who holds most is cut first. */
export class Allowance {
  readonly #holders = new Set<Holder>()
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(holder: Holder): void {
    this.#holders.add(holder)
  }

  delete(holder: Holder): void {
    this.#holders.delete(holder)
  }

  /** To be called when something has grown. Of those that hold the same, the oldest is cut first. */
  enforce(): void {
    let sum = 0
    for (const { heldBytes } of this.#holders) sum += heldBytes
    if (sum <= this.#maxBytes) return
    for (const holder of [...this.#holders].toSorted((a, b) => b.heldBytes - a.heldBytes)) {
      if (sum <= this.#maxBytes) return
      sum -= holder.heldBytes
      this.#holders.delete(holder)
      holder.cut()
    }
  }
}
