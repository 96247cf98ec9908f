import type { KeyObject } from 'node:crypto'
import type { Clock, Http, Log } from '../../base/index.ts'
import type { TokenKeys } from '../../identity/index.ts'
import { fetchKeys } from './discovery.ts'
import { authorityErrors } from './errors.ts'

export interface DiscoveryParts {
  /** The issuer's, as in the claim `iss`. */
  readonly url: string
  readonly http: Http
  readonly clock: Clock
  readonly log: Log
}

export interface DiscoveredKeys {
  readonly keys: TokenKeys
  /** Fetches the keys where none are known, so that a mistake shows at the start. Never rejects. */
  readonly warmUp: () => Promise<void>
}

/** Up to this age keys are used as they are; then they are fetched anew while the old ones still count. */
const FRESH_MS = 15 * 60_000
/** From this age on a token waits for them: an idle server would take the token of a key that was withdrawn long ago. */
const STALE_MS = 60 * 60_000
/** An issuer that has not been reached for so long may have withdrawn its keys: they count no more. */
const MAX_AGE_MS = 24 * 60 * 60_000
/** Tokens with invented key ids make the issuer be asked no more often than this. */
const PAUSE_MS = 30_000
const PAUSE_AFTER_FAILURE_MS = 5_000

interface KeySet {
  readonly keys: ReadonlyMap<string, KeyObject>
  readonly fetchedAtMs: number
}

type Outcome = { readonly keySet: KeySet } | { readonly error: unknown }

/**
 * The keys of an issuer by OpenID Connect Discovery, kept in memory. One fetch at a time, for all that wait for it, and then
 * none for 30 seconds. `keys` rejects with `authority.issuer-keys` when there are none that still count.
 */
export function createDiscoveredKeys(parts: DiscoveryParts): DiscoveredKeys {
  const cache = new KeyCache(parts)
  return {
    keys: (keyId) => cache.find(keyId),
    warmUp: async () => {
      await cache.find('').catch(() => undefined)
    },
  }
}

class KeyCache {
  readonly #parts: DiscoveryParts
  #known: KeySet | undefined
  #last: Promise<Outcome> | undefined
  /** Infinite while a fetch is under way. */
  #restsUntilMs = 0

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
  }

  async find(keyId: string): Promise<KeyObject | undefined> {
    const known = this.#usable()
    const key = known?.keys.get(keyId)
    if (known === undefined || key === undefined || this.#ageMs(known) >= STALE_MS)
      return (await this.#newest()).keys.get(keyId)
    if (this.#ageMs(known) >= FRESH_MS) void this.#fetch()
    return key
  }

  #usable(): KeySet | undefined {
    return this.#known !== undefined && this.#ageMs(this.#known) < MAX_AGE_MS ? this.#known : undefined
  }

  #ageMs({ fetchedAtMs }: KeySet): number {
    return this.#parts.clock.nowMs() - fetchedAtMs
  }

  /** What the fetch that is due gives; where it fails, the keys that still count. */
  async #newest(): Promise<KeySet> {
    const outcome = await this.#fetch()
    if ('keySet' in outcome && this.#ageMs(outcome.keySet) < MAX_AGE_MS) return outcome.keySet
    const known = this.#usable()
    if (known !== undefined) return known
    const cause = 'error' in outcome ? outcome.error : undefined
    // Callers need no account: why it failed, with addresses of proxies and hosts, stands in the log only.
    throw authorityErrors('authority.issuer-keys', `the keys of ${this.#parts.url} could not be fetched`, {
      cause,
    })
  }

  /** The fetch under way, or the last one while nothing may be asked again, or a new one. Never rejects. */
  #fetch(): Promise<Outcome> {
    if (this.#last === undefined || this.#parts.clock.nowMs() >= this.#restsUntilMs) {
      this.#restsUntilMs = Number.POSITIVE_INFINITY
      this.#last = this.#fetchNow()
    }
    return this.#last
  }

  async #fetchNow(): Promise<Outcome> {
    const { url, http, clock, log } = this.#parts
    try {
      const keySet = { keys: await fetchKeys(url, http), fetchedAtMs: clock.nowMs() }
      this.#known = keySet
      this.#restsUntilMs = clock.nowMs() + PAUSE_MS
      log.event('issuer.keys-fetched', { issuer: url, keys: keySet.keys.size })
      return { keySet }
    } catch (error) {
      this.#restsUntilMs = clock.nowMs() + PAUSE_AFTER_FAILURE_MS
      log.failure('issuer.keys-not-fetched', error, { issuer: url })
      return { error }
    }
  }
}
