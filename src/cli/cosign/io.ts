import type { VerifyIo } from '../../client/verify/index.ts'
import type { Entropy } from '../../base/index.ts'
import type { Environment } from './flag-values.ts'

export interface Output {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Everything that the face touches, so that tests run it within their process. */
export interface CosignIo extends VerifyIo {
  readonly env: Environment
  readonly entropy: Entropy
  /** The user's, for the repository that `initialize` chose. */
  readonly dataFolder: string
  /**
   * All or none, as cosign writes its files: a new one for the owner alone, an old one with its mode, through a link,
   * a device or pipe as it is. Throws `cosign.output`, `client.sign-write`.
   */
  writeOutputs(outputs: readonly Output[]): Promise<void>
  /** Text or bytes as they are, no line break added. */
  stdout(content: string | Uint8Array): void
  stderr(text: string): void
  /** Takes the arguments, a raw token among them, out of the system's process list. */
  hideArguments(): void
}
