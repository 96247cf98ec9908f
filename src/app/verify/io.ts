import type { Clock, Files, Http } from '../../base/index.ts'

/** Everything that a verification touches. */
export interface VerifyIo {
  readonly files: Files
  readonly http: Http
  readonly clock: Clock
  /** The user's, for trust roots that were fetched. */
  readonly cacheFolder: string
}
