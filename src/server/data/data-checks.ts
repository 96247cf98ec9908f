import { constants, type Stats } from 'node:fs'
import { access, lstat, readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, WheelsealError } from '../../base/index.ts'
import { serverErrors } from '../errors.ts'
import { certificateFiles, onlineKeyFiles } from '../keys/keys.ts'
import { databasePath } from './paths.ts'

/** The magic number of the file system that a path lies on, as statfs(2) gives it. */
export type FileSystemType = (path: string) => Promise<number>

export const systemFileSystemType: FileSystemType = async (path) => (await statfs(path)).type

/**
 * File systems behind which is another machine, or a program that stands between (statfs(2), linux/magic.h). Their locks
 * may not hold against other machines, and SQLite's write-ahead log needs shared memory, which they do not give.
 */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x20030528, 'PVFS2'],
  [0x786f4256, 'VirtualBox'],
  [0x564c, 'NCP'],
])

/** Throws `server.data-remote`. */
export async function refuseRemote(path: string, typeOf: FileSystemType): Promise<void> {
  // Node gives the 32 bits as a signed number on some machines.
  const kind = REMOTE.get((await typeOf(path)) >>> 0)
  if (kind !== undefined)
    throw serverErrors('server.data-remote', `${path} is on a network file system (${kind})`)
}

/** What every start needs. Keys of the roots are not among it: `trust offline` takes them away. */
const NEEDED_FILES: readonly string[] = [
  'keys/issuer.pem',
  ...onlineKeyFiles,
  ...certificateFiles,
  'tuf/root.json',
  'tuf/timestamp.json',
]
/** `run/` is made by every start; where it is left from the one before, it must be one. */
const NEEDED_FOLDERS: readonly string[] = ['tuf/targets', 'blobs/sha256', 'traces']
/** Says that a log was created, and stays. */
const LOG_FILES: readonly string[] = ['logs/ct/created', 'logs/rekor/created']
/** Of the start before; nothing can take the place of a folder. */
const MADE_ANEW: readonly string[] = [
  'run/admin.sock',
  ...['-wal', '-shm', '-journal'].map((ending) => `wheelseal.db${ending}`),
]
const OWNERS_ONLY: readonly string[] = ['.', 'keys', 'run']
const OTHERS = 0o077

/**
 * Everything that belongs to an instance is where it was. Throws `server.data-incomplete` for what is missing, all of it by
 * name; `server.data-unreadable` for what cannot be used, with the system's reason; `server.data-open` for modes.
 */
export async function refuseIncomplete(path: string): Promise<void> {
  const files = [...NEEDED_FILES.map((file) => join(path, file)), databasePath(path)]
  const folders = NEEDED_FOLDERS.map((folder) => join(path, folder))
  const missing = [...(await missingOf(files, isFile)), ...(await missingOf(folders, isFolder))]
  if (missing.length > 0) throw serverErrors('server.data-incomplete', `missing: ${missing.join(', ')}`)
  await missingOf([join(path, 'run')], isFolder)
  await missingOf(
    MADE_ANEW.map((name) => join(path, name)),
    isNoFolder,
  )
  for (const folder of OWNERS_ONLY) await refuseOpen(join(path, folder))
}

/** Whether any part of a log is there. */
export async function hasLogs(path: string): Promise<boolean> {
  return (await lstat(join(path, 'logs')).catch(() => undefined)) !== undefined
}

/** For whoever opens the logs; `log fsck` looks at them whole or not. Throws `server.data-incomplete`. */
export async function refuseMissingLogs(path: string): Promise<void> {
  const logFiles = LOG_FILES.map((file) => join(path, file))
  const logs = await missingOf(logFiles, { ...isFile, look: lstat })
  if (logs.length > 0)
    throw serverErrors('server.data-incomplete', `missing: ${logs.join(', ')}`, {
      hint: 'move exactly this folder back; a log is never created again, and an older copy would be a fork: if it is lost, start a new instance with another --data',
    })
}

interface Kind {
  /** Links are followed, but in a log. */
  readonly look: (path: string) => Promise<Stats>
  readonly fits: (found: Stats) => boolean
  readonly words: string
  readonly access: number
}

const isFile: Kind = {
  look: stat,
  fits: (found) => found.isFile(),
  words: 'is not a regular file',
  access: constants.R_OK,
}
const isFolder: Kind = {
  look: stat,
  fits: (found) => found.isDirectory(),
  words: 'is not a folder',
  access: constants.R_OK | constants.W_OK | constants.X_OK,
}

const isNoFolder: Kind = {
  look: lstat,
  fits: (found) => !found.isDirectory(),
  words: 'is a folder',
  access: constants.F_OK,
}

/** Throws `server.data-unreadable` for what is there and cannot be used. */
async function missingOf(paths: readonly string[], kind: Kind): Promise<readonly string[]> {
  const missing: string[] = []
  for (const path of paths) {
    try {
      if (!kind.fits(await kind.look(path)))
        throw serverErrors('server.data-unreadable', `${path} ${kind.words}`)
      await access(path, kind.access)
    } catch (cause) {
      if (cause instanceof WheelsealError) throw cause
      if (codeOf(cause) === 'ENOENT') missing.push(path)
      else throw serverErrors('server.data-unreadable', `${path}: ${reasonOf(cause)}`, { cause })
    }
  }
  return missing
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Node's text names call and path behind the reason. */
function reasonOf(error: unknown): string {
  return describeError(error).replace(/^E[A-Z]+: (.+?), [a-z]+\b.*$/s, '$1')
}

/** Whoever may enter the data directory reads the database; whoever may enter `run/` administers the server. */
async function refuseOpen(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined || (found.mode & OTHERS) === 0) return
  const mode = (found.mode & 0o777).toString(8)
  throw serverErrors('server.data-open', `${folder} is accessible to other users (mode ${mode})`, {
    hint: `make it private with 'chmod 700 ${folder}'; if this machine has other users, assume that they have read its contents`,
  })
}

/**
 * The process that holds a lock on the file, as the kernel lists it; undefined where it cannot be known: on another
 * system than Linux, on file systems with device numbers of their own, or in another PID namespace.
 *
 *     3: POSIX  ADVISORY  WRITE 32350 fe:00:10136268 1073741824 1073742335
 */
export async function lockHolder(file: string, locks = '/proc/locks'): Promise<number | undefined> {
  try {
    const { dev, ino } = await stat(file)
    const lines = (await readFile(locks, 'latin1')).split('\n')
    const held = lines.map((line) => HELD.exec(line)?.groups)
    const ours = held.find((lock) => lock?.['device'] === `${deviceOf(dev)}:${ino}`)
    const pid = Number(ours?.['pid'] ?? 0)
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** A line with `->` is of one who waits. */
const HELD = /^\d+: POSIX +\S+ +WRITE +(?<pid>\d+) (?<device>\S+) /

/** `major:minor` in hex, from the number that stat(2) gives (gnu_dev_major(3)). */
function deviceOf(dev: number): string {
  const bits = BigInt(dev)
  const major = ((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n)
  const minor = (bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')
}
