/**
 * Decides whether a distribution was sealed by whom you expect, and says why not.
 *
 *     const verdict = verifyBundle({
 *       bundle: await readFile('demo-1.0.tar.gz.sigstore.json', 'utf8'),
 *       artifact: artifactOf(await readFile('demo-1.0.tar.gz'), 'demo-1.0.tar.gz'),
 *       trustRoot: trustRootFromJson(await readFile('trusted_root.json', 'utf8')),
 *       policy: { anyOf: [{ san: exactly(identity), issuer: exactly('https://gitlab.example') }] },
 *     })
 *
 * `verifyDistribution` decides whether a distribution may be taken, over all seals that were found for it: `readSealFile`
 * reads them, `neededDigests` says what must be known of the file, from one pass over it, `policyForFile` which rule its
 * name falls under, `explainDistribution` what to say of it. Its port `askLog` is called for a `.sig` and `.crt` that are
 * alone, and for nothing else.
 *
 * `verifyBundle` reads bundles 0.1 to 0.3, the JSON of `cosign --bundle` and PEP 740 attestations; `verifyProvenance` a
 * provenance object; `verifySeal` takes a seal apart, for which a log may have been asked. The verdict holds every check
 * by name, whatever the first refusal was, each passed, failed, undecided or not applicable with its reason; `verified`
 * is true only when none failed and none is undecided. A digest does in place of the file, but for keys of Ed25519.
 * `trustRootFromJson` and `trustRootFromPem` read trust roots; `exactly` and `matching` make the rules of a policy,
 * `gitLabRule` those of a project, `readPolicy` those of a file, `amendPolicy` writes one from files that are trusted, `explainName` says what it asks of a package, `key` in the request names a managed key in its place;
 * `verdictSentence`, `checkLines` and `verdictHint` say it in words.
 *
 * Pure: no network, no files, no clock; what is malformed in a seal is a verdict and never thrown, a malformed trust
 * root is thrown. From one call to the next are kept the keys of a trust root, with its bytes, and which signatures on
 * its certificates are good, by all their bytes; nothing of a seal. Nowhere more lenient than cosign 2.2.3 and 3.1.2:
 * also the checkpoint is checked, the chain must hold at both times, a certificate has one SAN, every SCT and every
 * timestamp must verify, and every time must fit; docs/reference/cosign.md has a row for each place where it is stricter,
 * and tests/conformance/letter.test.ts a case. One form is read that cosign 3.1.2 cannot read at all: `dsse` entries of
 * Rekor v2, as sigstore-python writes them. Kinds of keys are those of cosign: named keys sign with SHA-256 on every
 * curve, and Ed25519 files only prehashed and under a certificate. Not here: witnesses, RSA-PSS, which cosign does not
 * verify either, revocation.
 */
export {
  verifyDistribution,
  type DistributionRequest,
  type DistributionVerdict,
  type JudgedFile,
} from './distribution/verify-distribution.ts'
export type { Expected, Judged, LogAnswer } from './distribution/judge-seal.ts'
export { readSealFile, type FoundSeal, type SealFile } from './distribution/seal-file.ts'
export { neededDigests, type NeededDigests } from './distribution/needed-digests.ts'
export { policyForFile } from './distribution/policy-for-file.ts'
export { explainDistribution, explainRefusal, type Explained } from './distribution/explain-distribution.ts'
export { isAbout } from './distribution/is-about.ts'
export { verifySeal } from './verify-seal.ts'
export { verifyBundle, verifyProvenance, type BundleRequest } from './verify-bundle.ts'
export { artifactOf } from './artifact.ts'
export type { LogCheckpoint } from './log/log-checkpoint.ts'
export type { Artifact, Seal, VerifyRequest } from './seal.ts'
export {
  exactly,
  matching,
  searching,
  type ExtensionRule,
  type IdentityRule,
  type Policy,
  type Requirement,
  type SealHas,
  type TextRule,
} from './policy/policy.ts'
export { ANYBODY } from './policy/anybody.ts'
export { gitLabRule, type GitLabIdentity } from './policy/gitlab-rule.ts'
export { compareIdentity, isAllowed } from './identity/check-identity.ts'
export { DURATION, durationMs } from './policy/duration.ts'
export { readPolicy } from './policy/read-policy.ts'
export { ruleText } from './policy/rule-text.ts'
export type { IdentityTable } from './policy/policy-schema.ts'
export { amendPolicy, type AmendedPolicy } from './policy/amend.ts'
export type { SealedFile, TagChoice } from './policy/propose.ts'
export { explainName, type ExplainedName, type ExplainedTerms } from './policy/explain-name.ts'
export type { Exemption, GateRule } from './policy/gate-rule.ts'
export type { Listing, PolicyContents, PolicyFile } from './policy/policy-file.ts'
export type { Identity } from '../identity/index.ts'
export { CHECK_NAMES, type Check, type CheckName, type RefusalCode, type Verdict } from './verdict/verdict.ts'
export type {
  CertificateAuthority,
  LogKey,
  TimestampAuthority,
  TrustRoot,
  Validity,
} from './trust-root/trust-root.ts'
export { trustRootFromJson } from './trust-root/trust-root-json.ts'
export { trustRootFromPem, type PemFiles } from './trust-root/trust-root-pem.ts'
export { verifyErrors } from './errors.ts'
export { checkLine, checkLines, comparisonLines, verdictHint, verdictSentence } from './verdict/explain.ts'
