import type { Clock, Files, Http } from '../../base/index.ts'
import type { Environment } from './flag-values.ts'

/** Everything that the face touches, so that tests run it within their process. */
export interface CosignIo {
  readonly env: Environment
  readonly clock: Clock
  readonly files: Files
  readonly http: Http
  /** The text as it is, no line break added. */
  stdout(text: string): void
  stderr(text: string): void
  /** Takes the arguments, a raw token among them, out of the system's process list. */
  hideArguments(): void
}
