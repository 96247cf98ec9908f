import type { Changes, PathList, SourceText } from '../../ciconfig/index.ts'
import type { Git } from './command.ts'

/** GitLab's limit for one file, and a little: what is larger is refused where it is read as YAML. */
export const MAX_FILE_BYTES = (1 << 20) + 1
export const MAX_PATHS = 200_000

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

export async function pathsAt(git: Git, sha: string): Promise<PathList> {
  return listedPaths(await git.run('ls-tree', '-r', '-z', '--name-only', '--full-tree', sha))
}

/** Of `-z`. Part of a list would be a wrong one: what is beyond the limit might decide. */
export function listedPaths(output: string): PathList {
  const paths = output.split('\0').filter((path) => path !== '')
  if (paths.length <= MAX_PATHS) return { kind: 'paths', paths }
  return { kind: 'absent', reason: `the project has more than ${MAX_PATHS} files` }
}

export interface Comparison {
  /** undefined: the folder as it is. */
  readonly sha: string | undefined
  readonly base: string | undefined
  readonly compareTo: string | undefined
}

export async function changesOf(git: Git, { sha, base, compareTo }: Comparison): Promise<Changes> {
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
  const changed = listedPaths(output)
  return changed.kind === 'paths' ? changed : { kind: 'all' }
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
