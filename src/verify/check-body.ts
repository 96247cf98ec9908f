import { bytesEqual, describeError, encodeHex, sha256 } from '../base/index.ts'
import {
  readLoggedRecord,
  type Envelope,
  type LoggedEntry,
  type LoggedRecord,
  type SealParts,
  type Verifier,
} from '../formats/sigstore/index.ts'
import type { Artifact } from './seal.ts'
import { signedContent } from './signed-content.ts'
import { hashOf, readSigningKey } from './signing-key.ts'
import { failed, passed, type Finding } from './verdict.ts'

/** What an entry must be about. */
export interface Subject {
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
  subject: Subject,
  leafHash: Uint8Array,
): Finding {
  try {
    const hash = encodeHex(leafHash)
    const named = uuid?.slice(-64) ?? hash
    if (named !== hash)
      return failed('the entry is not the one of its UUID', { expected: named, found: hash })
    const record = readLoggedRecord(body)
    if (kindVersion !== undefined && record.kindVersion !== kindVersion)
      return failed('the entry is of another kind than the bundle says', {
        expected: kindVersion,
        found: record.kindVersion,
      })
    return contentProblem(record, subject) ?? signerProblem(record, subject) ?? good(subject)
  } catch (error) {
    return failed(describeError(error))
  }
}

function good({ seal }: Subject): Finding {
  const what = seal.envelope === undefined ? 'these bytes' : 'this attestation'
  return passed(`about this signature, its signer and ${what}`)
}

function contentProblem(record: LoggedRecord, { seal, artifact, spki }: Subject): Finding | undefined {
  if ('payloadSha256' in record)
    return envelopeProblem(record, seal) ?? repeatedProblem(record.envelope, { seal, spki })
  if (seal.envelope !== undefined && record.kindVersion === 'hashedrekord 0.0.1')
    return failed('the entry is about a file, and the signature is over an attestation')
  const { algorithm, digest } = record
  const expected = signedContent(seal, artifact).digest(algorithm)
  if (expected === undefined)
    return failed(`the entry holds the ${algorithm} of the file, which is not known: give the file itself`)
  if (!bytesEqual(expected, digest))
    return failed('the entry is about another file', {
      expected: `${algorithm}:${encodeHex(expected)}`,
      found: `${algorithm}:${encodeHex(digest)}`,
    })
  return algorithmProblem(algorithm, { seal, artifact, spki })
}

/** The digest that was logged must be the one that was signed. */
function algorithmProblem(algorithm: string, { seal, spki }: Subject): Finding | undefined {
  const read = readSigningKey(spki ?? new Uint8Array())
  const expected = 'key' in read ? hashOf(read.key, seal) : undefined
  if (expected === undefined || expected === algorithm) return undefined
  return failed('the entry holds another digest than the signature is over', { expected, found: algorithm })
}

/** cosign 2 compares the JSON of the whole envelope too, which its own bundle has as the log hashed it. */
function envelopeProblem(
  { payloadSha256, envelopeSha256 }: Extract<LoggedRecord, { readonly payloadSha256: Uint8Array }>,
  { envelope }: SealParts,
): Finding | undefined {
  if (envelope === undefined)
    return failed('the entry is about an attestation, and the signature is over a file')
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
  return failed('the entry is about another attestation', {
    expected: `sha256:${encodeHex(expected)}`,
    found: `sha256:${encodeHex(logged)}`,
  })
}

/** Rekor's type intoto: a body that repeats its payload is read only where the signature holds over that, with SHA-256. */
function repeatedProblem(
  repeated: Envelope | undefined,
  { seal, spki }: Pick<Subject, 'seal' | 'spki'>,
): Finding | undefined {
  const { envelope } = seal
  if (repeated === undefined || envelope === undefined) return undefined
  const isSame =
    repeated.payloadType === envelope.payloadType && bytesEqual(repeated.payload, envelope.payload)
  if (!isSame) return failed('the entry repeats another attestation than the signature is over')
  const read = readSigningKey(spki ?? new Uint8Array())
  const hash = 'key' in read ? hashOf(read.key, seal) : undefined
  if (hash === undefined || hash === 'sha256') return undefined
  return failed('the entry repeats its attestation, which only signatures over SHA-256 may have', {
    expected: 'sha256',
    found: hash,
  })
}

function signerProblem({ signature, verifier }: LoggedRecord, { seal, spki }: Subject): Finding | undefined {
  if (!bytesEqual(signature, seal.signature)) return failed('the entry is about another signature')
  if (isSigner(verifier, seal.certificate, spki)) return undefined
  return failed(`the entry is about another ${seal.certificate === undefined ? 'key' : 'certificate'}`)
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
