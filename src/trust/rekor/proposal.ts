import { sha256, type JsonValue } from '../../base/index.ts'
import { verifyDigest } from '../../formats/ecdsa/index.ts'
import {
  dsseBody,
  dsseSignedBytes,
  hashedRekordBody,
  parseDsseProposal,
  parseHashedRekord,
  type DsseProposal,
  type DsseSignature,
  type HashedRekord,
} from '../../formats/sigstore/index.ts'
import {
  parseCertificatesPem,
  parsePublicKeyPem,
  verifyRsaDigest,
  type Certificate,
} from '../../formats/x509/index.ts'
import { rekorErrors } from './errors.ts'

/** Who made a signature. */
export interface ProposedKey {
  /** Canonical. */
  readonly pem: string
  readonly spki: Uint8Array
  /** Undefined for a bare key. */
  readonly certificate: Certificate | undefined
}

/** A proposed entry of either kind. */
export interface Proposal {
  /** Of everything that signed; admission is decided by them, before any signature is checked. */
  readonly keys: readonly ProposedKey[]
  /** The leaf. Throws `rekor.signature` where it depends on which key made which signature. */
  body(): Uint8Array
  /** Throws `rekor.signature`. */
  checkSignatures(): void
}

/** A hashedrekord 0.0.1 or a dsse 0.0.1. Throws `sigstore.proposed-entry`. */
export function readProposal(json: JsonValue): Proposal {
  const isDsse = typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'dsse'
  return isDsse ? dsseOf(parseDsseProposal(json)) : hashedRekordOf(parseHashedRekord(json))
}

export function hashedRekordOf(entry: HashedRekord): Proposal {
  const { digest, signature } = entry
  const key = readKey(entry.publicKeyPem)
  return {
    keys: [key],
    body: () => hashedRekordBody(entry),
    checkSignatures: () => {
      if (!isSignature({ spki: key.spki, digest, signature })) throw unsigned()
    },
  }
}

function dsseOf(proposal: DsseProposal): Proposal {
  const keys = proposal.publicKeyPems.map((pem) => readKey(pem))
  let pairs: readonly DsseSignature[] | undefined
  const paired = (): readonly DsseSignature[] => (pairs ??= pairUp(proposal, keys))
  return {
    keys,
    body: () => dsseBody(proposal, onlyPairs(proposal, keys) ?? paired()),
    checkSignatures: () => void paired(),
  }
}

/** Of a single key, which must have made all signatures: nothing needs to be checked to know the pairs. */
function onlyPairs(
  { signatures }: DsseProposal,
  [key, ...others]: readonly ProposedKey[],
): readonly DsseSignature[] | undefined {
  if (key === undefined || others.length > 0) return undefined
  return signatures.map((signature) => ({ signature, publicKeyPem: key.pem }))
}

/** As in stock Rekor: every signature must hold by one of the keys, and every key must be needed. */
function pairUp(proposal: DsseProposal, keys: readonly ProposedKey[]): readonly DsseSignature[] {
  const digest = sha256(dsseSignedBytes(proposal))
  const pairs = proposal.signatures.map((signature) => {
    const key = keys.find(({ spki }) => isSignature({ spki, digest, signature }))
    if (key === undefined) throw unsigned()
    return { signature, publicKeyPem: key.pem }
  })
  if (new Set(pairs.map(({ publicKeyPem }) => publicKeyPem)).size === proposal.publicKeyPems.length)
    return pairs
  throw rekorErrors('rekor.signature', 'verifying signature: a key matches none of the signatures')
}

function isSignature(unverified: Parameters<typeof verifyDigest>[0]): boolean {
  return verifyDigest(unverified) || verifyRsaDigest(unverified)
}

function unsigned(): Error {
  return rekorErrors('rekor.signature', 'verifying signature: no ECDSA or RSA signature over the digest')
}

function readKey(pem: string): ProposedKey {
  if (pem.startsWith('-----BEGIN PUBLIC KEY-----'))
    return { pem, spki: parsePublicKeyPem(pem), certificate: undefined }
  const [certificate] = parseCertificatesPem(pem)
  if (certificate === undefined) throw rekorErrors('rekor.signature', 'no certificate was sent')
  return { pem, spki: certificate.spki, certificate }
}
