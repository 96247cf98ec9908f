/**
 * One client of GitLab's runner API: asks a server for a job, runs it in an executor, reports its log, artifacts and
 * result.
 *
 * Most callers need `createRunner`, with an executor, and its `runUntil`; an observer renders what happens. What a job
 * prints is masked before anybody sees it. A job gets fresh folders and, of the host's environment, an allow-list.
 * Caches are best effort. Artifacts are refused when they lead out of the project, in both directions.
 *
 * There is the plain executor, whose jobs are processes of this user and can do what this user can; each log begins
 * with saying so. For `image: python:X.Y` it makes a virtual environment; it starts no images. The runner starts no
 * services, fetches no submodules, and uploads archives but no reports.
 *
 * Spec: gitlab-surface 5.2 to 5.4 (the wire), 4.4 (script, artifacts, cache), 4.6 (second phase of expansion).
 */
export { openJobProxy } from './router/proxy.ts'
export { createRouter, type RouterOptions, type StandIn } from './router/router.ts'
export type { JobNetwork, OpenJobNetwork } from './network.ts'
export type { Executor } from './executor.ts'
export { createPlainExecutor } from './plain/executor.ts'
export { createSandboxExecutor } from './sandbox/executor.ts'
export type { SandboxExecutorOptions, SandboxMount } from './sandbox/options.ts'
export { probeSandbox, type ProbeOptions, type SandboxProbe } from './sandbox/probe.ts'
export { createRunner, type Runner, type RunnerOptions } from './runner.ts'
export type { JobOutcome, RunnerEvent, RunnerObserver } from './observer.ts'
export { openWorkFolder, type WorkFolder } from './work-folder.ts'
