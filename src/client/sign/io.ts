import type { Entropy } from '../../base/index.ts'
import type { TokenIdentity } from '../../sign/index.ts'
import type { VerifyIo } from '../verify/index.ts'

/** Everything that a signing touches. */
export interface SignIo extends VerifyIo {
  readonly entropy: Entropy
}

/** What is told while a call is under way. */
export interface SignEvents {
  /** For whom the token speaks; before anybody is asked. */
  readonly onToken: (identity: TokenIdentity) => void
  /** How many seals or attestations are going to be made. */
  readonly onBegin: (total: number) => void
  /** One of them is made. */
  readonly onEach: () => void
}
