import { encodeBase64Url, sha256Hex, type Clock, type Entropy, type Secret } from '../base/index.ts'

/** How long a login lasts, in milliseconds. */
export const SESSION_MS = 8 * 60 * 60_000
const ID_BYTES = 32

export interface SessionLimits {
  /** Of all tokens; of more, the oldest end. */
  readonly all: number
  /** Of one token, so that nobody who has one ends the sessions of others. */
  readonly ofOneToken: number
}

const LIMITS: SessionLimits = { all: 10_000, ofOneToken: 10 }

interface Session {
  readonly token: Secret
  readonly tokenId: number
  readonly endsAtMs: number
}

/**
 * Who is logged in, in memory: a restart ends all sessions. A session holds the token itself, so that each request is
 * as good as the token is then. Its id is kept as a hash.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>()
  readonly #ofToken = new Map<number, Set<string>>()
  readonly #ports: { readonly clock: Clock; readonly entropy: Entropy }
  readonly #limits: SessionLimits

  constructor(ports: { readonly clock: Clock; readonly entropy: Entropy }, limits: SessionLimits = LIMITS) {
    this.#ports = ports
    this.#limits = limits
  }

  /** The id of a new session. */
  open(token: Secret, tokenId: number): string {
    const { clock, entropy } = this.#ports
    const id = encodeBase64Url(entropy.bytes(ID_BYTES))
    const key = keyOf(id)
    this.#makeRoom(tokenId)
    this.#sessions.set(key, { token, tokenId, endsAtMs: clock.nowMs() + SESSION_MS })
    const own = this.#ofToken.get(tokenId) ?? new Set<string>()
    this.#ofToken.set(tokenId, own.add(key))
    return id
  }

  /** Undefined for what is none, or has ended. */
  tokenOf(id: string): Secret | undefined {
    const session = this.#sessions.get(keyOf(id))
    if (session === undefined || session.endsAtMs > this.#ports.clock.nowMs()) return session?.token
    this.close(id)
    return undefined
  }

  close(id: string): void {
    this.#remove(keyOf(id))
  }

  #makeRoom(tokenId: number): void {
    const own = this.#ofToken.get(tokenId)
    const [oldestOwn] = own ?? []
    if (own !== undefined && own.size >= this.#limits.ofOneToken) this.#remove(oldestOwn)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size >= this.#limits.all) this.#remove(oldest)
  }

  #remove(key: string | undefined): void {
    const session = key === undefined ? undefined : this.#sessions.get(key)
    if (key === undefined || session === undefined) return
    this.#sessions.delete(key)
    const own = this.#ofToken.get(session.tokenId)
    own?.delete(key)
    if (own?.size === 0) this.#ofToken.delete(session.tokenId)
  }
}

/** Of the same length whatever a client sends. */
function keyOf(id: string): string {
  return sha256Hex(id)
}
