import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobFolders } from '../job/folders.ts'
import type { Job } from '../job/job.ts'
import type { GitSettings } from '../job/settings.ts'
import type { JobLog } from '../log/job-log.ts'
import type { Git } from './git.ts'

/** Of `GIT_SUBMODULE_UPDATE_FLAGS`; others could name programs or another way to update. */
const UPDATE_FLAG =
  /^--(?:remote|force|recommend-shallow|no-recommend-shallow|single-branch|no-single-branch|no-fetch|progress|quiet|jobs=\d{1,2})$/

export interface SubmoduleOptions {
  readonly job: Job
  readonly folders: JobFolders
  readonly settings: GitSettings
  readonly log: JobLog
  readonly git: Git
}

/**
 * As the stock runner has it. A submodule comes from a web server or not at all: its address is the repository's word,
 * and `ext::`, `file:` or a path would have git start programs or read this machine's folders. A relative address is
 * one beside the repository's own. The job's token goes to the job's own server only.
 */
export async function updateSubmodules(options: SubmoduleOptions): Promise<void> {
  const { folders, settings, log, git } = options
  const { strategy, paths } = settings.submodules
  if (strategy === 'none') return
  const isThere = await access(join(folders.host.project, '.gitmodules')).then(
    () => true,
    () => false,
  )
  if (!isThere) return
  const recursive = strategy === 'recursive' ? ['--recursive'] : []
  log.notice(`Updating/initializing submodules${strategy === 'recursive' ? ' recursively' : ''}...`)
  const pathspec = paths.length === 0 ? [] : ['--', ...paths]
  await git.run(['submodule', 'init', ...pathspec])
  await git.run(['submodule', 'sync', '--quiet', ...recursive, ...pathspec])
  const words = ['submodule', 'update', '--init', ...recursive, ...flags(options), ...pathspec]
  await git.run(words, { isWebOnly: true })
}

function flags({ job, settings, log }: SubmoduleOptions): readonly string[] {
  const { depth = job.git_info.depth, updateFlags } = settings.submodules
  const known = updateFlags.filter((flag) => UPDATE_FLAG.test(flag))
  if (known.length < updateFlags.length)
    log.warning('GIT_SUBMODULE_UPDATE_FLAGS: some flags are not supported and are left out')
  return [...(depth > 0 ? [`--depth=${depth}`] : []), ...known]
}
