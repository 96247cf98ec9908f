import { encodeHex, sha256Hex } from '../../base/index.ts'
import { parseCheckpoint } from '../../formats/note/index.ts'
import type { LoggedEntry } from '../../formats/sigstore/index.ts'

/** A head that a log of the trust root has signed, and with which the proof of an entry agrees. */
export interface LogCheckpoint {
  /**
   * SHA-256 of the key that signed it, lower-case hex. Not the id that the trust root gives the log: another trust root may
   * give the same id to a key of its own.
   */
  readonly logId: string
  /** As the log calls its tree: of Rekor v1 with the id of the tree. */
  readonly origin: string
  readonly size: number
  /** Lower-case hex. */
  readonly rootHash: string
  /** The whole note with its signatures, for people: whoever has the key can check it. */
  readonly note: string
}

/** Of an entry whose checkpoint was verified; undefined where it has none. */
export function logCheckpoint(
  { inclusionProof }: LoggedEntry,
  logSpki: Uint8Array,
): LogCheckpoint | undefined {
  if (inclusionProof === undefined) return undefined
  const { checkpoint: note } = inclusionProof
  const { origin, size, root } = parseCheckpoint(note)
  return { logId: sha256Hex(logSpki), origin, size, rootHash: encodeHex(root), note }
}
