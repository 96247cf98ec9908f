import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Executor, JobPlace, Script } from './executor.ts'
import type { ExecutorSetup } from './executor.contract.ts'
import { hostFolders, makeFolders, removeFolder, type FolderView, type JobFolders } from './job/folders.ts'
import { jobEnvironment } from './plain/environment.ts'
import { tagPipCache } from './plain/pip-cache.ts'
import { runInShell } from './plain/shell.ts'

/**
 * For tests: an executor whose jobs know their folders by other names, as in a sandbox with its own file system. The
 * names exist only while a script runs, so that a runner which takes a job's path for its own finds nothing; a host's
 * path that is handed to a job is refused.
 */
export function createRenamingExecutor({ spawn, host: env, work }: ExecutorSetup): Executor {
  return {
    name: 'renaming',
    isolation: 'Running with the renaming executor, which shows a job its folders by other names',
    secrets: () => Promise.resolve([]),
    open: async (job) => {
      const host = hostFolders(work, job)
      await makeFolders(host)
      const seen = join(work, `seen-by-${job.id}`)
      const folders = { host, job: renamed(host, seen) }
      const shown = { env, spawn, folders, seen }
      return { folders, prepare: (order) => prepare(shown, order), close: () => removeFolder(host.root) }
    },
  }
}

/** Another layout than the host's, as `/builds`, `/root` and `/tmp` are. */
function renamed(host: JobFolders['host'], seen: string): FolderView {
  const project = `${seen}/builds${host.project.slice(host.builds.length)}`
  return {
    builds: `${seen}/builds`,
    project,
    projectTemporary: `${project}.tmp`,
    home: `${seen}/root`,
    temporary: `${seen}/t`,
  }
}

interface Shown {
  readonly env: ExecutorSetup['host']
  readonly spawn: ExecutorSetup['spawn']
  readonly folders: JobFolders
  readonly seen: string
}

const prepare = async (
  shown: Shown,
  { image, log }: Parameters<JobPlace['prepare']>[0],
): ReturnType<JobPlace['prepare']> => {
  const { folders } = shown
  log.notice(`image ${image} → the programs of this machine`)
  return {
    shell: 'bash',
    run: (script) => runShown(shown, script),
    beginCache: (paths, variables) => tagPipCache({ paths, variables, folders }),
  }
}

async function runShown({ env, spawn, folders, seen }: Shown, script: Script): Promise<number> {
  const { host, job } = folders
  const told = [script.file, ...script.variables.values()]
  if (told.some((text) => text.includes(host.root))) throw new Error('a job is told a path of the host')
  const more = { PWD: job.project }
  await mkdir(seen)
  await symlink(host.builds, job.builds)
  await symlink(host.home, job.home)
  await symlink(host.temporary, job.temporary)
  try {
    const shell = { spawn, shell: 'bash', cwd: job.project } as const
    return await runInShell(
      { ...shell, env: jobEnvironment({ host: env, folders: job, path: [], more }) },
      script,
    )
  } finally {
    await rm(seen, { recursive: true })
  }
}
