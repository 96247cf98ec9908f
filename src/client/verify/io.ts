import type { Clock, Files, Http } from '../../base/index.ts'

/** Everything that a verification touches. */
export interface VerifyIo {
  readonly files: Files
  /** Of the process; touched only where a file or the token is `-`: a job's script may come by it too. */
  readonly standardInput: () => AsyncIterable<Uint8Array>
  readonly http: Http
  readonly clock: Clock
  /** The user's, for trust roots that were fetched. */
  readonly cacheFolder: string
  /** Is told, in a sentence, what decides nothing and somebody should know. */
  readonly note?: (text: string) => void
}
