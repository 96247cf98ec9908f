/**
 * `rehearse` runs a project's own pipeline as if this machine were the internet that it names: gitlab.com, Fulcio, Rekor
 * and the release of cosign are answered by services and keys of this one run, which are gone when it returns.
 */
export { REHEARSAL_EXECUTORS, type ExecutorName } from './executors.ts'
export { rehearse, type RehearseOptions, type RehearseReport } from './rehearse.ts'
