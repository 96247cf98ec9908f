/**
 * `wheelseal verify`, without its flags and its words: files and their seals, the trust root and the policy come
 * together, and every file gets an outcome.
 *
 * Call `prepare`, which loads what all files share, then `verifyTargets`. An entry of its own beside that of `client/`: a
 * verification must not load the server (docs/design/rooms.md). What is decided of a file is decided in `verify/`; here
 * are files, flags and the network.
 */
export { prepare, verifyTargets } from './verify-targets.ts'
export type { Prepared, SealFiles } from './prepared.ts'
export { findBeside } from './seal-files.ts'
export { bundlePath, saveBundles } from './save-bundles.ts'
export type { FileOutcome } from './outcome.ts'
export { readOnce, type Seen } from './one-pass.ts'
export {
  STANDARD_INPUT,
  type Expectation,
  type FirstRoot,
  type Origin,
  type SealChoice,
  type Target,
  type TrustChoice,
  type VerifyPlan,
} from './plan.ts'
export type { VerifyIo } from './io.ts'
export { clientVerifyErrors } from './errors.ts'
export { loadTrust, type TrustStart } from './trust-start.ts'
