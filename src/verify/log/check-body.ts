import { bytesEqual, describeError, encodeHex, sha256 } from '../../base/index.ts'
import {
  readLoggedRecord,
  type Envelope,
  type LoggedEntry,
  type LoggedRecord,
  type SealParts,
  type Verifier,
} from '../../formats/sigstore/index.ts'
import type { Artifact } from '../seal.ts'
import { signedContent } from '../signature/signed-content.ts'
import { hashOf, readSigningKey } from '../signature/signing-key.ts'
import { failed, passed, undecided, type Finding } from '../verdict/verdict.ts'

/** What an entry must be about. */
export interface SealedArtifact {
  readonly seal: SealParts
  readonly artifact: Artifact
  /** DER SubjectPublicKeyInfo of the certificate, or of the key that was named. */
  readonly spki: Uint8Array | undefined
}

/**
 * cosign and sigstore-go: the body is what one would propose for this signature, this certificate or key and these
 * bytes, and the UUID is its hash.
 */
export function checkBody(
  { uuid, body, kindVersion }: LoggedEntry,
  sealed: SealedArtifact,
  leafHash: Uint8Array,
): Finding {
  try {
    const hash = encodeHex(leafHash)
    const named = uuid?.slice(-64) ?? hash
    if (named !== hash)
      return failed('the UUID of the log entry does not match its content', { expected: named, found: hash })
    const record = readLoggedRecord(body)
    if (kindVersion !== undefined && record.kindVersion !== kindVersion)
      return failed('the log entry has a different kind than the bundle says', {
        expected: kindVersion,
        found: record.kindVersion,
      })
    return contentProblem(record, sealed) ?? signerProblem(record, sealed) ?? good(sealed)
  } catch (error) {
    return failed(describeError(error))
  }
}

function good({ seal }: SealedArtifact): Finding {
  const what = seal.envelope === undefined ? 'the file' : 'the attestation'
  return passed(`the log entry matches the signature, the signer and ${what}`)
}

function contentProblem(record: LoggedRecord, { seal, artifact, spki }: SealedArtifact): Finding | undefined {
  if ('payloadSha256' in record)
    return envelopeProblem(record, seal) ?? repeatedProblem(record.envelope, { seal, spki })
  if (seal.envelope !== undefined && record.kindVersion === 'hashedrekord 0.0.1')
    return failed('the log entry is for a file, but the signature is over an attestation')
  const { algorithm, digest } = record
  const expected = signedContent(seal, artifact).digest(algorithm)
  if (expected === undefined)
    return undecided(
      `the log entry has the ${algorithm} of the file: verify the file itself, the SHA-256 is not enough`,
    )
  if (!bytesEqual(expected, digest))
    return failed('the log entry is for a different file', {
      expected: `${algorithm}:${encodeHex(expected)}`,
      found: `${algorithm}:${encodeHex(digest)}`,
    })
  return algorithmProblem(algorithm, { seal, artifact, spki })
}

/** The digest that was logged must be the one that was signed. */
function algorithmProblem(algorithm: string, { seal, spki }: SealedArtifact): Finding | undefined {
  const read = readSigningKey(spki ?? new Uint8Array())
  const expected = 'key' in read ? hashOf(read.key, seal) : undefined
  if (expected === undefined || expected === algorithm) return undefined
  return failed('the log entry has a different hash algorithm than the signature', {
    expected,
    found: algorithm,
  })
}

/** cosign 2 compares the JSON of the whole envelope too, which its own bundle has as the log hashed it. */
function envelopeProblem(
  { payloadSha256, envelopeSha256 }: Extract<LoggedRecord, { readonly payloadSha256: Uint8Array }>,
  { envelope }: SealParts,
): Finding | undefined {
  if (envelope === undefined)
    return failed('the log entry is for an attestation, but the signature is over a file')
  return (
    otherAttestation(sha256(envelope.payload), payloadSha256) ??
    otherAttestation(envelope.sha256, envelopeSha256)
  )
}

function otherAttestation(
  expected: Uint8Array | undefined,
  logged: Uint8Array | undefined,
): Finding | undefined {
  if (expected === undefined || logged === undefined || bytesEqual(expected, logged)) return undefined
  return failed('the log entry is for a different attestation', {
    expected: `sha256:${encodeHex(expected)}`,
    found: `sha256:${encodeHex(logged)}`,
  })
}

/** Rekor's type intoto: a body that repeats its payload is read only where the signature holds over that, with SHA-256. */
function repeatedProblem(
  repeated: Envelope | undefined,
  { seal, spki }: Pick<SealedArtifact, 'seal' | 'spki'>,
): Finding | undefined {
  const { envelope } = seal
  if (repeated === undefined || envelope === undefined) return undefined
  const isSame =
    repeated.payloadType === envelope.payloadType && bytesEqual(repeated.payload, envelope.payload)
  if (!isSame) return failed('the log entry contains a different attestation than the one that was signed')
  const read = readSigningKey(spki ?? new Uint8Array())
  const hash = 'key' in read ? hashOf(read.key, seal) : undefined
  if (hash === undefined || hash === 'sha256') return undefined
  return failed('the log entry contains the attestation, which is supported for SHA-256 signatures only', {
    expected: 'sha256',
    found: hash,
  })
}

function signerProblem(
  { signature, verifier }: LoggedRecord,
  { seal, spki }: SealedArtifact,
): Finding | undefined {
  if (!bytesEqual(signature, seal.signature)) return failed('the log entry is for a different signature')
  if (isSigner(verifier, seal.certificate, spki)) return undefined
  return failed(`the log entry is for a different ${seal.certificate === undefined ? 'key' : 'certificate'}`)
}

function isSigner(
  verifier: Verifier,
  certificate: Uint8Array | undefined,
  spki: Uint8Array | undefined,
): boolean {
  if (verifier.kind === 'certificate')
    return certificate !== undefined && bytesEqual(verifier.der, certificate)
  return certificate === undefined && spki !== undefined && bytesEqual(verifier.spki, spki)
}
