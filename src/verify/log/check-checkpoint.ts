import { bytesEqual, describeError, encodeHex } from '../../base/index.ts'
import { isOfRekor1, verifyCheckpoint } from '../../formats/note/index.ts'
import type { LoggedEntry } from '../../formats/sigstore/index.ts'
import { trustedLog, type LogTrust } from './trusted-log.ts'
import { failed, passed, type Finding } from '../verdict/verdict.ts'

const REKOR_2: ReadonlySet<string> = new Set(['hashedrekord 0.0.2', 'dsse 0.0.2'])

export type InclusionProof = NonNullable<LoggedEntry['inclusionProof']>

/** As the bundle says, which must say the same as the body. Logs that are asked are of version 1. */
export function isOfRekor2({ kindVersion = '' }: LoggedEntry): boolean {
  return REKOR_2.has(kindVersion)
}

/**
 * sigstore-js and sigstore-python (cosign 2 does not look): the checkpoint is signed by the log of the entry, and it
 * states the very tree in which the proof ends. Without it a proof shows only that somebody can build a tree.
 * sigstore-go tells by the checkpoint which version of Rekor an entry is of.
 */
export function checkCheckpoint(entry: LoggedEntry, proof: InclusionProof, trust: LogTrust): Finding {
  const named = trustedLog(entry, trust)
  if ('problem' in named) return named.problem
  const { checkpoint: note, rootHash, treeSize } = proof
  try {
    const { spki, names } = named.log
    // sigstore-go: the name is a part of what the note's key is known by.
    if (names === undefined && isOfRekor2(entry))
      return failed('the trust root has no baseUrl for the log, which Rekor v2 needs')
    const { origin, size, root } = verifyCheckpoint({ note, spki, ...(names === undefined ? {} : { names }) })
    if (isOfRekor1(origin) === isOfRekor2(entry))
      return failed('the checkpoint and the log entry are of different Rekor versions')
    if (size === treeSize && bytesEqual(root, rootHash))
      return passed(`signed by a log in your trust root, for a tree of ${size} entries`)
    return failed('the checkpoint and the inclusion proof are for different trees', {
      expected: `${treeSize} entries, root ${encodeHex(rootHash)}`,
      found: `${size} entries, root ${encodeHex(root)}`,
    })
  } catch (error) {
    return failed(describeError(error))
  }
}
