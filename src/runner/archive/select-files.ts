import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'
import { runnerErrors } from '../errors.ts'

const MAX_ENTRIES = 100_000
/** No more can be unpacked again. */
const MAX_BYTES = 8 * 1024 ** 3
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
  readonly counts: readonly PatternCount[]
  /** So many paths were left out by a pattern of `exclude`. */
  readonly excluded: readonly PatternCount[]
  readonly warnings: readonly string[]
}

export interface PatternCount {
  readonly pattern: string
  readonly count: number
}

interface Walk {
  readonly root: string
  readonly found: Map<string, SelectedEntry>
  bytes: number
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
  /** Also takes every file that is not among these paths, nor below one of them. */
  readonly tracked?: ReadonlySet<string> | undefined
}

/** How the log names what `untracked` has found. */
export const UNTRACKED = 'untracked'

/**
 * The files that `paths` of artifacts or cache name: folders whole, globs with `**`, absolute paths inside of the
 * project. Never `.git`, never a file of another kind, never a link or a path that leads out of the project.
 */
export async function selectFiles({
  root,
  seenAs,
  patterns,
  exclude = [],
  tracked,
}: SelectOptions): Promise<Selection> {
  const excluded = exclude.map(exclusion)
  const walk: Walk = {
    root: await realpath(root),
    found: new Map(),
    bytes: 0,
    warnings: [],
    isExcluded: (path) => isGitFolder(path) || excluded.some((one) => one.covers(path)),
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
  if (tracked !== undefined) {
    const before = walk.found.size
    await visitUntracked(walk, '', tracked)
    counts.push({ pattern: UNTRACKED, count: walk.found.size - before })
  }
  const entries = [...walk.found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const covered = excluded.map(({ pattern, paths }) => ({ pattern, count: paths.size }))
  return { entries, counts, excluded: covered, warnings: walk.warnings }
}

function exclusion(pattern: string) {
  const matches = picomatch(pattern.replace(/\/+$/, '/**'), MATCHING)
  const paths = new Set<string>()
  const covers = (path: string): boolean => {
    if (path === '' || !matches(path)) return false
    paths.add(path)
    return true
  }
  return { pattern, paths, covers }
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

/** A folder that is tracked is a submodule, whose files are its own. */
async function visitUntracked(walk: Walk, folder: string, tracked: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(join(walk.root, folder))) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (tracked.has(path) || walk.isExcluded(path)) continue
    const stats = await lstat(join(walk.root, path)).catch(() => undefined)
    if (stats?.isDirectory() === true) await visitUntracked(walk, path, tracked)
    else if (stats !== undefined) await add(walk, path, stats)
  }
}

async function add(walk: Walk, path: string, stats: Stats): Promise<void> {
  if (walk.found.size >= MAX_ENTRIES) {
    throw runnerErrors('runner.archive', `more than ${MAX_ENTRIES} files match`)
  }
  if (walk.found.has(path)) return
  walk.bytes += stats.isFile() ? stats.size : 0
  if (walk.bytes > MAX_BYTES)
    throw runnerErrors('runner.archive', `the files that match have more than ${MAX_BYTES} bytes`)
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
