/**
 * The TUF repository by which clients learn the trust root of this instance, and its changes (TUF specification 1.0.31).
 *
 * `createTufRepository` once per instance, with `sigstoreTargets`; `openTufRepository` at every start, then `read`.
 * Snapshot and timestamp are signed anew by `read` before they expire, which takes the online key only. Root and targets
 * live for years and have keys of their own, which a running server never touches.
 *
 * The holder of the online key alone can hold clients back on an older state of the repository, and cannot put a target
 * into it. Every document is a plain file under the name that clients ask for.
 */
export { createTufRepository, type NewTufRepository } from './create.ts'
export { DEFAULT_LIFETIMES, type Lifetimes } from './lifetimes.ts'
export {
  openTufRepository,
  type DocumentStatus,
  type TufRepository,
  type TufRepositoryParts,
} from './repository.ts'
export type { TufRepositoryStore } from './store.ts'
export { sigstoreTargets } from './targets.ts'
