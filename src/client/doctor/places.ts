import { constants } from 'node:fs'
import { access, readdir, stat, statfs } from 'node:fs/promises'
import type { PlaceFacts } from './io.ts'

const MAX_NAMES = 10_000

/** Undefined where nothing is of that name, or nothing that this user may know of. */
export async function inspectPlace(path: string): Promise<PlaceFacts | undefined> {
  try {
    const [stats, disk] = await Promise.all([stat(path), statfs(path)])
    const may = (mode: number): Promise<boolean> =>
      access(path, mode).then(
        () => true,
        () => false,
      )
    return {
      kind: stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other',
      mode: stats.mode & 0o7777,
      modifiedMs: stats.mtimeMs,
      isReadable: await may(constants.R_OK),
      isWritable: await may(constants.W_OK),
      isExecutable: await may(constants.X_OK),
      freeBytes: disk.bavail * disk.bsize,
    }
  } catch {
    return undefined
  }
}

export async function listFolder(folder: string): Promise<readonly string[]> {
  const names: string[] = await readdir(folder).catch(() => [])
  return names.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, MAX_NAMES)
}
