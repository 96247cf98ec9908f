/**
 * X.509 certificates as Sigstore uses them (RFC 5280, RFC 6962, Fulcio's certificate specification).
 *
 * Reading: `parseCertificate` and `parseCertificatesPem`, then the readers of single extensions; `checkChain` decides
 * whether a leaf stands under a trusted root at a given time. Certificate transparency: `embeddedScts`,
 * `precertificateTbs`, `sctSignedBytes`, `merkleTreeLeaf`. Writing: `buildRoot`, `buildIntermediate`,
 * `buildTimestampLeaf` and `buildLeaf`, which signs twice, with the SCT in between; for TLS servers `buildServerRoot` and `buildServerLeaf`. Certificate requests: `parseCertificateRequestPem`, then `provesPossession`.
 *
 * Strict DER and one spelling; whatever is refused is `x509.malformed`. No revocation, no name constraints, no
 * policies: Sigstore's certificates live ten minutes and have none of them.
 */
export type { Certificate } from './certificate.ts'
export { parseCertificate } from './parse-certificate.ts'
export { parseCertificateRequestPem, provesPossession, type CertificateRequest } from './csr.ts'
export { certificatePem, parseCertificatesPem, parsePublicKeyPem, publicKeyPem } from './pem.ts'
export { parsePublicKey, spkiOf, type PublicKey } from './public-key.ts'
export {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsages,
  fulcioExtension,
  keyUsages,
  subjectAlternativeNames,
  subjectKeyId,
} from './extensions.ts'
export { OID } from './oids.ts'
export type { GeneralName } from './names.ts'
export { checkChain, type ChainRequest, type ChainResult } from './chain.ts'
export { isSignedBy, verifyWithSpki } from './signature.ts'
export { verifyRsaDigest } from './rsa-digest.ts'
export { sshFingerprint } from './ssh-fingerprint.ts'
export {
  embeddedScts,
  encodeSctList,
  merkleTreeLeaf,
  precertificateTbs,
  sctSignedBytes,
  type LoggedPrecertificate,
  type SignedCertificateTimestamp,
} from './sct.ts'
export { certificateTreeLeaf, precertificateOfLeaf, type PrecertificateOfLeaf } from './tree-leaf.ts'
export {
  buildIntermediate,
  buildLeaf,
  buildRoot,
  buildServerLeaf,
  buildServerRoot,
  buildTimestampLeaf,
  type IssuedRequest,
} from './build.ts'
export { newRoot, type CertifiedKey } from './new-root.ts'
export { randomSerial } from './serial.ts'
