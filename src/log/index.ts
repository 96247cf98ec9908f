/**
 * The append-only log: leaves in order, a Merkle tree over them, and proofs.
 *
 * `createLog` once, with the leaf that stands at index 0; `openLog` at every start, then `append`. What `append` resolves
 * with is durable. A log that is missing is an error, never a new empty one. `checkLog` derives the whole tree anew from
 * the leaves. Nothing here signs: `trust/` does that with what is committed.
 */
export { checkLog, type LogCheck } from './check.ts'
export { createLog, openLog, type Appended, type TransparencyLog, type TreeHead } from './log.ts'
export type { LogLeaf, LogStore, NewLeaf } from './store.ts'
