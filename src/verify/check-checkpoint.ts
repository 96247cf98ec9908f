import { bytesEqual, describeError, encodeHex } from '../base/index.ts'
import { verifyCheckpoint } from '../formats/note/index.ts'
import type { LogEntry } from '../formats/sigstore/index.ts'
import { findLog, type LogKey, type TrustRoot } from './trust-root.ts'
import { failed, passed, type Finding } from './verdict.ts'

/**
 * sigstore-js and sigstore-python (cosign 2 does not look): the checkpoint is signed by the log of the entry, and it
 * states the very tree in which the proof ends. Without it a proof shows only that somebody can build a tree.
 */
export function checkCheckpoint({ logId, inclusionProof, ...entry }: LogEntry, { logs }: TrustRoot): Finding {
  const log = findLog(logs, logId, entry.integratedTimeSeconds)
  if (log === undefined) return unknownLog(logs, logId)
  const { checkpoint: note, rootHash, treeSize } = inclusionProof
  try {
    const { size, root } = verifyCheckpoint({
      note,
      spki: log.spki,
      ...(log.name === undefined ? {} : { name: log.name }),
    })
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
