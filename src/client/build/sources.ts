import { existsSync } from 'node:fs'
import { cp, lstat, realpath, stat, writeFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { systemReason, type Spawn } from '../../base/index.ts'
import { packagingErrors } from '../../packaging/index.ts'
import { gitIn } from '../run/git.ts'

export interface Sources {
  /** Absolute: the folder of the project. */
  readonly folder: string
  /** Absolute: that of the repository, or the project's own; the project is in it. */
  readonly root: string
  /** Absolute path of the git directory; undefined outside of a repository. */
  readonly gitFolder: string | undefined
  readonly commit: string | undefined
  /** What is changed or new in the folder and not in the commit. */
  readonly isDirty: boolean
  readonly sourceDateEpoch: number
  /** For people: where the epoch comes from. */
  readonly epochFrom: string
}

export interface SourcePorts {
  readonly spawn: Spawn
  readonly env: Readonly<Record<string, string>>
}

/** 2 January 1980, UTC: wheels can name no time before 1980, in whatever time zone. */
const OLDEST_IN_ZIP_SECONDS = 315_619_200
const PROJECT_FILES = ['pyproject.toml', 'setup.py'] as const

/** Throws `packaging.no-project`. */
export async function readSources(path: string, { spawn, env }: SourcePorts): Promise<Sources> {
  const folder = await projectFolder(path)
  const git = gitIn(folder, spawn, env)
  const [root, gitFolder] = (
    (await git.ask('rev-parse', '--show-toplevel', '--absolute-git-dir')) ?? ''
  ).split('\n')
  // A repository around the project that does not have it, such as one of a home directory, is not that of its sources.
  const isTracked = ((await git.ask('ls-files', '--', '.')) ?? '') !== ''
  if (!root || !gitFolder || !isTracked)
    return {
      folder,
      root: folder,
      gitFolder: undefined,
      commit: undefined,
      isDirty: false,
      ...epochOf(env, undefined),
    }
  const [commit, seconds] = ((await git.ask('log', '-1', '--format=%H%n%ct')) ?? '').split('\n')
  const status = await git.ask('status', '--porcelain', '--', '.')
  return {
    folder,
    root,
    gitFolder,
    commit: commit || undefined,
    isDirty: status !== '',
    ...epochOf(env, seconds),
  }
}

async function projectFolder(path: string): Promise<string> {
  const folder = resolve(path)
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    (error: unknown) => systemReason(error),
  )
  if (isFolder !== true)
    throw packagingErrors(
      'packaging.no-project',
      `${folder} is not a folder${isFolder === false ? '' : `: ${isFolder}`}`,
    )
  if (!PROJECT_FILES.some((name) => existsSync(join(folder, name))))
    throw packagingErrors('packaging.no-project', `${folder} contains neither ${PROJECT_FILES.join(' nor ')}`)
  return realpath(folder)
}

type Epoch = Pick<Sources, 'sourceDateEpoch' | 'epochFrom'>

/** Set by the user, else of the commit, else one that is the same in every build. */
function epochOf(env: SourcePorts['env'], commitSeconds: string | undefined): Epoch {
  const given = env['SOURCE_DATE_EPOCH'] ?? ''
  if (/^\d{1,11}$/.test(given))
    return { sourceDateEpoch: Number(given), epochFrom: 'as set in the environment' }
  if (commitSeconds !== undefined && /^\d{1,11}$/.test(commitSeconds))
    return { sourceDateEpoch: Number(commitSeconds), epochFrom: 'the time of the commit' }
  return { sourceDateEpoch: OLDEST_IN_ZIP_SECONDS, epochFrom: 'a fixed time in 1980' }
}

/** Folders of environments and packages that no build reads, and that are large. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.tox', '.nox', '__pycache__'])

/**
 * The whole repository, so that a back end finds what it finds in place (a version from tags, a readme above the
 * folder), without its git directory: a file points to that, as in a worktree. Gives the project's folder in the copy.
 */
export async function copySources(sources: Sources, target: string, output: string): Promise<string> {
  const { root, folder, gitFolder } = sources
  const leaves = (path: string): boolean =>
    path === output || path === join(root, '.git') || isLeftOut(path, folder)
  await cp(root, target, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: async (path) => path === root || (!leaves(path) && (await isCopied(path))),
  })
  if (gitFolder !== undefined) await writeFile(join(target, '.git'), `gitdir: ${gitFolder}\n`)
  return join(target, relative(root, folder))
}

/** Never the project itself, whatever its folder is called. */
function isLeftOut(path: string, folder: string): boolean {
  if (folder === path || folder.startsWith(path + sep)) return false
  return LEFT_OUT.has(path.split(sep).at(-1) ?? '') || existsSync(join(path, 'pyvenv.cfg'))
}

/** No pipe, no socket, no device. */
async function isCopied(path: string): Promise<boolean> {
  const found = await lstat(path)
  return found.isFile() || found.isDirectory() || found.isSymbolicLink()
}
