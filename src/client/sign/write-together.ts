import { randomBytes } from 'node:crypto'
import { accessSync, constants, lstatSync, mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeError } from '../../base/index.ts'
import { syncFolder, writeSynced } from '../../host/index.ts'
import { inParallel } from '../../sign/index.ts'
import { clientSignErrors } from './errors.ts'

export type Output = readonly [path: string, bytes: Uint8Array]

type Rename = (from: string, to: string) => Promise<void>

interface WriteOptions {
  /** Of the new files, less what the process masks. Default: 0o644. */
  readonly mode?: number
  /** Of the file system; a test stops it, as a process is killed. */
  readonly rename?: Rename
}

interface Staged {
  readonly path: string
  readonly bytes: Uint8Array
  /** The new file, until it gets its name. */
  readonly staged: string
  /** The file that was there before, until all have their names. */
  readonly kept: string
}

/** How many files are synced at once. All else is done without a thread, which costs more than what it would do. */
const AT_ONCE = 8

/**
 * Whether files can be written at these places, as far as that can be known; `folder` is made where it is missing. To be
 * asked before a log is. Throws `client.sign-write`.
 */
export function checkWritable(paths: readonly string[], folder: string | undefined): void {
  try {
    if (folder !== undefined) mkdirSync(folder, { recursive: true })
    for (const path of foldersOf(paths)) accessSync(path, constants.W_OK | constants.X_OK)
    for (const path of paths) isThere(path)
  } catch (cause) {
    throw unwritable(cause)
  }
}

/**
 * All groups or none, and no group half: a group is files that mean something only together, as a signature and its
 * certificate. Every new file is durable beside its place before the first gets its name. The old files of a group are
 * moved away before the first of its new ones gets its name, so that a process that is killed leaves one group with
 * files missing, and never one with files of two calls; every other group is wholly old or wholly new. When a file
 * cannot get its name, all old ones come back. Throws `client.sign-write`.
 */
export async function writeTogether(
  groups: readonly (readonly Output[])[],
  { mode = 0o644, rename = renameNow }: WriteOptions = {},
): Promise<void> {
  const suffix = randomBytes(6).toString('hex')
  const staged = groups.map((group, at) =>
    group.map(([path, bytes], index) => placesOf(path, { bytes, id: `${suffix}-${at}-${index}` })),
  )
  const all = staged.flat()
  try {
    await stageAll(all, mode)
    const kept = await nameAll(staged, rename)
    // The seals are written: an old file that cannot be removed is a hidden leftover and no failure.
    for (const path of kept) rmIfPossible(path)
  } catch (cause) {
    for (const one of all) rmIfPossible(one.staged)
    throw unwritable(cause)
  }
}

/** Waits for all of them, whatever fails: nothing may be written any more when they are taken away again. */
async function stageAll(all: readonly Staged[], mode: number): Promise<void> {
  const failures: unknown[] = []
  await inParallel(all, AT_ONCE, async ({ staged, bytes }) => {
    await writeSynced(staged, bytes, mode).catch((error: unknown) => failures.push(error))
  })
  if (failures.length > 0) throw failures[0]
}

/** The old files, which are kept until all new ones have their names. */
async function nameAll(groups: readonly (readonly Staged[])[], rename: Rename): Promise<readonly string[]> {
  const done: Done = { kept: [], undo: [] }
  try {
    for (const group of groups) await nameGroup(group, rename, done)
    for (const folder of foldersOf(groups.flat().map(({ path }) => path))) await syncFolder(folder)
    return done.kept
  } catch (error) {
    for (const step of done.undo.toReversed()) await step()
    throw error
  }
}

interface Done {
  readonly kept: string[]
  readonly undo: (() => Promise<void>)[]
}

async function nameGroup(group: readonly Staged[], rename: Rename, done: Done): Promise<void> {
  for (const { path, kept } of group) {
    if (!isThere(path)) continue
    await rename(path, kept)
    done.kept.push(kept)
    done.undo.push(() => rename(kept, path))
  }
  for (const { path, staged } of group) {
    await rename(staged, path)
    done.undo.push(async () => unlinkSync(path))
  }
}

function foldersOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => dirname(path)))]
}

/** Throws for a folder: it could be moved away as a file can, and must not be. */
function isThere(path: string): boolean {
  try {
    if (lstatSync(path).isDirectory()) throw new Error(`${path} is a folder`)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function renameNow(from: string, to: string): Promise<void> {
  renameSync(from, to)
}

function rmIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What hinders it has been told of already, or is no failure.
  }
}

function unwritable(cause: unknown): Error {
  return clientSignErrors('client.sign-write', describeError(cause), { cause })
}

interface Content {
  readonly bytes: Uint8Array
  readonly id: string
}

/** The names are short: that of the file itself may be as long as names can be. */
function placesOf(path: string, { bytes, id }: Content): Staged {
  const beside = (ending: string): string => join(dirname(path), `.seal-${id}.${ending}`)
  return { path, bytes, staged: beside('new'), kept: beside('old') }
}
