import type { Clock, Log } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import type { LogAnswer, PolicyFile, TrustRoot } from '../../verify/index.ts'
import type { FileCache } from '../cache.ts'
import type { GateStore } from '../store.ts'
import type { Upstream } from '../upstream.ts'

/** Whom the seals of an upstream are judged by. Never from what is verified. */
export interface GateTrust {
  readonly trustRoot: TrustRoot
  /** Lower-case hex over all of it: with another one every verdict is another one. */
  readonly rootsSha256: string
  /** When it ends, as a whole; null where nothing says so. */
  readonly untilMs: number | null
}

export interface GateUpstream {
  /** By its configuration; in URLs of files. */
  readonly name: string
  /** In the store: the same for the same URL. */
  readonly key: string
  /** Normalised names and prefixes (`acme-*`) that are its own and nobody else's; left out, every name that is left. */
  readonly names?: readonly string[]
  readonly client: Upstream
  readonly seals: 'provenance' | 'generic' | 'beside' | 'none'
  /** Provenance is asked for at an address of its own, whatever the page says. */
  readonly hasProvenanceUrl: boolean
  /** The newest that is good, never older than one before. */
  readonly trust: () => GateTrust
  /** For a `.sig` and `.crt` without a log entry. */
  readonly askLog: (seal: SealParts, sha256: Uint8Array) => Promise<LogAnswer>
  readonly maxFileBytes: number
  /** `strict`: metadata is never handed out before the wheel was proved. */
  readonly metadata: 'strict' | 'by size'
}

export interface GatePolicy {
  readonly file: PolicyFile
  /** Lower-case hex of the file. */
  readonly sha256: string
  /** As people know it. */
  readonly path: string
  /** Why a newer file could not be taken, so that this one still counts. */
  readonly broken?: string
}

export type GateMode = 'enforce' | 'warn' | 'off'

export interface GateParts {
  readonly name: string
  readonly mode: GateMode
  /** By which clients reach it, without a slash at the end: in the sentences of refusals. */
  readonly url: string
  /** The first whose names fit takes a name; the last may take all. */
  readonly upstreams: readonly GateUpstream[]
  readonly policy: () => GatePolicy
  readonly staleForMs: number
  /** Why the clock is not believed; null where it is. */
  readonly clockFact: () => string | null
  readonly store: GateStore
  readonly cache: FileCache
  readonly clock: Clock
  readonly log: Log
}
