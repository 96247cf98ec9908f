import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8Decode, type Files } from '../../base/index.ts'
import type { Address, PathList, RepositoryAt, Sources, SourceText } from '../../ciconfig/index.ts'
import {
  changesOf,
  isBelow,
  listedPaths,
  MAX_FILE_BYTES,
  MAX_PATHS,
  pathsAt,
  textAt,
} from '../../storage/git/index.ts'
import type { Git } from '../run/git.ts'

export { commitOf, isBelow, MAX_FILE_BYTES, pathsAt, textAt } from '../../storage/git/index.ts'

/** What a plan asks of the project itself. */
export type ProjectSources = Pick<Sources, 'paths' | 'changes'> & {
  text(path: string): Promise<SourceText>
}

/** The rest of the world: other projects, components, templates, the web. */
export interface Elsewhere {
  read(address: Address): Promise<SourceText>
  paths(repository: Exclude<RepositoryAt, null>): Promise<PathList>
}

/** All that a plan reads, the project's own files from `project`. */
export function gitSources(project: ProjectSources, elsewhere: Elsewhere): Sources {
  return {
    read: (address) =>
      address.kind === 'file' && address.repository === null
        ? project.text(address.path)
        : elsewhere.read(address),
    paths: (repository) => (repository === null ? project.paths(null) : elsewhere.paths(repository)),
    changes: (compareTo) => project.changes(compareTo),
  }
}

/** The project at a commit. `base` is what its changes are compared with; undefined: everything counts as changed. */
export function commitSources(
  git: Git,
  { sha, base }: { readonly sha: string; readonly base: string | undefined },
): ProjectSources {
  return {
    text: (path) => textAt(git, sha, path),
    paths: () => pathsAt(git, sha),
    changes: (compareTo) => changesOf(git, { sha, base, compareTo }),
  }
}

/**
 * The project as its folder is, changes that are not committed included: tracked files only, but for the pipeline file,
 * which may be new.
 */
export function folderSources(
  git: Git,
  options: {
    readonly folder: string
    readonly file: string
    readonly files: Files
    readonly base: string | undefined
  },
): ProjectSources {
  const { folder, file, files, base } = options
  return {
    text: async (path) => {
      const isTracked =
        path === file ||
        (await git.ask('ls-files', '--error-unmatch', '--', `:(literal)${path}`)) !== undefined
      if (!isTracked || !isBelow(path)) return { kind: 'absent', ...(await untracked(folder, path)) }
      return textIn(files, join(folder, path))
    },
    paths: async () => listedPaths(await git.run('ls-files', '-z')),
    changes: (compareTo) => changesOf(git, { sha: undefined, base, compareTo }),
  }
}

async function untracked(folder: string, path: string): Promise<{ reason?: string }> {
  const isThere = isBelow(path) && (await isFile(join(folder, path)))
  return isThere ? { reason: 'git does not track the file; add it with git add' } : {}
}

async function textIn(files: Files, path: string): Promise<SourceText> {
  if (!(await isFile(path))) return { kind: 'absent' }
  const bytes = await files.readIfThere(path, MAX_FILE_BYTES * 4, 'regular file')
  return bytes === undefined ? { kind: 'absent' } : { kind: 'text', text: utf8Decode(bytes) }
}

/** A link may lead out of the project. */
export async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** A folder that is no repository: every file of it counts. */
export function plainSources({
  folder,
  files,
}: {
  readonly folder: string
  readonly files: Files
}): ProjectSources {
  return {
    text: (path) => (isBelow(path) ? textIn(files, join(folder, path)) : Promise.resolve({ kind: 'absent' })),
    paths: async () => listedPaths((await filesBelow(folder)).toSorted().join('\0')),
    changes: async () => ({ kind: 'all' }),
  }
}

/** Folder by folder, links not followed; what is far beyond the limit is not looked at. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const paths: string[] = []
  const open = ['']
  for (let next = open.pop(); next !== undefined && paths.length <= MAX_PATHS; next = open.pop()) {
    for (const entry of await readdir(join(folder, next), { withFileTypes: true }).catch(() => [])) {
      const path = next === '' ? entry.name : `${next}/${entry.name}`
      if (entry.isDirectory() && entry.name !== '.git') open.push(path)
      else if (entry.isFile()) paths.push(path)
    }
  }
  return paths
}
