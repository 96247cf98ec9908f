import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { runnerErrors } from '../errors.ts'
import type { Job } from './job.ts'

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/
const MAX_SEGMENTS = 24
const OWNER_ONLY = 0o700

/** What a job has on disk, by the paths that one side knows. */
export interface FolderView {
  /** `CI_BUILDS_DIR` */
  readonly builds: string
  /** `CI_PROJECT_DIR`, fresh for each job. */
  readonly project: string
  /** File variables and scripts: GitLab's `<project>.tmp`. */
  readonly projectTemporary: string
  readonly home: string
  readonly temporary: string
}

/** The host's side has more, which no job is told of. */
export interface HostFolders extends FolderView {
  /** Holds all others; removed as a whole when the job has ended. */
  readonly root: string
  /** HOME of the runner's own git, so that neither the user's nor the job's configuration steers it. */
  readonly toolHome: string
}

/**
 * The same folders by both names. The runner reads and writes by `host`; whatever a job is given, and every path that
 * a job has written, is in the words of `job`. The two are equal where an executor shows jobs the host's own paths.
 */
export interface JobFolders {
  readonly host: HostFolders
  readonly job: FolderView
}

export function hostFolders(work: string, job: Pick<Job, 'id' | 'job_info'>): HostFolders {
  const root = join(work, `job-${job.id}`)
  const builds = join(root, 'builds')
  const project = join(builds, ...projectSegments(job.job_info))
  return {
    root,
    builds,
    project,
    projectTemporary: `${project}.tmp`,
    home: join(root, 'home'),
    temporary: join(root, 'tmp'),
    toolHome: join(root, 'tool-home'),
  }
}

/** The project's path as folders, or its number where a path from the server could lead elsewhere. */
function projectSegments({ project_full_path, project_id }: Job['job_info']): string[] {
  const segments = project_full_path.split('/')
  const isSafe = segments.length <= MAX_SEGMENTS && segments.every((segment) => SEGMENT.test(segment))
  return isSafe ? segments : [`project-${project_id}`]
}

/** Anew. What could be made before a failure is removed again. */
export async function makeFolders(folders: HostFolders): Promise<void> {
  const { root, project, projectTemporary, home, temporary, toolHome } = folders
  await removeFolder(root)
  try {
    for (const path of [project, projectTemporary, home, temporary, toolHome]) {
      await mkdir(path, { recursive: true, mode: OWNER_ONLY })
    }
  } catch (error) {
    await removeFolder(root)
    throw error
  }
}

/**
 * A job may have put a link in the place of a folder that it shares with the runner, and so led the runner's next step
 * elsewhere. To be called when none of its processes runs. Throws `runner.folders`.
 */
export async function checkFolders({ root, project, projectTemporary }: HostFolders): Promise<void> {
  for (const path of [project, projectTemporary]) {
    let here = root
    for (const name of relative(root, path).split(sep)) {
      here = join(here, name)
      const stats = await lstat(here).catch(() => undefined)
      if (stats?.isDirectory() !== true)
        throw runnerErrors(
          'runner.folders',
          'the job has removed or replaced a folder that the runner shares with it',
        )
    }
  }
}

/** Also where the job has taken its own rights away, as Go's module cache does. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    await makeRemovable(path)
    await rm(path, { recursive: true, force: true })
  }
}

/** Beside an `rm` that has failed and still removes what it can; what stays locked is told by the next one. A link is not followed. */
async function makeRemovable(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats?.isDirectory() !== true) return
  await chmod(path, OWNER_ONLY).catch(() => undefined)
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await makeRemovable(join(path, entry.name))
  }
}
