/**
 * Builds what a command does on its user's machine: `runHere` is `wheelseal run`, which starts a server of its own;
 * `readTrust` and `exportTrust` are `wheelseal trust show` and `trust export`.
 *
 * Verifying, signing and the settings have entries of their own in `verify/`, `sign/` and `settings/`, so that a command
 * that must start fast loads no server.
 */
export { exportTrust } from './trust-root/export.ts'
export { readTrust, type TrustSource } from './trust-root/source.ts'
export type { TrustReport } from './trust-root/report.ts'
export { readMachineIndex } from './run/machine-index.ts'
export { checkRequirements } from './run/requirements.ts'
export { EXECUTORS, type ExecutorChoice } from './run/executor.ts'
export { givenVariable } from './run/variables.ts'
export type { PipelineRequest, RunStart } from './run/pipeline.ts'
export type { SourceChoice } from './run/project-source.ts'
export { runJobs, type RunJobsOptions } from './run/run-jobs.ts'
export { runThere, type RunThereOptions, type RunThereReport } from './run/run-there.ts'
export { runHere, type RunHereOptions, type RunReport } from './run/run-here.ts'
export type { ReleasedFile } from './run/release-report.ts'
