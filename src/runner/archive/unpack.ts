import { constants, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, open, realpath, rm, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { describeError, readCapped, utf8Decode, WheelsealError } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import { isWithin } from './select-files.ts'

const TYPE = 0o170000
const FILE = 0o100000
const FOLDER = 0o040000
const LINK = 0o120000
const PERMISSIONS = 0o777
const MAX_LINK_BYTES = 4_096
const MAX_NAME_LENGTH = 1_024
const MAX_DEPTH = 64

export interface UnpackLimits {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Unpacked to packed; only above `ratioFromBytes`, since small texts pack well. */
  readonly maxRatio: number
  readonly ratioFromBytes: number
}

const DEFAULT_LIMITS: UnpackLimits = {
  maxEntries: 100_000,
  maxBytes: 8 * 1024 ** 3,
  maxRatio: 200,
  ratioFromBytes: 64 << 20,
}

interface Link {
  readonly path: string
  readonly target: string
}

/**
 * Unpacks an archive into a project. The archive and what already stands in the project are an enemy's: no name, link
 * or folder in the way leads out of `root`; announced sizes are counted beforehand and checked while writing; links
 * are made last, so that no file is written through one. Throws `runner.archive`. Returns the number of files.
 */
export async function unpackZip(
  file: string,
  root: string,
  limits: Partial<UnpackLimits> = {},
): Promise<number> {
  try {
    return await unpack(file, await realpath(root), { ...DEFAULT_LIMITS, ...limits })
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw runnerErrors('runner.archive', `the archive cannot be unpacked: ${describeError(cause)}`, { cause })
  }
}

async function unpack(file: string, root: string, limits: UnpackLimits): Promise<number> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false })
  const links: Link[] = []
  try {
    const entries = await readEntries(zip, limits)
    for (const entry of entries) await unpackEntry({ zip, root, links }, entry)
    for (const link of links) await makeLink(root, link)
    return entries.filter(({ fileName }) => !fileName.endsWith('/')).length
  } finally {
    zip.close()
  }
}

/** The whole directory is read and judged before the first byte is written. */
async function readEntries(zip: ZipFile, limits: UnpackLimits): Promise<readonly Entry[]> {
  if (zip.entryCount > limits.maxEntries) throw tooMuch(`${zip.entryCount} entries`)
  const entries = new Map<string, Entry>()
  let [unpacked, packed] = [0, 0]
  for await (const entry of zip.eachEntry()) {
    checkName(entry.fileName)
    if (entries.has(entry.fileName)) throw runnerErrors('runner.archive', 'the archive contains a name twice')
    entries.set(entry.fileName, entry)
    unpacked += entry.uncompressedSize
    packed += entry.compressedSize
    if (unpacked > limits.maxBytes) throw tooMuch(`more than ${limits.maxBytes} bytes`)
  }
  if (unpacked > limits.ratioFromBytes && unpacked > packed * limits.maxRatio) {
    throw tooMuch(`${unpacked} bytes packed into ${packed}`)
  }
  return [...entries.values()]
}

function tooMuch(what: string): WheelsealError {
  return runnerErrors('runner.archive', `the archive contains ${what}`)
}

/** yauzl has refused absolute names, `..` and backslashes already. */
function checkName(name: string): void {
  const parts = name.replace(/\/$/, '').split('/')
  const isOdd = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))
  if (isOdd || name.length > MAX_NAME_LENGTH || parts.length > MAX_DEPTH) {
    throw runnerErrors(
      'runner.archive',
      'the archive contains a path that is too long or leads outside of the project',
    )
  }
  if (parts[0] === '.git') throw runnerErrors('runner.archive', 'the archive contains a .git folder')
}

interface Place {
  readonly zip: ZipFile
  readonly root: string
  readonly links: Link[]
}

async function unpackEntry({ zip, root, links }: Place, entry: Entry): Promise<void> {
  const path = join(root, entry.fileName.replace(/\/$/, ''))
  const mode = entry.externalFileAttributes >>> 16
  const type = mode & TYPE
  if (entry.fileName.endsWith('/')) return unpackFolder(root, path, mode)
  if (type !== 0 && type !== FILE && type !== LINK) {
    throw runnerErrors(
      'runner.archive',
      `the archive contains an entry of type ${(type & ~FOLDER).toString(8)}`,
    )
  }
  await makeFolder(root, dirname(path))
  const stream = await zip.openReadStreamPromise(entry)
  if (type === LINK) {
    links.push({ path, target: utf8Decode(await readCapped(stream, MAX_LINK_BYTES)) })
    return
  }
  await removeInTheWay(path)
  const handle = await open(path, FILE_FLAGS, 0o600)
  await pipeline(stream, handle.createWriteStream())
  await chmod(path, (mode & PERMISSIONS) === 0 ? 0o644 : mode & PERMISSIONS)
}

const FILE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

async function unpackFolder(root: string, path: string, mode: number): Promise<void> {
  await makeFolder(root, path)
  // The owner keeps the right to write below; a folder without it would stop the files that follow.
  if ((mode & PERMISSIONS) !== 0) await chmod(path, (mode & PERMISSIONS) | 0o700)
}

/** Each step is looked at: a link in the checkout would else lead the file out of the project. */
export async function makeFolder(root: string, path: string): Promise<void> {
  if (path === root) return
  await makeFolder(root, dirname(path))
  const stats = await lookAt(path)
  if (stats === undefined) await mkdir(path)
  else if (!stats.isDirectory())
    throw runnerErrors('runner.archive', 'a file or link is in the place of a folder')
}

async function removeInTheWay(path: string): Promise<void> {
  const stats = await lookAt(path)
  if (stats?.isDirectory() === true)
    throw runnerErrors('runner.archive', 'a folder is in the place of a file')
  if (stats !== undefined) await rm(path)
}

function lookAt(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined)
}

async function makeLink(root: string, { path, target }: Link): Promise<void> {
  if (isAbsolute(target) || !isWithin(root, resolve(dirname(path), target))) {
    throw runnerErrors('runner.archive', 'the archive contains a link to outside of the project')
  }
  await removeInTheWay(path)
  await symlink(target, path)
}
