import { bytesEqual, utf8, type Clock, type Secret } from '../base/index.ts'
import { parseCertificate } from '../formats/x509/index.ts'
import { readIdentity, type Identity } from '../identity/index.ts'
import { exactly, verdictSentence, type Policy, type TrustRoot, type Verdict } from '../verify/index.ts'
import { newEphemeralKey, type EphemeralKey } from './ephemeral-key.ts'
import { signErrors } from './errors.ts'
import type { CertificateSource, EntryLog } from './ports.ts'
import { readToken } from './token.ts'

/** What every signing needs, whatever is signed. */
export interface SigningRequest {
  readonly token: Secret
  /** Who the token must be meant for. Default: `sigstore`. */
  readonly audience?: string
  readonly authority: CertificateSource
  readonly log: EntryLog
  readonly clock: Clock
  /** What `certify` gave for this request; without it the authority is asked now. */
  readonly certified?: Certified
  /** Where it is at hand, everything is verified before it is returned. */
  readonly trustRoot?: TrustRoot
  /** Told of each thing that is signed, logged and, with a trust root, verified. */
  readonly onEach?: () => void
}

export type CertifyRequest = Pick<SigningRequest, 'token' | 'audience' | 'authority' | 'clock'>

/** A key of this process alone, and the certificate that an authority issued for it. */
export interface Certified {
  readonly key: EphemeralKey
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[]
  /** DER. */
  readonly leaf: Uint8Array
}

/**
 * One key and one certificate for a whole call. Can be called ahead, while what else a signing needs is still being
 * read. Throws `sign.…` and what the authority said.
 */
export async function certify(request: CertifyRequest): Promise<Certified> {
  const key = newEphemeralKey()
  const { token, audience = 'sigstore', clock, authority } = request
  const proof = key.signBytes(utf8(readToken(token, { audience, clock }).sub))
  const chain = await authority.issue({ token, publicKey: key.spki, proof })
  const [leaf] = chain
  if (leaf === undefined || !bytesEqual(parseCertificate(leaf).spki, key.spki)) {
    throw signErrors('sign.certificate', 'the certificate of the authority is for a different key')
  }
  return { key, chain, leaf }
}

export function identityOf(leaf: Uint8Array): Identity {
  return readIdentity(parseCertificate(leaf))
}

/** Who signed is whom the certificate names; everything else must hold as it must for a consumer. */
export function signerPolicy(leaf: Uint8Array): Policy {
  const { san, issuer } = identityOf(leaf)
  return { anyOf: [{ san: exactly(san), issuer: exactly(issuer) }] }
}

/** Throws `sign.refused`. */
export function checkVerdict(verdict: Verdict, what: string): void {
  if (!verdict.verified) throw signErrors('sign.refused', verdictSentence(verdict, what))
}
