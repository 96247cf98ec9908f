/**
 * Rekor v1: signatures over digests, logged with their certificate, each answered with a proof, a checkpoint and a
 * signed entry timestamp (SET). `createRekor` over an open log; `http/rekor.ts` has the routes.
 *
 * Logs hashedrekord 0.0.1 and dsse 0.0.1 whose signatures hold and whose certificate `acceptsCertificate` lets in. Answers about an
 * entry are made from one committed head and are checked before they leave.
 */
export { createRekor, originOf, rekorGenesis, type Rekor, type RekorParts } from './rekor.ts'
export { hashedRekordOf, readProposal, type Proposal, type ProposedKey } from './proposal.ts'
export { rekorErrors, DuplicateEntryError } from './errors.ts'
export { publicKeyText, searchKeysOf } from './search-keys.ts'
