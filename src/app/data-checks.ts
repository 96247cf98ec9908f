import { readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { systemFiles } from '../host/index.ts'
import { appErrors } from './errors.ts'
import { certificateFiles, onlineKeyFiles } from './keys.ts'
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

/** Throws `app.data-remote`. */
export async function refuseRemote(path: string, typeOf: FileSystemType): Promise<void> {
  // Node gives the 32 bits as a signed number on some machines.
  const kind = REMOTE.get((await typeOf(path)) >>> 0)
  if (kind !== undefined)
    throw appErrors('app.data-remote', `${path} lies on a file system of the kind ${kind}`)
}

/** What every start needs. Keys of the roots are not among it: `trust offline` takes them away. */
function neededFiles(path: string): readonly string[] {
  const own = [
    'keys/issuer.pem',
    ...onlineKeyFiles,
    ...certificateFiles,
    'tuf/root.json',
    'tuf/timestamp.json',
  ]
  return [...own.map((file) => join(path, file)), databasePath(path)]
}

/** Throws `app.data-incomplete`, and names everything that is missing. */
export async function refuseIncomplete(path: string): Promise<void> {
  const missing: string[] = []
  for (const file of neededFiles(path)) if (!(await systemFiles.exists(file))) missing.push(file)
  if (missing.length > 0) throw appErrors('app.data-incomplete', `missing: ${missing.join(', ')}`)
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
