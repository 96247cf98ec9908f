/**
 * Who a token or a certificate speaks for.
 *
 * `verifyIdToken` decides whether an id token is good and gives its claims; `certificateIdentity` turns claims into
 * what a certificate says (Fulcio's mapping for GitLab); `readIdentity` reads that back. `gitLabClaims` writes the
 * payload of a job's token as GitLab does, and `parseKeySet` reads the keys that an issuer publishes. Keys and time are handed in; nothing here fetches, stores or decides what an
 * identity may do.
 */
export { isIssuerUrl, parseGitLabClaims, type GitLabClaims } from './claims.ts'
export { parseKeySet } from './key-set.ts'
export { gitLabClaims, type IdTokenJob, type TokenTerms } from './gitlab-claims.ts'
export { verifyIdToken, type TokenChecks, type TokenKeys } from './token.ts'
export {
  certificateIdentity,
  readIdentity,
  type CertificateIdentity,
  type ExtensionName,
  type Identity,
} from './certificate-identity.ts'
export { identityErrors } from './errors.ts'
