/**
 * What Sigstore's clients and Rekor v1 write to each other and to disk, in the one spelling each.
 *
 * Entries: `parseHashedRekord` reads a proposed entry, `hashedRekordBody` gives the bytes that are logged (equal to
 * those of a stock Rekor), `readHashedRekordBody` reads them back. `parseDsseProposal` and `dsseBody` do it for envelopes, which `sealedEnvelope` makes. Answers of a log: `parseLogEntry`,
 * `parseLogEntries`, `formatLogEntry`, and `setSignedBytes` for the signed entry timestamp. Files: `readSignatureFile`,
 * `readCertificateFile` and their writers are cosign's `.sig` and `.crt`.
 *
 * Seals: `parseSeals` reads every file that holds whole ones (bundles 0.1 to 0.3, cosign's old bundle, PEP 740) into
 * `SealParts`, `formatBundle` writes bundles 0.3, `formatCosignBundle` the old ones, `formatAttestation` those of PEP 740 over a `formatStatement`, `readLoggedRecord` what an entry of Rekor v1 or v2 is about, `parseStatement` what an envelope holds.
 *
 * `sealedFile` tells by its name which file a seal is of.
 *
 * The files by which clients learn whom to trust and where to sign (protobuf-specs, sigstore_trustroot.proto): `parseTrustedRoot` reads any
 * `trusted_root.json`, with several authorities and logs in their spans of time, `parseSigningConfig` any signing
 * config, of which `chooseService` takes what is to be used now. `trustedRoot`, `signingConfig` and `clientTrustConfig` (both in one, for sigstore-python)
 * describe one Wheelseal: every service at one URL, Rekor v1, open validity; `trustFile` makes the bytes. What every client accepts is stricter than the schema: see the comments.
 *
 * Pure: shapes and encodings only. Whether a signature, a proof or a certificate is valid is decided by `verify/`.
 */
export {
  hashedRekordBody,
  parseHashedRekord,
  proposedHashedRekord,
  readHashedRekordBody,
  type DigestAlgorithm,
  type HashedRekord,
} from './hashed-rekord.ts'
export {
  dsseBody,
  dsseSignedBytes,
  parseDsseProposal,
  proposedDsse,
  sealedEnvelope,
  type DsseProposal,
  type DsseSignature,
} from './dsse.ts'
export { formatEntryUuid, parseEntryUuid, type EntryUuid } from './entry-uuid.ts'
export {
  formatLogEntry,
  parseLogEntries,
  parseLogEntry,
  type LogEntry,
  type LoggedEntry,
  type LogInclusionProof,
} from './log-entry.ts'
export { setSignedBytes, type EntryPromise } from './signed-entry-timestamp.ts'
export {
  readCertificateFile,
  readSignatureFile,
  writeCertificateFile,
  writeSignatureFile,
} from './seal-files.ts'
export { canonicalKeyPem } from './key-pem.ts'
export { formatBundle } from './format-bundle.ts'
export { formatCosignBundle } from './format-cosign-bundle.ts'
export { formatAttestation } from './format-attestation.ts'
export { parseSeals } from './parse-seal.ts'
export { sealedFile } from './seal-names.ts'
export type { Envelope, FileDigest, SealFormat, SealParts } from './seal-parts.ts'
export { readLoggedRecord, type LoggedRecord, type Verifier } from './logged-record.ts'
export { IN_TOTO, parseStatement, type Statement } from './statement.ts'
export { formatStatement, PROVENANCE_V1, PUBLISH_V1, type NewStatement } from './format-statement.ts'
export {
  parseTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  type TrustedRoot,
  type TrustPeriod,
} from './parse-trusted-root.ts'
export {
  chooseService,
  parseSigningConfig,
  type NamedService,
  type ServiceGroup,
  type SigningServices,
} from './parse-signing-config.ts'
export { trustedRoot, type InstanceTrust } from './format-trusted-root.ts'
export { clientTrustConfig, signingConfig, trustFile } from './format-signing-config.ts'
