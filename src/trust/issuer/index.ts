/**
 * The OpenID Connect issuer of CI jobs: id tokens as GitLab makes them, and the two documents with which anybody checks
 * them (OpenID Connect Discovery, RFC 7517).
 *
 * `createIssuer` with the external URL and a `createKeyRing` of its RSA keys; `mint` a token for a subject. It does not
 * know jobs, projects or users, and does not decide who gets a token: `pipelines/` and `server/` hand it the subject.
 * Where the keys are kept is `server/`'s business; when each of them signs is the ring's.
 */
export { createIssuer, type Issuer } from './issuer.ts'
export {
  createKeyRing,
  PUBLISHED_AFTER_MS,
  PUBLISHED_BEFORE_MS,
  signingKey,
  type DatedKey,
  type KeyRing,
  type PublishedKey,
} from './key-ring.ts'
