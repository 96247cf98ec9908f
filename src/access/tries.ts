import type { Clock } from '../base/index.ts'
import { accessErrors } from './errors.ts'

/** How many wrong credentials one minute takes. A token has 192 random bits: it is the load that is limited. */
export interface TryLimits {
  /** Of one wrong token from one address. */
  readonly perToken: number
  /** Of all wrong tokens from one address. */
  readonly perAddress: number
  /** Addresses and tokens that are remembered; of more, the oldest are forgotten. */
  readonly remembered: number
}

const TRY_LIMITS: TryLimits = { perToken: 60, perAddress: 300, remembered: 20_000 }

const WINDOW_MS = 60_000
/** So long a token that was right still is let in from its address, whoever guesses beside it. */
const KNOWN_MS = 60 * 60_000

interface Count {
  failures: number
  readonly untilMs: number
}

/**
 * Wrong credentials by token and address, in memory. Only who fails is counted, and only for the address that it came
 * from: nobody can lock out a token anywhere else, and not even beside himself one that was right there before.
 */
export class FailedTries {
  readonly #tokens = new Map<string, Count>()
  readonly #addresses = new Map<string, Count>()
  readonly #known = new Map<string, number>()
  readonly #clock: Clock
  readonly #limits: TryLimits

  constructor(clock: Clock, limits: TryLimits = TRY_LIMITS) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Milliseconds until the next try; 0 where it may be made now. */
  waitMs(address: string, hash: string): number {
    const nowMs = this.#clock.nowMs()
    const pair = `${address} ${hash}`
    const { perToken, perAddress } = this.#limits
    const own = waitOf(this.#tokens.get(pair), perToken, nowMs)
    if (own > 0) return own
    if ((this.#known.get(pair) ?? 0) > nowMs) return 0
    return waitOf(this.#addresses.get(address), perAddress, nowMs)
  }

  /** Throws `access.too-many-tries`. */
  check(address: string, hash: string): void {
    const waitMs = this.waitMs(address, hash)
    if (waitMs === 0) return
    throw accessErrors('access.too-many-tries', 'too many wrong credentials came from this address', {
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    })
  }

  fail(address: string, hash: string): void {
    const pair = `${address} ${hash}`
    this.#known.delete(pair)
    this.#count(this.#tokens, pair)
    this.#count(this.#addresses, address)
  }

  succeed(address: string, hash: string): void {
    const pair = `${address} ${hash}`
    const nowMs = this.#clock.nowMs()
    if ((this.#known.get(pair) ?? 0) > nowMs + KNOWN_MS / 2) return
    this.#known.delete(pair)
    this.#makeRoom(this.#known)
    this.#known.set(pair, nowMs + KNOWN_MS)
  }

  #count(counts: Map<string, Count>, key: string): void {
    const nowMs = this.#clock.nowMs()
    const current = counts.get(key)
    if (current !== undefined && current.untilMs > nowMs) {
      current.failures += 1
      return
    }
    counts.delete(key)
    this.#makeRoom(counts)
    counts.set(key, { failures: 1, untilMs: nowMs + WINDOW_MS })
  }

  #makeRoom(table: Map<string, unknown>): void {
    if (table.size < this.#limits.remembered) return
    const [oldest] = table.keys()
    if (oldest !== undefined) table.delete(oldest)
  }
}

function waitOf(count: Count | undefined, limit: number, nowMs: number): number {
  return count === undefined || count.failures < limit ? 0 : Math.max(0, count.untilMs - nowMs)
}
