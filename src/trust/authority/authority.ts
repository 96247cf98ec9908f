import type { KeyObject } from 'node:crypto'
import { bytesEqual, sha256, utf8, type Clock, type Entropy, isoTime } from '../../base/index.ts'
import {
  buildLeaf,
  checkChain,
  isSignedBy,
  parseCertificate,
  provesPossession,
  verifyWithSpki,
  type Certificate,
  type CertificateRequest,
  type SignedCertificateTimestamp,
  randomSerial,
  spkiOf,
} from '../../formats/x509/index.ts'
import {
  certificateIdentity,
  readIdentity,
  type CertificateIdentity,
  type GitLabClaims,
} from '../../identity/index.ts'
import { checkClientKey } from './client-key.ts'
import { authorityErrors } from './errors.ts'

/** The log that must know of a certificate before it exists (RFC 6962 §3.1). */
export interface PrecertificateLog {
  /** Durable in the log when it resolves. */
  addPrecertificate(entry: {
    readonly tbs: Uint8Array
    /** SHA-256 of the issuer's SPKI. */
    readonly issuerKeyHash: Uint8Array
    /** DER, poisoned and signed: the proof that the issuer meant it. */
    readonly precertificate: Uint8Array
    /** DER, from the issuer up to the root. */
    readonly chain: readonly Uint8Array[]
  }): Promise<SignedCertificateTimestamp>
}

export interface AuthorityParts {
  /** DER: the intermediate that signs, then the root. */
  readonly chain: readonly [Uint8Array, Uint8Array]
  /** The intermediate's private key. */
  readonly key: KeyObject
  readonly ct: PrecertificateLog
  /** The claims of a valid token; rejects with an error of `identity/`, also where the job of the token has ended. */
  readonly verifyToken: (token: string) => Promise<GitLabClaims>
  readonly clock: Clock
  readonly entropy: Entropy
}

/** A key, and the proof that the client holds it: one over the `sub` claim of the token, or the request's own signature. */
export type ProvenKey =
  | {
      /** DER SubjectPublicKeyInfo. */
      readonly publicKey: Uint8Array
      /** Signature over the `sub` claim by the same key, with the hash of its size. */
      readonly proof: Uint8Array
    }
  | { readonly certificateRequest: CertificateRequest }

export type SigningRequest = { readonly token: string } & ProvenKey

export interface IssuedCertificate {
  /** DER: leaf, intermediate, root. */
  readonly chain: readonly Uint8Array[]
  /** Whom the leaf names. */
  readonly san: string
}

export interface Authority {
  /** DER, the intermediate first. */
  readonly chain: readonly Uint8Array[]
  /**
   * A new certificate for ten minutes. Throws `authority.key`, `authority.proof`, `identity.claims`, or what
   * `verifyToken` throws; `authority.validity` when its certificates have expired or are not valid yet; `authority.chain`
   * when no client would accept what could be issued. Safe to call concurrently.
   */
  issue(request: SigningRequest): Promise<IssuedCertificate>
}

interface Signer extends Pick<AuthorityParts, 'key' | 'ct' | 'clock' | 'entropy'> {
  readonly intermediate: Certificate
  readonly root: Certificate
  readonly issuerKeyHash: Uint8Array
}

const LIFETIME_SECONDS = 600

/** Throws `authority.chain` when key, intermediate and root do not belong together. */
export function createAuthority({ chain, verifyToken, ...ports }: AuthorityParts): Authority {
  const [intermediate, root] = [parseCertificate(chain[0]), parseCertificate(chain[1])]
  checkParts(intermediate, root, ports.key)
  const signer = { ...ports, intermediate, root, issuerKeyHash: sha256(intermediate.spki) }
  return {
    chain,
    issue: async (request) => {
      const claims = await verifyToken(request.token)
      const identity = certificateIdentity(claims)
      const spki = checkPossession(request, claims.sub)
      const leaf = await certify(signer, spki, identity)
      return { chain: [leaf, ...chain], san: identity.san }
    },
  }
}

/** The key, once it is known that the client holds it. Throws `authority.key` and `authority.proof`. */
function checkPossession(request: ProvenKey, sub: string): Uint8Array {
  if ('certificateRequest' in request) {
    const { certificateRequest } = request
    checkClientKey(certificateRequest.spki)
    if (provesPossession(certificateRequest)) return certificateRequest.spki
    throw authorityErrors('authority.proof', 'the certificate request is not signed by its own key', {
      hint: 'sign it with SHA-256 for P-256 and RSA, SHA-384 for P-384, SHA-512 for P-521',
    })
  }
  checkClientKey(request.publicKey)
  if (verifyWithSpki(request.publicKey, utf8(sub), request.proof)) return request.publicKey
  throw authorityErrors(
    'authority.proof',
    `the proof is not a signature of this key over ${JSON.stringify(sub)}`,
  )
}

/** RFC 6962 §3.1: precertificate, SCT, certificate. */
async function certify(signer: Signer, spki: Uint8Array, identity: CertificateIdentity): Promise<Uint8Array> {
  const { intermediate, issuerKeyHash, key, ct, clock, entropy } = signer
  const notBeforeSeconds = Math.floor(clock.nowMs() / 1000)
  const notAfterSeconds = notBeforeSeconds + LIFETIME_SECONDS
  checkLifetime(signer, notBeforeSeconds, notAfterSeconds)
  const pending = buildLeaf({
    serial: randomSerial(entropy),
    notBeforeSeconds,
    notAfterSeconds,
    spki,
    issuer: intermediate,
    issuerKey: key,
    uri: identity.san,
    extensions: identity.extensions,
  })
  const { tbs, precertificate } = pending
  const chain = [signer.intermediate.der, signer.root.der]
  const sct = await ct.addPrecertificate({ tbs, issuerKeyHash, precertificate, chain })
  const leaf = pending.complete([sct])
  checkOwnLeaf(signer, parseCertificate(leaf), identity)
  return leaf
}

/** A leaf that outlives its issuers is refused by every verifier that looks at a later time. */
function checkLifetime({ intermediate, root }: Signer, from: number, until: number): void {
  for (const { notBeforeSeconds, notAfterSeconds } of [intermediate, root]) {
    if (from >= notBeforeSeconds && until <= notAfterSeconds) continue
    const span = `${isoTime(notBeforeSeconds)} to ${isoTime(notAfterSeconds)}`
    throw authorityErrors(
      'authority.validity',
      `the certificate authority is valid from ${span}, but the new certificate would be valid from ${isoTime(from)} to ${isoTime(until)}`,
    )
  }
}

/** What is handed out must pass our own verifier, which is at least as strict as every client's. */
function checkOwnLeaf({ intermediate, root }: Signer, leaf: Certificate, { san }: CertificateIdentity): void {
  const atSeconds = leaf.notBeforeSeconds
  const result = checkChain({ leaf, intermediates: [intermediate], roots: [root], atSeconds })
  if (!result.ok) throw authorityErrors('authority.chain', result.reason)
  const read = readIdentity(leaf).san
  if (read !== san)
    throw authorityErrors('authority.chain', `the certificate has the identity ${read} instead of ${san}`)
}

function checkParts(intermediate: Certificate, root: Certificate, key: KeyObject): void {
  const spki = spkiOf(key)
  if (!bytesEqual(spki, intermediate.spki)) {
    throw authorityErrors('authority.chain', 'the key does not match the intermediate')
  }
  if (!isSignedBy(intermediate, root.spki) || !bytesEqual(intermediate.issuerDer, root.subjectDer)) {
    throw authorityErrors('authority.chain', 'the intermediate is not signed by the root')
  }
}
