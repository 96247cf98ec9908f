import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8Decode, type Files } from '../../base/index.ts'
import type { Address, Changes, PathList, RepositoryAt, Sources, SourceText } from '../../ciconfig/index.ts'
import type { Git } from '../run/git.ts'

/** GitLab's limit for one file, and a little: what is larger is refused where it is read as YAML. */
export const MAX_FILE_BYTES = (1 << 20) + 1
const MAX_PATHS = 200_000

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
    paths: async () => ({ kind: 'paths', paths: await pathsAt(git, sha) }),
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
    paths: async () => ({ kind: 'paths', paths: listed(await git.run('ls-files', '-z')) }),
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
    paths: async () => ({ kind: 'paths', paths: (await filesBelow(folder)).toSorted() }),
    changes: async () => ({ kind: 'all' }),
  }
}

/** Folder by folder, links not followed; what is beyond the limit is not looked at. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const paths: string[] = []
  const open = ['']
  for (let next = open.pop(); next !== undefined && paths.length < MAX_PATHS; next = open.pop()) {
    for (const entry of await readdir(join(folder, next), { withFileTypes: true }).catch(() => [])) {
      const path = next === '' ? entry.name : `${next}/${entry.name}`
      if (entry.isDirectory() && entry.name !== '.git') open.push(path)
      else if (entry.isFile()) paths.push(path)
    }
  }
  return paths
}

/** Neither `..` nor anything else that leads out of the folder. */
export function isBelow(path: string): boolean {
  return (
    path !== '' &&
    !path.startsWith('/') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

/** A file of a repository at a commit, by what git keeps: a link is its text. */
export async function textAt(git: Git, sha: string, path: string): Promise<SourceText> {
  if (!isBelow(path)) return { kind: 'absent' }
  const object = `${sha}:${path}`
  if ((await git.ask('cat-file', '-t', object)) !== 'blob') return { kind: 'absent' }
  const size = Number(await git.ask('cat-file', '-s', object))
  if (size >= MAX_FILE_BYTES)
    return { kind: 'absent', reason: `the file has ${size} bytes; 1 MiB is the limit` }
  const text = await git.ask('cat-file', 'blob', object)
  return text === undefined ? { kind: 'absent' } : { kind: 'text', text }
}

export async function pathsAt(git: Git, sha: string): Promise<readonly string[]> {
  return listed(await git.run('ls-tree', '-r', '-z', '--name-only', '--full-tree', sha))
}

function listed(output: string): readonly string[] {
  return output
    .split('\0')
    .filter((path) => path !== '')
    .slice(0, MAX_PATHS)
}

interface Comparison {
  /** undefined: the folder as it is. */
  readonly sha: string | undefined
  readonly base: string | undefined
  readonly compareTo: string | undefined
}

async function changesOf(git: Git, { sha, base, compareTo }: Comparison): Promise<Changes> {
  const head = sha ?? 'HEAD'
  if (compareTo === undefined) {
    return base === undefined ? { kind: 'all' } : changedBetween(git, base, sha)
  }
  const target = await commitOf(git, compareTo)
  if (target === undefined) return { kind: 'no-ref' }
  const start = await git.ask('merge-base', target, head)
  return start === undefined ? changedBetween(git, target, sha) : changedBetween(git, start, sha)
}

async function changedBetween(git: Git, from: string, to: string | undefined): Promise<Changes> {
  const range = to === undefined ? [from] : [from, to]
  const output = await git.run(
    'diff',
    '--name-only',
    '-z',
    '--no-renames',
    '--no-ext-diff',
    '--ignore-submodules=dirty',
    ...range,
    '--',
  )
  return { kind: 'paths', paths: listed(output) }
}

/** A branch, also of origin, a tag or a commit. Undefined for what is none. */
export async function commitOf(git: Git, ref: string): Promise<string | undefined> {
  if (ref === '' || ref.startsWith('-')) return undefined
  for (const name of [ref, `refs/remotes/origin/${ref}`]) {
    const sha = await git.ask('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`)
    if (sha !== undefined) return sha
  }
  return undefined
}
