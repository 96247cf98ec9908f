/**
 * `wheelseal sign`, without its flags and its words: token, services, trust root and files come together, and the seals
 * are written, all or none.
 *
 * Call `signFiles`. An entry of its own beside that of `app/`: a signing must not load the server.
 */
export { signFiles, type SealedFile, type SignIo, type SignResult } from './sign-files.ts'
export type { ServiceChoice, SignPlan, TokenChoice } from './plan.ts'
export { writeTogether, type Output } from './write-together.ts'
export { appSignErrors } from './errors.ts'
