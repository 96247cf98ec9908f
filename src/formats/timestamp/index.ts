/**
 * Timestamps (RFC 3161 and RFC 5816, in the SignedData of RFC 5652) as Sigstore uses them.
 *
 * An authority reads with `parseTimestampRequest` and answers with `buildTimestampResponse` or
 * `buildTimestampRejection`; `buildTimestampRequest` asks it. A verifier reads with `parseTimestampResponse` and decides with `verifyTimestamp`, which
 * gives the time that is proved.
 *
 * Strict DER, ECDSA with SHA-256, SHA-384 or SHA-512, one signer, certificates from the trust root and never from the
 * response; what cannot be read is `timestamp.malformed`. No RSA, no SHA-1, no fractions of seconds, no CMS beyond this.
 */
export { messageImprint, type MessageImprint } from './imprint.ts'
export { hashByOid, isTimestampHash, type TimestampHash } from './hash.ts'
export { buildTimestampRequest, parseTimestampRequest, type TimestampRequest } from './request.ts'
export { buildTimestampRejection, buildTimestampResponse } from './build.ts'
export { parseTimestampResponse, type TimestampResponse, type TimestampToken } from './response.ts'
export type { TimestampFailure } from './status.ts'
export { verifyTimestamp, type Stamped, type TimestampCheck, type TimestampResult } from './verify.ts'
