/**
 * Makes seals: digests and an id token in, signatures, a certificate and log entries out.
 *
 * Call `signBlobs`. One key in memory, one certificate and one log entry per file; the authority and the log come in as
 * the ports `CertificateSource`, `EntryLog` and `TimestampSource` (the HTTP clients are in `net/`). `readToken` says whom
 * a token speaks for. With a trust root at hand every seal is verified before it is returned. `attestFiles` makes
 * attestations of PEP 740 in place of seals; `certify` asks for the certificate of either ahead. `proposalFor` is the
 * entry to ask a log for when only `.sig` and `.crt` are there. Follows cosign 2.2.3 `sign-blob`. Nothing is written
 * here, and no file is read.
 */
export { bundleOf } from './bundle.ts'
export { signBlobs, type Blob, type SignedBlob, type SignRequest } from './sign-blobs.ts'
export {
  attestFiles,
  type AttestationKind,
  type AttestedFile,
  type AttestRequest,
  type NewAttestation,
} from './attest.ts'
export { certify, type Certified, type CertifyRequest, type SigningRequest } from './certify.ts'
export { readToken, tokenClaims, type TokenIdentity } from './token.ts'
export { inParallel } from './in-parallel.ts'
export { proposalFor, type Sealed } from './proposal.ts'
export type { CertificateRequest, CertificateSource, EntryLog, TimestampSource } from './ports.ts'
export { signErrors } from './errors.ts'
