import { encodeBase64 } from '../../base/index.ts'
import { leafHash, verifyInclusion } from '../../formats/merkle/index.ts'
import { setSignedBytes, type LoggedEntry } from '../../formats/sigstore/index.ts'
import { verifyWithSpki } from '../../formats/x509/index.ts'
import { checkBody, type SealedArtifact } from './check-body.ts'
import { checkCheckpoint, isOfRekor2, type InclusionProof } from './check-checkpoint.ts'
import type { TrustRoot } from '../trust-root/trust-root.ts'
import { trustedLog, type LogTrust } from './trusted-log.ts'
import { failed, notApplicable, passed, undecided, type Finding } from '../verdict/verdict.ts'

export interface EntryFindings {
  readonly entry: Finding
  readonly inclusion: Finding
  readonly checkpoint: Finding
  readonly set: Finding
}

export interface EntryRequest {
  readonly sealed: SealedArtifact
  readonly trustRoot: TrustRoot
  /** From timestamp authorities: an entry without a SET has no time of its own. */
  readonly stampedSeconds: readonly number[]
}

export function checkEntry(entry: LoggedEntry, request: EntryRequest): EntryFindings {
  const { sealed } = request
  const trust = trustFor(entry, request)
  const leaf = leafHash(entry.body)
  return {
    entry: checkBody(entry, sealed, leaf),
    ...(entry.inclusionProof === undefined
      ? withoutProof(entry, sealed)
      : {
          inclusion: checkInclusion(entry, entry.inclusionProof, leaf),
          checkpoint: checkCheckpoint(entry, entry.inclusionProof, trust),
        }),
    set: checkSet(entry, trust),
  }
}

export function trustFor(entry: LoggedEntry, { trustRoot, stampedSeconds }: EntryRequest): LogTrust {
  const promised = promisedSeconds(entry)
  return { trustRoot, timesSeconds: promised === undefined ? stampedSeconds : [promised] }
}

/** The integrated time, where a SET signs it; without one anybody may have written it. */
export function promisedSeconds(entry: LoggedEntry): number | undefined {
  return entry.signedEntryTimestamp === undefined ? undefined : entry.integratedTimeSeconds
}

/** The index that is proved: a SET signs the one over all shards, an inclusion proof alone has the one in its tree. */
export function provedIndex({ logIndex, signedEntryTimestamp, inclusionProof }: LoggedEntry): number {
  return signedEntryTimestamp === undefined ? (inclusionProof?.logIndex ?? logIndex) : logIndex
}

function withoutProof(
  { signedEntryTimestamp }: LoggedEntry,
  { seal: { format } }: SealedArtifact,
): Pick<EntryFindings, 'inclusion' | 'checkpoint'> {
  const isOld = format === 'cosign bundle' || format === 'bundle 0.1'
  if (isOld && signedEntryTimestamp !== undefined)
    return {
      inclusion: notApplicable(`not required: a ${format} may have a signed entry timestamp (SET) alone`),
      checkpoint: notApplicable('not required: it belongs to an inclusion proof'),
    }
  const missing = 'the log entry has no inclusion proof'
  return { inclusion: failed(missing), checkpoint: undecided(`not checked: ${missing}`) }
}

/** RFC 6962 §2.1.1, with the index within the tree; the one outside of the proof counts over all shards. */
function checkInclusion(entry: LoggedEntry, stated: InclusionProof, leaf: Uint8Array): Finding {
  const { logIndex: index, treeSize: size, hashes: proof, rootHash: root } = stated
  if (entry.signedEntryTimestamp === undefined && isOfRekor2(entry) && index !== entry.logIndex)
    return failed('the log entry has two different indexes, but a Rekor v2 log has no shards', {
      expected: `${index}`,
      found: `${entry.logIndex}`,
    })
  if (verifyInclusion({ leafHash: leaf, index, size, proof, root })) {
    return passed(`entry ${index} is in the tree of ${size} entries`)
  }
  return failed(
    `the inclusion proof of entry ${index} does not match the root of the tree of ${size} entries`,
  )
}

/** sigstore-wire 5.2: the signed entry timestamp, over body, integrated time, log id and log index. */
function checkSet(entry: LoggedEntry, trust: LogTrust): Finding {
  const { body, integratedTimeSeconds = NaN, logId, logIndex, signedEntryTimestamp } = entry
  if (signedEntryTimestamp === undefined)
    return entry.inclusionProof === undefined
      ? undecided('not checked: the log entry has neither signed entry timestamp (SET) nor inclusion proof')
      : notApplicable('not required: the inclusion proof replaces the signed entry timestamp (SET)')
  const named = trustedLog(entry, trust)
  if ('problem' in named) return named.problem
  if (!isCount(integratedTimeSeconds) || !isCount(logIndex))
    return failed('the time or the index of the log entry is not a whole number')
  const signed = setSignedBytes({
    body: encodeBase64(body),
    integratedTime: integratedTimeSeconds,
    logId,
    logIndex,
  })
  if (verifyWithSpki(named.log.spki, signed, signedEntryTimestamp))
    return passed('the signed entry timestamp (SET) is valid')
  return failed('the signed entry timestamp (SET) is not the signature of the log over this entry and time')
}

/** Entries from JSON are counts already; a caller of the library may hand in any number. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
