/**
 * `wheelseal policy init`, without its flags and its words: a policy that is written from files which somebody trusts.
 *
 * Call `judgeTrusted`, which verifies every seal of the files whoever signed, then `proposePolicy` for the text, and
 * `writePolicy` once it was agreed to. Whom to trust is decided by who reads what `judgeTrusted` found, and by nobody
 * here. An entry of its own beside that of `client/`: a server is not loaded. Not here: what the narrowest rule is
 * (`verify/`).
 */
export { judgeTrusted } from './judge.ts'
export type { PolicyPlan, TrustedRelease } from './plan.ts'
export { proposePolicy, writePolicy, type PolicyProposal } from './propose.ts'
export { policyErrors } from './errors.ts'
