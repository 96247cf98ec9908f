/**
 * One client of GitLab's runner API: asks a server for a job, runs it as processes of this user, reports its log,
 * artifacts and result.
 *
 * Most callers need `createRunner` and its `runUntil`; an observer renders what happens. What a job prints is masked
 * before anybody sees it. A job gets a fresh folder, HOME and, for `image: python:X.Y`, virtual environment; of the
 * host's environment it gets an allow-list. Caches are best effort. Artifacts are refused when they lead out of the
 * project, in both directions.
 *
 * It does not isolate: the plain executor's jobs can do what this user can, and each log begins with saying so. It
 * starts no images and no services, fetches no submodules, and uploads archives but no reports.
 *
 * Spec: gitlab-surface 5.2 to 5.4 (the wire), 4.4 (script, artifacts, cache), 4.6 (second phase of expansion).
 */
export { createPlainExecutor } from './plain/executor.ts'
export { createRunner, type Runner, type RunnerOptions } from './runner.ts'
export type { JobOutcome, RunnerEvent, RunnerObserver } from './observer.ts'
