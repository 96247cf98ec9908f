import type { Project } from '../../access/index.ts'
import type { Blobs, Clock, Log } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import type { LogAnswer, TrustRoot } from '../../verify/index.ts'
import type { RegistryStore } from '../store.ts'
import type { RuleParts } from './rule.ts'
import type { SealStore } from './store.ts'

/** Asks a log for the entry of a signature over a digest, where the seal has none of its own. */
export interface LogEntries {
  /**
   * With `refusal` where there was no answer: then nothing is known. Never rejects for what a log answers, nor for one
   * that does not.
   */
  find(seal: SealParts, sha256: Uint8Array): Promise<LogAnswer>
}

/** Whom the server trusts, by its own configuration. */
export interface ConfiguredRoot {
  readonly trustRoot: TrustRoot
  readonly logEntries: LogEntries
}

export interface SealServices extends RuleParts {
  readonly store: SealStore
  /** By id; to go on with what an earlier process began. */
  readonly projectOf: (id: number) => Promise<Project | undefined>
  /** The server's own first; a seal must hold under one of them alone. */
  readonly roots: readonly ConfiguredRoot[]
  /** Of all of them: with others every verdict is another one. */
  readonly rootsSha256: string
}

/** What the parts of this folder share. */
export interface SealContext extends SealServices {
  readonly files: RegistryStore
  readonly blobs: Blobs
  readonly clock: Clock
  readonly log: Log
}
