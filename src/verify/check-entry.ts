import { bytesEqual, describeError, encodeBase64, encodeHex } from '../base/index.ts'
import { leafHash, verifyInclusion } from '../formats/merkle/index.ts'
import { readHashedRekordBody, setSignedBytes, type LogEntry } from '../formats/sigstore/index.ts'
import { parseCertificatesPem, verifyWithSpki } from '../formats/x509/index.ts'
import { checkCheckpoint, unknownLog } from './check-checkpoint.ts'
import { findLog, type TrustRoot } from './trust-root.ts'
import { failed, passed, type Finding } from './verdict.ts'

/** What the entry must be about. */
export interface Subject {
  readonly sha256: Uint8Array
  readonly signature: Uint8Array
  /** DER. */
  readonly certificate: Uint8Array
}

export interface EntryFindings {
  readonly entry: Finding
  readonly inclusion: Finding
  readonly checkpoint: Finding
  readonly set: Finding
}

export function checkEntry(entry: LogEntry, subject: Subject, trustRoot: TrustRoot): EntryFindings {
  return {
    entry: checkBody(entry, subject),
    inclusion: checkInclusion(entry),
    checkpoint: checkCheckpoint(entry, trustRoot),
    set: checkSet(entry, trustRoot),
  }
}

/** cosign: the body is what one would propose for this signature, certificate and digest, and the UUID is its hash. */
function checkBody({ uuid, body }: LogEntry, { sha256, signature, certificate }: Subject): Finding {
  try {
    const named = uuid.slice(-64)
    const hash = encodeHex(leafHash(body))
    if (named !== hash)
      return failed('the entry is not the one of its UUID', { expected: named, found: hash })
    const record = readHashedRekordBody(body)
    const digest = `${record.algorithm}:${encodeHex(record.digest)}`
    const wanted = `sha256:${encodeHex(sha256)}`
    if (digest !== wanted)
      return failed('the entry is about another file', { expected: wanted, found: digest })
    if (!bytesEqual(record.signature, signature)) return failed('the entry is about another signature')
    if (!isCertificate(record.publicKeyPem, certificate))
      return failed('the entry is about another certificate')
    return passed('about this signature, this certificate and these bytes')
  } catch (error) {
    return failed(describeError(error))
  }
}

function isCertificate(pem: string, der: Uint8Array): boolean {
  const [certificate, ...others] = parseCertificatesPem(pem)
  return others.length === 0 && certificate !== undefined && bytesEqual(certificate.der, der)
}

/** RFC 6962 §2.1.1, with the index within the tree; the one outside of the proof counts over all shards. */
function checkInclusion({ body, inclusionProof }: LogEntry): Finding {
  const { logIndex: index, treeSize: size, hashes: proof, rootHash: root } = inclusionProof
  if (verifyInclusion({ leafHash: leafHash(body), index, size, proof, root })) {
    return passed(`entry ${index} is in the tree of ${size} entries`)
  }
  return failed(`the proof does not lead from entry ${index} to the root of a tree of ${size} entries`)
}

/** sigstore-wire 5.2: the log's promise, over the body, the time and both of the log's names for the entry. */
function checkSet(entry: LogEntry, { logs }: TrustRoot): Finding {
  const { body, integratedTimeSeconds, logId, logIndex, signedEntryTimestamp } = entry
  const log = findLog(logs, logId, integratedTimeSeconds)
  if (log === undefined) return unknownLog(logs, logId)
  if (!isCount(integratedTimeSeconds) || !isCount(logIndex))
    return failed('time or index is not a whole number')
  const signed = setSignedBytes({
    body: encodeBase64(body),
    integratedTime: integratedTimeSeconds,
    logId,
    logIndex,
  })
  if (verifyWithSpki(log.spki, signed, signedEntryTimestamp)) return passed('promised by a known log')
  return failed('the promise is not signed by the log, or is about another entry or time')
}

/** Entries from JSON are counts already; a caller of the library may hand in any number. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
