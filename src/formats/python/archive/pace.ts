import { setImmediate } from 'node:timers/promises'

const TURN = 2 ** 20

/** Lets everything else of the process have a turn in the middle of long work: a few milliseconds of it at a time. */
export class Pace {
  #spent = 0

  /** About as much as that many bytes cost to decompress. */
  async spend(bytes: number): Promise<void> {
    this.#spent += bytes
    if (this.#spent < TURN) return
    this.#spent = 0
    await setImmediate()
  }
}

/** What one name of many costs. */
export const PER_NAME = 2048
