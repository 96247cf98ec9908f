import { bytesEqual, describeError, encodeHex } from '../base/index.ts'
import { verifyCheckpoint } from '../formats/note/index.ts'
import type { LoggedEntry } from '../formats/sigstore/index.ts'
import type { EntryContext } from './check-entry.ts'
import { findLog, type LogKey } from './trust-root.ts'
import { failed, notApplicable, passed, type Finding } from './verdict.ts'

/**
 * sigstore-js and sigstore-python (cosign 2 does not look): the checkpoint is signed by the log of the entry, and it
 * states the very tree in which the proof ends. Without it a proof shows only that somebody can build a tree.
 */
export function checkCheckpoint(
  { logId, inclusionProof }: LoggedEntry,
  { trustRoot: { logs }, timesSeconds }: EntryContext,
): Finding {
  if (inclusionProof === undefined) return notApplicable('without a proof there is no tree to vouch for')
  const log = findLog(logs, logId, timesSeconds)
  if (log === undefined) return unknownLog(logs, logId)
  const { checkpoint: note, rootHash, treeSize } = inclusionProof
  try {
    const { spki, names } = log
    const { size, root } = verifyCheckpoint({ note, spki, ...(names === undefined ? {} : { names }) })
    if (size === treeSize && bytesEqual(root, rootHash))
      return passed(`signed by a known log for ${size} entries`)
    return failed('the checkpoint is about another tree than the proof', {
      expected: `${treeSize} entries, root ${encodeHex(rootHash)}`,
      found: `${size} entries, root ${encodeHex(root)}`,
    })
  } catch (error) {
    return failed(describeError(error))
  }
}

export function unknownLog(logs: readonly LogKey[], logId: string): Finding {
  return failed('the log is not trusted at the time of the entry', {
    expected: logs.map(({ idHex }) => idHex).join(', ') || 'no log',
    found: logId,
  })
}
