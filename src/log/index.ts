/**
 * The append-only log: leaves in order, a Merkle tree over them, and proofs.
 *
 * `createLog` once, with the leaf that stands at index 0; `openLog` at every start, then `append`. What `append` resolves
 * with is durable: everything that waits is one record of the write-ahead log and one sync. Full bundles and tiles are
 * written behind it. A log that is missing is an error, never a new empty one, and one that is behind its anchor takes
 * nothing more. `check` derives the whole tree anew from what is on disk. Nothing here signs: `trust/` does that with
 * what is committed. docs/design/log.md has the life of an entry.
 */
export type { LogCheck } from './check.ts'
export type { LogEntry } from './entry.ts'
export { logErrors } from './errors.ts'
export type { Anchor, KeyIndex, KeyRow, LogFile, LogFiles, TreeHead } from './files.ts'
export { frozenLog, lostLog } from './lost.ts'
export { createLog, inspectLog, openLog, type LogParts, type TransparencyLog } from './log.ts'
export type { Appended, NewEntry, TimeWindow } from './new-entry.ts'
