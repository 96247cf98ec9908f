import type { VerifyIo } from '../verify/index.ts'

/** Everything that a fetch touches, besides the output folder. */
export interface FetchIo extends VerifyIo {
  /** Ends the command; nothing that is not verified stays. */
  readonly signal: AbortSignal
  /** Is told how many files there are, once that is known. */
  readonly onFiles?: (count: number) => void
  readonly onEach?: () => void
}
