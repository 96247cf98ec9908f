/**
 * The OpenID Connect issuer of CI jobs: id tokens as GitLab makes them, and the two documents with which anybody checks
 * them (OpenID Connect Discovery, RFC 7517).
 *
 * `createIssuer` with the external URL and its RSA key; `mint` a token for a subject. It does not know jobs, projects or
 * users, and does not decide who gets a token: `pipelines/` and `app/` hand it the subject.
 */
export { createIssuer, type Issuer } from './issuer.ts'
