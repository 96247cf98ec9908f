/**
 * The certificate authority (Fulcio): an id token and the proof of a key's possession, which may be a certificate request,
 * become a certificate for ten minutes that names the pipeline (Fulcio certificate specification, RFC 6962 §3.1).
 *
 * `createCertificateAuthority` once per instance; `createAuthority` at every start, then `issue`. It trusts whatever
 * `verifyToken` lets through and logs every certificate in `ct` before it exists. It keeps nothing, revokes nothing and
 * never touches the root's key. `createTokenCheck` is that `verifyToken` for a list of issuers, whose keys are handed in
 * or come from `createDiscoveredKeys`.
 */
export {
  createAuthority,
  type Authority,
  type AuthorityParts,
  type PrecertificateLog,
  type ProvenKey,
} from './authority.ts'
export { createTokenCheck, onlyProjects, type AcceptedIssuer, type AllowList } from './accepted-issuers.ts'
export { parseClientKey, parseClientRequest } from './client-key.ts'
export { createCertificateAuthority } from './create.ts'
export { createDiscoveredKeys, type DiscoveredKeys } from './discovered-keys.ts'
