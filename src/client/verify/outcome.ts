import type { WheelsealError } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import type { Check, Verdict } from '../../verify/index.ts'

/** What is said of one file. */
export interface FileOutcome {
  /** As it was given. */
  readonly file: string
  readonly sha256?: string
  readonly verified: boolean
  /** The code of the refusal; empty when verified. */
  readonly reason: string
  /** One sentence, lower case, without a stop. */
  readonly message: string
  readonly hint?: string
  /** That decides; none where the seal could not be read. */
  readonly verdict?: Verdict
  readonly checks: readonly Check[]
  /** The files of all seals that were checked, that which decides first. */
  readonly seal: readonly string[]
  /** Files beside it that belong to a seal and were not checked: half a pair, what is no affair of a key. */
  readonly notChecked?: readonly string[]
  /** Of `seal`, the files that hold beside the first. */
  readonly also?: readonly string[]
  /** In a provenance object, where there are several; the verdict is that of the first that is refused, else of the first. */
  readonly attestations?: number
  /** The log that was asked for the entry. */
  readonly askedLog?: string
  /** With the entry of that log, once verified. */
  readonly loggedSeal?: SealParts
}

export function refusal(
  name: string,
  { code, message, hint }: WheelsealError,
): Pick<FileOutcome, 'verified' | 'reason' | 'message' | 'hint'> & { readonly verified: false } {
  const fact = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message
  return { verified: false, reason: code, message: `${name} is refused: ${fact} [${code}]`, hint }
}
