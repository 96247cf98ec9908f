import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { arch, platform } from 'node:process'
import { RUNNER_VERSION } from '../api/wire.ts'
import { runnerErrors } from '../errors.ts'
import type { JobLog } from '../log/job-log.ts'
import type { FolderView, JobFolders } from './folders.ts'
import type { Job } from './job.ts'
import { resolveVariables, tooLargeForEnvironment, type Variables } from './variables.ts'

const OWNER_READS = 0o600

export interface VariablesOptions {
  readonly job: Job
  readonly folders: JobFolders
  /** Which of the jobs that this runner runs at once it is, from 0. */
  readonly slot: number
  readonly log: JobLog
}

/** A job's variables as its processes will have them; those that are files are written. Throws `runner.environment`. */
export async function prepareVariables({ job, folders, slot, log }: VariablesOptions): Promise<Variables> {
  const { values, files, warnings } = resolveVariables({
    job: job.variables,
    runner: runnerVariables(folders.job, slot),
    fileFolder: folders.job.projectTemporary,
  })
  for (const warning of warnings) log.warning(warning)
  const tooLarge = tooLargeForEnvironment(values)
  if (tooLarge !== undefined)
    throw runnerErrors('runner.environment', `variable ${tooLarge} is larger than 128 KiB`)
  for (const { name, content } of files)
    await writeFileVariable(join(folders.host.projectTemporary, name), content)
  return values
}

/** What only the runner knows (gitlab-surface 3.5). */
function runnerVariables({ project, builds }: FolderView, slot: number): Record<string, string> {
  return {
    CI_PROJECT_DIR: project,
    CI_BUILDS_DIR: builds,
    CI_CONCURRENT_ID: String(slot),
    CI_CONCURRENT_PROJECT_ID: String(slot),
    CI_SERVER: 'yes',
    CI_JOB_STATUS: 'running',
    CI_SHARED_ENVIRONMENT: 'true',
    CI_RUNNER_VERSION: RUNNER_VERSION,
    CI_RUNNER_EXECUTABLE_ARCH: `${platform}/${arch}`,
  }
}

async function writeFileVariable(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: OWNER_READS })
  await chmod(path, OWNER_READS)
}
