/**
 * The append-only log: leaves in order, a Merkle tree over them, and proofs.
 *
 * `createLog` once, with the leaf that stands at index 0; `openLog` at every start, then `append`. What `append` resolves
 * with is durable. A log that is missing is an error, never a new empty one. Nothing here signs: `trust/` does that with
 * what is committed.
 */
export { createLog, openLog, type Appended, type TransparencyLog, type TreeHead } from './log.ts'
export type { LogLeaf, LogStore, NewLeaf } from './store.ts'
