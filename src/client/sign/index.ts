/**
 * `wheelseal sign` and `wheelseal attest`, without their flags and their words: token, services, trust root and files
 * come together, and the seals or attestations are written, all or none.
 *
 * Call `signFiles` or `attestDistributions`. An entry of its own beside that of `client/`: a signing must not load the
 * server.
 */
export { signFiles, type SealedFile, type SignResult } from './sign-files.ts'
export { attestDistributions, type AttestResult, type WrittenAttestation } from './attest-files.ts'
export type { SignEvents, SignIo } from './io.ts'
export type { AttestPlan, ServiceChoice, SigningPlan, SignPlan, TokenChoice } from './plan.ts'
export { writeTogether, type Output } from './write-together.ts'
export { clientSignErrors } from './errors.ts'
