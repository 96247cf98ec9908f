import { verify, type KeyObject } from 'node:crypto'
import { bytesEqual, WheelsealError } from '../../base/index.ts'
import { derOctetString, derOid } from '../der/index.ts'
import { parseEcdsaSignature } from '../ecdsa/index.ts'
import { checkChain, extendedKeyUsages, parsePublicKey, type Certificate } from '../x509/index.ts'
import { digestOf, hashByOid, hashOid, type HashAlgorithm, type TimestampHash } from './hash.ts'
import type { MessageImprint } from './imprint.ts'
import { OID } from './oids.ts'
import type { TimestampResponse, TimestampSigner, TimestampToken } from './response.ts'

/** What must have been stamped; Sigstore stamps the bytes of a signature. */
export type Stamped =
  | { readonly message: Uint8Array }
  | { readonly hash: TimestampHash; readonly digest: Uint8Array }

export interface TimestampCheck {
  readonly response: TimestampResponse
  readonly stamped: Stamped
  /** From the trust root: the authority's own certificate first, the root last, two or more. */
  readonly chain: readonly Certificate[]
}

export type TimestampResult =
  | { readonly ok: true; readonly timeSeconds: number }
  | { readonly ok: false; readonly reason: string }

const MIN_CHAIN = 2
const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 4096

/**
 * Whether the authority of `chain` says that the message existed at the time that is given (RFC 3161 §2.4.2, RFC 5652
 * §5.4 and §5.6, RFC 5816), with what sigstore-go and sigstore-js demand beyond that. The chain must be valid at that
 * time; whether the trust root meant the authority for that time is the caller's question. Never throws.
 */
export function verifyTimestamp({ response, stamped, chain }: TimestampCheck): TimestampResult {
  if (!response.isGranted)
    return { ok: false, reason: `the timestamp authority answered with status ${response.status}` }
  const { token } = response
  const { timeSeconds } = token.info
  const [leaf, ...issuers] = chain
  if (leaf === undefined || chain.length < MIN_CHAIN) {
    return {
      ok: false,
      reason: `the timestamp authority has a chain of ${chain.length} certificates, at least ${MIN_CHAIN} are needed`,
    }
  }
  const reason =
    imprintProblem(token.info.imprint, stamped) ??
    signerProblem(token, leaf) ??
    purposeProblem(leaf, issuers.slice(0, -1)) ??
    attributeProblem(token, leaf) ??
    signatureProblem(token.signer, leaf) ??
    chainProblem(leaf, issuers, timeSeconds)
  return reason === undefined ? { ok: true, timeSeconds } : { ok: false, reason }
}

function imprintProblem({ hashOid: oid, digest }: MessageImprint, stamped: Stamped): string | undefined {
  const algorithm = hashByOid(oid)
  if (algorithm === undefined) return `the hash algorithm ${oid} is not supported`
  const matches =
    'message' in stamped
      ? bytesEqual(digestOf(algorithm, stamped.message), digest)
      : hashOid(stamped.hash) === oid && bytesEqual(stamped.digest, digest)
  return matches ? undefined : 'the timestamp is for a different signature'
}

/** The signer must be the trust root's own leaf, also where the authority sent certificates along. */
function signerProblem({ signer, certificates }: TimestampToken, leaf: Certificate): string | undefined {
  if (!bytesEqual(signer.issuerDer, leaf.issuerDer) || !bytesEqual(signer.serial, leaf.serial)) {
    return 'it was not signed by the timestamp authority in your trust root'
  }
  const isSentAlong = certificates.some((der) => bytesEqual(der, leaf.der))
  return certificates.length === 0 || isSentAlong
    ? undefined
    : 'the certificates in the timestamp are not those of the timestamp authority in your trust root'
}

/** RFC 3161 §2.3: time stamping, critical, and nothing else; sigstore-go lets intermediates have no other purpose either. */
function purposeProblem(leaf: Certificate, intermediates: readonly Certificate[]): string | undefined {
  const isCritical = leaf.extensions.some((each) => each.oid === OID.extendedKeyUsage && each.isCritical)
  if (!isCritical || !isForTimeStampingAlone(extendedKeyUsages(leaf))) {
    return 'the certificate of the timestamp authority must have time stamping alone as its critical extended key usage'
  }
  const purposes = intermediates.map((each) => extendedKeyUsages(each)).filter(({ length }) => length > 0)
  return purposes.every(isForTimeStampingAlone)
    ? undefined
    : 'an intermediate of the timestamp authority is for more than time stamping (extended key usage)'
}

function isForTimeStampingAlone([purpose, ...others]: readonly string[]): boolean {
  return purpose === OID.timeStamping && others.length === 0
}

/** RFC 5652 §5.6 and §11.1, RFC 5816 §2.2.1. */
function attributeProblem({ signer, content }: TimestampToken, leaf: Certificate): string | undefined {
  const contentType = signer.attributes.get(OID.contentType)
  if (contentType === undefined || !bytesEqual(contentType, derOid(OID.timestampInfo))) {
    return 'the signed content type is not that of a timestamp'
  }
  const algorithm = hashByOid(signer.digestOid)
  if (algorithm === undefined) return `the digest algorithm ${signer.digestOid} is not supported`
  const digest = signer.attributes.get(OID.messageDigest)
  if (digest === undefined || !bytesEqual(digest, derOctetString(digestOf(algorithm, content)))) {
    return 'the signed digest is not that of the timestamp'
  }
  return namesCertificate(signer, leaf)
    ? undefined
    : 'the timestamp does not name the certificate of its authority (ESSCertIDv2)'
}

function namesCertificate({ certificate }: TimestampSigner, leaf: Certificate): boolean {
  const algorithm = certificate === undefined ? undefined : hashByOid(certificate.hashOid)
  if (certificate === undefined || algorithm === undefined) return false
  const { hash, issuerSerial } = certificate
  return (
    bytesEqual(hash, digestOf(algorithm, leaf.der)) &&
    (issuerSerial === undefined ||
      (bytesEqual(issuerSerial.issuerDer, leaf.issuerDer) && bytesEqual(issuerSerial.serial, leaf.serial)))
  )
}

/** ECDSA, or RSA PKCS #1 v1.5 with keys of 2048 to 4096 bits. */
function signatureProblem(signer: TimestampSigner, leaf: Certificate): string | undefined {
  const used = signingKey(leaf)
  if (used === undefined)
    return 'the key of the timestamp authority is neither ECDSA nor RSA of 2048 to 4096 bits'
  const algorithm = hashByOid(signer.digestOid)
  if (algorithm === undefined || !isOfHash(signer, algorithm, used.family)) {
    return `the signature algorithm ${signer.signatureOid} with the digest algorithm ${signer.digestOid} is not supported`
  }
  const { signedBytes, signature } = signer
  const isWellFormed = used.family === 'rsa' || parseEcdsaSignature(signature) !== undefined
  const holds = isWellFormed && verify(algorithm.name, signedBytes, used.key, signature)
  return holds ? undefined : 'the signature of the timestamp is not valid'
}

type Family = 'ecdsa' | 'rsa'

/** The hash of the signature must be that of the digest: clients differ in which of the two they use. RSA may leave it out (RFC 3370 §3.2). */
function isOfHash(
  { signatureOid }: TimestampSigner,
  { signatureOids }: HashAlgorithm,
  family: Family,
): boolean {
  return signatureOids[family] === signatureOid || (family === 'rsa' && signatureOid === OID.rsaEncryption)
}

function signingKey({ spki }: Certificate): { readonly family: Family; readonly key: KeyObject } | undefined {
  try {
    const read = parsePublicKey(spki)
    if (read.kind === 'ed25519') return undefined
    if (read.kind !== 'rsa') return { family: 'ecdsa', key: read.key }
    const isKnown = read.modulusBits >= MIN_RSA_BITS && read.modulusBits <= MAX_RSA_BITS
    return isKnown ? { family: 'rsa', key: read.key } : undefined
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

function chainProblem(
  leaf: Certificate,
  issuers: readonly Certificate[],
  atSeconds: number,
): string | undefined {
  const intermediates = issuers.slice(0, -1)
  const result = checkChain({
    leaf,
    intermediates,
    roots: issuers.slice(-1),
    atSeconds,
    purpose: OID.timeStamping,
    leafOf: 'trust root',
  })
  return result.ok ? undefined : `the chain of the timestamp authority: ${result.reason}`
}
