import type { SealParts } from '../../formats/sigstore/index.ts'
import type { Check, Explained, Verdict } from '../../verify/index.ts'

/** What is said of one file. */
export interface FileOutcome extends Explained {
  /** As it was given. */
  readonly file: string
  readonly sha256?: string
  /** That decides; none where the seal could not be read. */
  readonly verdict?: Verdict
  /** Of all seals that were judged, in no order. */
  readonly verdicts?: readonly Verdict[]
  readonly checks: readonly Check[]
  /** The files of all seals that were checked, that which decides first. */
  readonly seal: readonly string[]
  /** Files beside it that belong to a seal and were not checked: half a pair, what is no affair of a key. */
  readonly notChecked?: readonly string[]
  /** Seals that were found and do not hold, where one that does is enough. */
  readonly setAside?: readonly string[]
  /** Of `seal`, the files that hold beside the first. */
  readonly also?: readonly string[]
  /** In a provenance object, where there are several; the verdict is that of the first that is refused, else of the first. */
  readonly attestations?: number
  /** The log that was asked for the entry. */
  readonly askedLog?: string
  /** With the entry of that log, once verified. */
  readonly loggedSeal?: SealParts
}
