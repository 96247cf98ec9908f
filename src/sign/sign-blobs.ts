import { bytesEqual, type Clock, type Secret } from '../base/index.ts'
import type { LogEntry } from '../formats/sigstore/index.ts'
import { parseCertificate } from '../formats/x509/index.ts'
import { readIdentity } from '../identity/index.ts'
import { exactly, verdictSentence, verifySeal, type Seal, type TrustRoot } from '../verify/index.ts'
import { newEphemeralKey, type EphemeralKey } from './ephemeral-key.ts'
import { signErrors } from './errors.ts'
import { inParallel } from './in-parallel.ts'
import { proposalFor } from './proposal.ts'
import type { CertificateSource, EntryLog, TimestampSource } from './ports.ts'
import { readToken } from './token.ts'

/** As many requests of one call as a log is asked to bear at once. */
const MAX_PARALLEL = 8

export interface Blob {
  /** For messages only. */
  readonly name: string
  readonly sha256: Uint8Array
}

export interface SignRequest {
  readonly blobs: readonly Blob[]
  readonly token: Secret
  /** Who the token must be meant for. Default: `sigstore`. */
  readonly audience?: string
  readonly authority: CertificateSource
  readonly log: EntryLog
  /** Where it is given, every signature is stamped. */
  readonly timestamps?: TimestampSource
  readonly clock: Clock
  /** Where it is at hand, every seal is verified before it is returned. */
  readonly trustRoot?: TrustRoot
}

export interface SignedBlob {
  /** ECDSA, DER. */
  readonly signature: Uint8Array
  /** DER, leaf first; the same for all blobs of one call. */
  readonly chain: readonly Uint8Array[]
  readonly entry: LogEntry
  /** DER TimeStampResp over the signature. */
  readonly timestamp?: Uint8Array
}

/**
 * Seals of all blobs, in their order: one key, one certificate, one log entry each. All or nothing for the caller; what
 * was logged before a failure stays in the log, which is what logs are for. Throws `sign.…` and what the services said.
 */
export async function signBlobs(request: SignRequest): Promise<readonly SignedBlob[]> {
  const key = newEphemeralKey()
  const chain = await certify(key, request)
  return inParallel(request.blobs, MAX_PARALLEL, (blob) => seal(blob, { key, chain, request }))
}

async function certify(key: EphemeralKey, request: SignRequest): Promise<readonly Uint8Array[]> {
  const { token, audience = 'sigstore', clock, authority } = request
  const proof = key.signText(readToken(token, { audience, clock }).subject)
  const chain = await authority.issue({ token, publicKey: key.spki, proof })
  const [leaf] = chain
  if (leaf === undefined || !bytesEqual(parseCertificate(leaf).spki, key.spki)) {
    throw signErrors('sign.certificate', 'the certificate is not for the key that was sent')
  }
  return chain
}

interface Sealing {
  readonly key: EphemeralKey
  readonly chain: readonly Uint8Array[]
  readonly request: SignRequest
}

async function seal(blob: Blob, { key, chain, request }: Sealing): Promise<SignedBlob> {
  const signature = key.signDigest(blob.sha256)
  const certificate = chain[0] ?? new Uint8Array()
  const proposal = proposalFor({ sha256: blob.sha256, signature, certificate })
  const [entry, timestamp] = await Promise.all([
    request.log.append(proposal),
    request.timestamps?.stamp(signature),
  ])
  const stamped = timestamp === undefined ? [] : [timestamp]
  const newSeal = { signature, certificate, entries: [entry], timestamps: stamped }
  if (request.trustRoot !== undefined) checkSeal(blob, newSeal, request.trustRoot)
  return { signature, chain, entry, ...(timestamp === undefined ? {} : { timestamp }) }
}

/** Who signed is whom the certificate names; everything else must hold as it must for a consumer. */
function checkSeal(blob: Blob, newSeal: Seal, trustRoot: TrustRoot): void {
  const { san, issuer } = readIdentity(parseCertificate(newSeal.certificate))
  const policy = { anyOf: [{ san: exactly(san), issuer: exactly(issuer) }] }
  const verdict = verifySeal({ artifact: blob, seal: newSeal, trustRoot, policy })
  if (!verdict.verified)
    throw signErrors('sign.refused', verdictSentence(verdict, `the new seal of ${blob.name}`))
}
