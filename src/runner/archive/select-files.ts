import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'
import { runnerErrors } from '../errors.ts'

const MAX_ENTRIES = 100_000
const MAX_PATTERN_LENGTH = 1_024
/** As doublestar, the stock runner's matcher: `*` also takes names that begin with a dot. */
const MATCHING = { dot: true, noextglob: true, nonegate: true } as const

export interface SelectedEntry {
  /** Relative to the project, with `/`. */
  readonly path: string
  readonly stats: Stats
  /** Target of a symbolic link. */
  readonly link?: string
}

export interface Selection {
  readonly entries: readonly SelectedEntry[]
  /** Files, one count for each pattern, in the order of the patterns. */
  readonly counts: readonly { readonly pattern: string; readonly count: number }[]
  readonly warnings: readonly string[]
}

interface Walk {
  readonly root: string
  readonly found: Map<string, SelectedEntry>
  readonly warnings: string[]
  readonly isExcluded: (path: string) => boolean
}

export interface SelectOptions {
  /** The project folder. */
  readonly root: string
  /** What the job that wrote the patterns knows it as. */
  readonly seenAs: string
  readonly patterns: readonly string[]
  readonly exclude?: readonly string[]
}

/**
 * The files that `paths` of artifacts or cache name: folders whole, globs with `**`, absolute paths inside of the
 * project. Never `.git`, never a file of another kind, never a link or a path that leads out of the project.
 */
export async function selectFiles({
  root,
  seenAs,
  patterns,
  exclude = [],
}: SelectOptions): Promise<Selection> {
  const excluded = exclude.map((pattern) => picomatch(pattern.replace(/\/+$/, '/**'), MATCHING))
  const walk: Walk = {
    root: await realpath(root),
    found: new Map(),
    warnings: [],
    isExcluded: (path) => isGitFolder(path) || excluded.some((matches) => matches(path)),
  }
  // A job that sees the host's own paths may also name what they resolve to.
  const names = seenAs === root ? [root, walk.root] : [seenAs]
  const counts: { pattern: string; count: number }[] = []
  for (const pattern of patterns) {
    const before = walk.found.size
    const inside = insideProject(pattern, names)
    if (inside === undefined) walk.warnings.push(`${pattern}: is not inside of the project and is left out`)
    else await selectPattern(walk, inside)
    counts.push({ pattern, count: walk.found.size - before })
  }
  const entries = [...walk.found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { entries, counts, warnings: walk.warnings }
}

/** The pattern relative to the project, or undefined when it leads out of it. */
export function insideProject(pattern: string, roots: readonly string[]): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH || pattern.includes('\0')) return undefined
  const root = roots.find((one) => pattern === one || pattern.startsWith(`${one}/`))
  if (isAbsolute(pattern) && root === undefined) return undefined
  const parts = (root === undefined ? pattern : pattern.slice(root.length)).split('/')
  return parts.includes('..') ? undefined : parts.filter((part) => part !== '' && part !== '.').join('/')
}

function isGitFolder(path: string): boolean {
  return path === '.git' || path.startsWith('.git/')
}

async function selectPattern(walk: Walk, pattern: string): Promise<void> {
  const { base, isGlob } = picomatch.scan(pattern)
  if (!isGlob) return addPath(walk, pattern, () => true)
  const matches = picomatch(pattern, MATCHING)
  await addPath(walk, base, matches)
}

/** A pattern's fixed part may pass through a link; where it ends must still be inside. */
async function addPath(walk: Walk, path: string, matches: (path: string) => boolean): Promise<void> {
  const parent = await realpath(dirname(join(walk.root, path))).catch(() => undefined)
  if (path !== '' && (parent === undefined || !isWithin(walk.root, parent))) return
  await visit(walk, path, matches)
}

async function visit(walk: Walk, path: string, matches: (path: string) => boolean): Promise<void> {
  if (walk.isExcluded(path)) return
  const stats = await lstat(join(walk.root, path)).catch(() => undefined)
  if (stats === undefined) return
  const isMatch = matches(path)
  if (isMatch && path !== '') await add(walk, path, stats)
  if (stats.isDirectory()) await visitFolder(walk, path, isMatch ? () => true : matches)
}

async function visitFolder(walk: Walk, path: string, matches: (path: string) => boolean): Promise<void> {
  for (const name of await readdir(join(walk.root, path))) {
    await visit(walk, path === '' ? name : `${path}/${name}`, matches)
  }
}

async function add(walk: Walk, path: string, stats: Stats): Promise<void> {
  if (walk.found.size >= MAX_ENTRIES) {
    throw runnerErrors('runner.archive', `more than ${MAX_ENTRIES} files match`)
  }
  if (stats.isSymbolicLink()) return addLink(walk, path, stats)
  if (stats.isFile() || stats.isDirectory()) walk.found.set(path, { path, stats })
  else walk.warnings.push(`${path}: is not a file, folder or link and is left out`)
}

async function addLink(walk: Walk, path: string, stats: Stats): Promise<void> {
  const here = join(walk.root, path)
  const link = await readlink(here)
  const target = await realpath(here).catch(() => resolve(dirname(here), link))
  if (!isAbsolute(link) && isWithin(walk.root, target) && isWithin(walk.root, resolve(dirname(here), link))) {
    walk.found.set(path, { path, stats, link })
  } else walk.warnings.push(`${path}: is a link to outside of the project and is left out`)
}

export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}
