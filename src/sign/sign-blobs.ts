import { bytesEqual, type Clock, type Secret } from '../base/index.ts'
import type { LogEntry } from '../formats/sigstore/index.ts'
import { parseCertificate } from '../formats/x509/index.ts'
import { readIdentity } from '../identity/index.ts'
import { exactly, verdictSentence, verifySeal, type Seal, type TrustRoot } from '../verify/index.ts'
import { newEphemeralKey, type EphemeralKey } from './ephemeral-key.ts'
import { signErrors } from './errors.ts'
import { proposalFor } from './proposal.ts'
import type { CertificateSource, EntryLog } from './ports.ts'
import { tokenSubject } from './token.ts'

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
}

/**
 * Seals of all blobs, in their order: one key, one certificate, one log entry each. All or nothing for the caller; what
 * was logged before a failure stays in the log, which is what logs are for. Throws `sign.…` and what the services said.
 */
export async function signBlobs(request: SignRequest): Promise<readonly SignedBlob[]> {
  const key = newEphemeralKey()
  const chain = await certify(key, request)
  return Promise.all(request.blobs.map((blob) => seal(blob, { key, chain, request })))
}

async function certify(key: EphemeralKey, request: SignRequest): Promise<readonly Uint8Array[]> {
  const { token, audience = 'sigstore', clock, authority } = request
  const proof = key.signText(tokenSubject(token, { audience, clock }))
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
  const entry = await request.log.append(proposalFor({ sha256: blob.sha256, signature, certificate }))
  if (request.trustRoot !== undefined)
    checkSeal(blob, { signature, certificate, entries: [entry] }, request.trustRoot)
  return { signature, chain, entry }
}

/** Who signed is whom the certificate names; everything else must hold as it must for a consumer. */
function checkSeal(blob: Blob, newSeal: Seal, trustRoot: TrustRoot): void {
  const { san, issuer } = readIdentity(parseCertificate(newSeal.certificate))
  const policy = { anyOf: [{ san: exactly(san), issuer: exactly(issuer) }] }
  const verdict = verifySeal({ artifact: blob, seal: newSeal, trustRoot, policy })
  if (!verdict.verified)
    throw signErrors('sign.refused', verdictSentence(verdict, `the new seal of ${blob.name}`))
}
