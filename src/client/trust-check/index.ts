/**
 * `wheelseal trust check`, without its flags and its words: whether the stock clients of this machine (cosign 2 and 3,
 * sigstore-python, rekor-cli) are set up for an instance, and which variable or file is wrong.
 *
 * Call `checkTrust`. Each client signs an empty file and verifies its signature twice at most: as this user has set it,
 * with copies of what it keeps in the home, and, where that fails, with the instance's export alone. A client whose
 * settings name other addresses is not run with them: the id token would go there. Nothing of the user's is written.
 */
export { checkTrust, type ClientReport, type TrustCheckReport } from './check-trust.ts'
export type { Setting } from './aim.ts'
export type { Trial } from './trial.ts'
