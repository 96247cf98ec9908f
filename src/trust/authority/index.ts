/**
 * The certificate authority (Fulcio): an id token and the proof of a key's possession, which may be a certificate request,
 * become a certificate for ten minutes that names the pipeline (Fulcio certificate specification, RFC 6962 §3.1).
 *
 * `createCertificateAuthority` once per instance; `createAuthority` at every start, then `issue`. It trusts whatever
 * `verifyToken` lets through and logs every certificate in `ct` before it exists. It keeps nothing, revokes nothing and
 * never touches the root's key.
 */
export {
  createAuthority,
  type Authority,
  type AuthorityParts,
  type PrecertificateLog,
  type ProvenKey,
} from './authority.ts'
export { createCertificateAuthority } from './create.ts'
