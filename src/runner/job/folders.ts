import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job } from './job.ts'

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/
const MAX_SEGMENTS = 24
const OWNER_ONLY = 0o700

/** Everything that one job has on disk; removed as a whole when it has ended. */
export interface JobFolders {
  readonly root: string
  /** `CI_BUILDS_DIR` */
  readonly builds: string
  /** `CI_PROJECT_DIR`, fresh for each job. */
  readonly project: string
  /** File variables and scripts: GitLab's `<project>.tmp`. */
  readonly projectTemporary: string
  readonly home: string
  readonly temporary: string
  readonly venv: string
  /** HOME of the runner's own git, so that neither the user's nor the job's configuration steers it. */
  readonly toolHome: string
}

export function jobFolders(work: string, job: Job): JobFolders {
  const root = join(work, `job-${job.id}`)
  const builds = join(root, 'builds')
  const project = join(builds, ...projectSegments(job))
  return {
    root,
    builds,
    project,
    projectTemporary: `${project}.tmp`,
    home: join(root, 'home'),
    temporary: join(root, 'tmp'),
    venv: join(root, 'venv'),
    toolHome: join(root, 'tool-home'),
  }
}

/** The project's path as folders, or its number where a path from the server could lead elsewhere. */
function projectSegments(job: Job): string[] {
  const segments = job.job_info.project_full_path.split('/')
  const isSafe = segments.length <= MAX_SEGMENTS && segments.every((segment) => SEGMENT.test(segment))
  return isSafe ? segments : [`project-${job.job_info.project_id}`]
}

export async function makeJobFolders(folders: JobFolders): Promise<void> {
  await removeFolder(folders.root)
  for (const path of [
    folders.project,
    folders.projectTemporary,
    folders.home,
    folders.temporary,
    folders.toolHome,
  ]) {
    await mkdir(path, { recursive: true, mode: OWNER_ONLY })
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

async function makeRemovable(path: string): Promise<void> {
  await chmod(path, OWNER_ONLY)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeRemovable(join(path, entry.name))
  }
}
