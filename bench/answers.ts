/** What an answer must prove before its request counts. Samples are checked when the clock has stopped. */
import { sha256Hex, type JsonValue, encodeBase64 } from '../src/base/index.ts'
import { leafHash, verifyInclusion } from '../src/formats/merkle/index.ts'
import { parseLogEntry, setSignedBytes } from '../src/formats/sigstore/index.ts'
import { parseTimestampResponse, verifyTimestamp } from '../src/formats/timestamp/index.ts'
import {
  checkChain,
  parseCertificatesPem,
  verifyWithSpki,
  type Certificate,
} from '../src/formats/x509/index.ts'

/** That the entry is in the tree of the proof, and promised by the log of that key. */
export function checkEntry(body: Buffer, logKey: Uint8Array): void {
  const entry = parseLogEntry(JSON.parse(body.toString()) as JsonValue)
  const { hashes, logIndex, rootHash, treeSize } = entry.inclusionProof
  const unverified = {
    leafHash: leafHash(entry.body),
    index: logIndex,
    size: treeSize,
    proof: hashes,
    root: rootHash,
  }
  if (!verifyInclusion(unverified)) throw new Error(`entry ${entry.logIndex}: the proof does not hold`)
  const promise = {
    body: encodeBase64(entry.body),
    integratedTime: entry.integratedTimeSeconds,
    logId: sha256Hex(logKey),
    logIndex: entry.logIndex,
  }
  if (!verifyWithSpki(logKey, setSignedBytes(promise), entry.signedEntryTimestamp)) {
    throw new Error(`entry ${entry.logIndex}: the signed entry timestamp does not hold`)
  }
}

interface SigningAnswer {
  readonly signedCertificateEmbeddedSct?: { readonly chain: { readonly certificates: readonly string[] } }
  readonly signedCertificateDetachedSct?: { readonly chain: { readonly certificates: readonly string[] } }
}

/** PEM, the leaf first. */
export function readCertificates(body: Buffer): readonly string[] {
  const answer = JSON.parse(body.toString()) as SigningAnswer
  const signed = answer.signedCertificateEmbeddedSct ?? answer.signedCertificateDetachedSct
  return signed?.chain.certificates ?? []
}

export function checkCertificate(body: Buffer): void {
  const [leaf, ...issuers] = readCertificates(body).flatMap((pem) => parseCertificatesPem(pem))
  if (leaf === undefined) throw new Error('there is no certificate')
  const result = checkChain({
    leaf,
    intermediates: issuers.slice(0, -1),
    roots: issuers.slice(-1),
    atSeconds: leaf.notBeforeSeconds,
  })
  if (!result.ok) throw new Error(result.reason)
}

export function checkTimestamp(body: Buffer, digest: Uint8Array, chain: readonly Certificate[]): void {
  const response = parseTimestampResponse(new Uint8Array(body))
  const result = verifyTimestamp({ response, stamped: { hash: 'sha256', digest }, chain })
  if (!result.ok) throw new Error(result.reason)
}
