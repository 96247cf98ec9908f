/**
 * Decides whether a distribution was sealed by whom you expect, and says why not.
 *
 * Call `verifySeal` with the digest of the file, its seal, a trust root and a policy; the verdict holds every check by
 * name, whatever the first refusal was. `trustRootFromPem` reads the files that cosign 2 uses; `exactly` and
 * `matching` make the rules of a policy, `gitLabRule` those of a project, `readPolicy` those of a file; `verdictSentence`, `checkLines` and `verdictHint` say it in words.
 *
 * Pure: no network, no files, no clock. Follows cosign 2.2.3 `verify-blob`, and is nowhere more lenient: also the
 * checkpoint is checked, the chain must hold at both times, a certificate has one name, and every SCT must verify.
 * Not here: bundles, timestamps (RFC 3161), Rekor 2, keys without certificates.
 */
export { verifySeal, type Seal, type VerifyRequest } from './verify-seal.ts'
export {
  exactly,
  matching,
  type ClaimRule,
  type IdentityRule,
  type Policy,
  type Requirement,
  type TextRule,
} from './policy.ts'
export { gitLabRule, type GitLabIdentity } from './policy-identity.ts'
export { readPolicy } from './policy-load.ts'
export type { PolicyFile } from './policy-file.ts'
export type { Identity } from '../identity/index.ts'
export { CHECK_NAMES, type Check, type CheckName, type RefusalCode, type Verdict } from './verdict.ts'
export type { CertificateAuthority, LogKey, TrustRoot, Validity } from './trust-root.ts'
export { trustRootFromPem, type PemFiles } from './trust-root-pem.ts'
export { checkLines, comparisonLines, verdictHint, verdictSentence } from './explain.ts'
