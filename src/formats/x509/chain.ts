import { bytesEqual, concatBytes, formatTime, sha256Hex } from '../../base/index.ts'
import type { Certificate } from './certificate.ts'
import { authorityKeyId, basicConstraints, extendedKeyUsages, keyUsages, subjectKeyId } from './extensions.ts'
import { OID } from './oids.ts'
import { isSignedBy } from './signature.ts'

export interface ChainRequest {
  readonly leaf: Certificate
  /** In any order; those that do not belong are passed over. */
  readonly intermediates: readonly Certificate[]
  /** Trusted as they are, whatever signs them. */
  readonly roots: readonly Certificate[]
  readonly atSeconds: number
  /** Default: code signing. */
  readonly purpose?: string
  /** Whose leaf it is: the signature on one of the trust root's own is checked once. Default: an enemy's. */
  readonly leafOf?: 'enemy' | 'trust root'
}

export type ChainResult =
  /** Leaf first, root last. */
  | { readonly ok: true; readonly chain: readonly Certificate[] }
  | { readonly ok: false; readonly reason: string }

interface Search extends Required<Omit<ChainRequest, 'leaf' | 'leafOf'>> {
  /** Whose signature is looked at every time. */
  readonly enemy: Certificate | undefined
  /** Signature checks that are still allowed: an enemy's intermediates may all bear the same name. */
  budget: number
  reason: string | undefined
}

/** Leaf, three intermediates and a root are more than any Sigstore has. */
const MAX_CHAIN = 5
const MAX_SIGNATURE_CHECKS = 64
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectAlternativeName,
  OID.subjectKeyId,
  OID.authorityKeyId,
])

/**
 * RFC 5280 §6.1 as far as Sigstore needs it, and stricter than Go's verifier where they differ: a certificate with name
 * constraints or an unknown critical extension is refused, the leaf must name the purpose and be no authority, and an
 * authority must be allowed to sign certificates. All certificates must be valid at `atSeconds`.
 */
export function checkChain({
  leaf,
  purpose = OID.codeSigning,
  leafOf = 'enemy',
  ...request
}: ChainRequest): ChainResult {
  const reason = leafProblem(leaf, purpose) ?? commonProblem(leaf, request.atSeconds)
  if (reason !== undefined) return { ok: false, reason: `the certificate ${reason}` }
  const enemy = leafOf === 'enemy' ? leaf : undefined
  const search: Search = { ...request, purpose, enemy, budget: MAX_SIGNATURE_CHECKS, reason: undefined }
  const chain = extend([leaf], search)
  if (chain !== undefined) return { ok: true, chain }
  return {
    ok: false,
    reason: search.reason ?? 'the certificate was not issued by an authority in your trust root',
  }
}

/** The chain completed to a root, depth first; undefined with `search.reason` set otherwise. */
function extend(chain: readonly Certificate[], search: Search): readonly Certificate[] | undefined {
  const last = chain.at(-1)
  if (last === undefined || chain.length >= MAX_CHAIN) return undefined
  for (const root of candidates(last, search.roots)) {
    if (accepts(root, chain, search)) return [...chain, root]
  }
  for (const issuer of candidates(last, search.intermediates)) {
    if (chain.includes(issuer) || !accepts(issuer, chain, search)) continue
    const whole = extend([...chain, issuer], search)
    if (whole !== undefined) return whole
  }
  return undefined
}

/** By name, and by key identifier where both certificates have one. */
function candidates(subject: Certificate, authorities: readonly Certificate[]): readonly Certificate[] {
  const wanted = authorityKeyId(subject)
  return authorities.filter((authority) => {
    if (!bytesEqual(authority.subjectDer, subject.issuerDer)) return false
    const offered = subjectKeyId(authority)
    return wanted === undefined || offered === undefined || bytesEqual(wanted, offered)
  })
}

function accepts(issuer: Certificate, chain: readonly Certificate[], search: Search): boolean {
  const [subject] = chain.slice(-1)
  const problem =
    authorityProblem(issuer, { below: chain.length - 1, purpose: search.purpose }) ??
    commonProblem(issuer, search.atSeconds) ??
    (subject === undefined ? undefined : signatureProblem(subject, issuer, search))
  if (problem === undefined) return true
  search.reason ??= `a CA certificate in the chain ${problem}`
  return false
}

function signatureProblem(subject: Certificate, issuer: Certificate, search: Search): string | undefined {
  if (search.budget === 0) return `is one of too many with the same name`
  search.budget -= 1
  const isGood =
    subject === search.enemy ? isSignedBy(subject, issuer.spki) : isKeptOrSignedBy(subject, issuer)
  return isGood ? undefined : 'did not sign the certificate below it'
}

const MAX_GOOD_SIGNATURES = 64
/**
 * The same few authorities stand above every leaf, and the same certificate of a timestamp authority under them.
 * Whatever was found good stays so: it is known by all its bytes.
 */
const goodSignatures = new Set<string>()

function isKeptOrSignedBy(subject: Certificate, issuer: Certificate): boolean {
  // Two elements of DER and what is left: no other three parts make the same bytes.
  const id = sha256Hex(concatBytes(issuer.spki, subject.tbs, subject.signature))
  if (goodSignatures.has(id)) return true
  if (!isSignedBy(subject, issuer.spki)) return false
  if (goodSignatures.size === MAX_GOOD_SIGNATURES) goodSignatures.clear()
  goodSignatures.add(id)
  return true
}

function leafProblem(leaf: Certificate, purpose: string): string | undefined {
  if (basicConstraints(leaf).isAuthority) return 'is a CA certificate'
  if (!extendedKeyUsages(leaf).includes(purpose))
    return `is not for ${purposeName(purpose)} (extended key usage)`
  const usages = keyUsages(leaf)
  // Fulcio's certificate specification; RFC 3161 asks it of no timestamp authority.
  if (usages === undefined) return purpose === OID.codeSigning ? 'has no key usage' : undefined
  return usages.has('digitalSignature') ? undefined : 'is not for digital signatures (key usage)'
}

function authorityProblem(
  issuer: Certificate,
  { below, purpose }: { readonly below: number; readonly purpose: string },
): string | undefined {
  const { isAuthority, pathLength } = basicConstraints(issuer)
  if (!isAuthority) return 'is not a CA certificate'
  if (keyUsages(issuer)?.has('keyCertSign') !== true) return 'is not for signing certificates (key usage)'
  if (pathLength !== undefined && below > pathLength)
    return `allows ${pathLength} CA certificates below it (path length), and has ${below}`
  const purposes = extendedKeyUsages(issuer)
  const allows =
    purposes.length === 0 || purposes.includes(purpose) || purposes.includes(OID.anyExtendedKeyUsage)
  return allows ? undefined : `may not issue certificates for ${purposeName(purpose)} (extended key usage)`
}

function commonProblem(certificate: Certificate, atSeconds: number): string | undefined {
  const { notBeforeSeconds, notAfterSeconds, extensions } = certificate
  if (atSeconds < notBeforeSeconds)
    return `is not yet valid: from ${formatTime(notBeforeSeconds)}, checked at ${formatTime(atSeconds)}`
  if (atSeconds > notAfterSeconds)
    return `has expired: valid until ${formatTime(notAfterSeconds)}, checked at ${formatTime(atSeconds)}`
  const unknown = extensions.find(({ oid, isCritical }) => isCritical && !UNDERSTOOD.has(oid))
  if (unknown !== undefined) return `has the unknown critical extension ${unknown.oid}`
  if (extensions.some(({ oid }) => oid === OID.nameConstraints))
    return 'has name constraints, which are not supported'
  return undefined
}

function purposeName(purpose: string): string {
  if (purpose === OID.codeSigning) return 'code signing'
  return purpose === OID.timeStamping ? 'time stamping' : purpose
}
