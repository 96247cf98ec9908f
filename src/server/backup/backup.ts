import { readdir, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  makeFolder,
  silentLog,
  syncFolder,
  systemClock,
  systemEntropy,
  systemFiles,
} from '../../host/index.ts'
import { openFolderBlobs, readFolderBlobs } from '../../storage/folder/index.ts'
import { lockDirectory, snapshotDatabase } from '../../storage/sqlite/index.ts'
import { readInstance, type Instance } from '../data/data-directory.ts'
import { databasePath } from '../data/paths.ts'
import { serverErrors } from '../errors.ts'
import {
  BACKUP_FILE,
  COPIED_FILES,
  COPIED_FIRST,
  COPIED_FOLDERS,
  INSTANCE_FILE,
  writeJsonFile,
  type Backup,
} from './contents.ts'
import { copyRepositories } from '../../storage/git/index.ts'
import { REPOSITORIES_FOLDER, searchPath } from '../data/repositories.ts'
import { copyBlobs, copyFile, copyFolder, putInPlace, type CopiedBlobs } from './copy.ts'

export interface BackupOptions {
  readonly data: string
  /** A new folder, or the one of an earlier backup of the same instance, which is brought up to date. */
  readonly to: string
  readonly onFile?: (copied: CopiedBlobs) => void
}

/**
 * Copies what an instance keeps, also while its server runs: nothing of it is locked or changed.
 *
 * 1. `instance.json`, by which the folder is known as a backup of this instance.
 * 2. The database, as it is at one moment, under a temporary name.
 * 3. Keys, certificates, TUF repository, configuration and job logs.
 * 4. The git repositories, after the database: each pipeline that it has finds its commit.
 * 5. Every blob that the copied database names: blobs are durable before a row names them, and never change.
 * 6. The database under its name, then `backup.json`. A cut before leaves the last whole backup, or none, and the next
 *    one goes on where it ended.
 *
 * Throws `server.no-instance`, `server.backup-folder`, `server.backup-damaged`, `storage.database`, `storage.locked`.
 */
export async function makeBackup({ data, to: given, onFile }: BackupOptions): Promise<Backup> {
  const instance = await readInstance(data)
  if (instance === undefined) throw serverErrors('server.no-instance', `${data} holds no instance yet`)
  const to = resolve(given)
  await prepare(to, resolve(data), instance)
  const lock = lockDirectory(to)
  try {
    await copyFile(join(data, INSTANCE_FILE), join(to, INSTANCE_FILE))
    const madeAtMs = systemClock.nowMs()
    const { files, bytes } = await copyAll(data, to, onFile)
    const backup: Backup = { format: 1, url: instance.url, madeAtMs, files, bytes }
    await writeJsonFile(join(to, BACKUP_FILE), backup)
    return backup
  } finally {
    lock.release()
  }
}

/** A folder of anything else is not touched. */
async function prepare(to: string, data: string, { url, rekorTreeId }: Instance): Promise<void> {
  // By whatever links: a copy of a folder into itself never ends.
  if (`${await placeOf(to)}/`.startsWith(`${await placeOf(data)}/`))
    throw serverErrors('server.backup-folder', `${to} is the data directory or a folder in it`)
  await makeFolder(to)
  const names = await readdir(to)
  const before = names.includes('run') ? undefined : await readInstance(to)
  const isOurs = before?.rekorTreeId === rekorTreeId && !names.includes('logs')
  if (names.length === 0 || isOurs) return
  throw serverErrors('server.backup-folder', `${to} is not empty and is not a backup of ${url}`)
}

/** Without links, also of what is not there yet. */
async function placeOf(path: string): Promise<string> {
  const parent = dirname(path)
  return realpath(path).catch(async () =>
    parent === path ? path : join(await placeOf(parent), basename(path)),
  )
}

async function copyAll(data: string, to: string, onFile: BackupOptions['onFile'] = () => undefined) {
  const database = databasePath(to)
  const copying = `${database}.copying`
  await rm(copying, { force: true })
  snapshotDatabase(databasePath(data), copying)
  await copyConfiguration(data, to)
  await copyRepositories(join(data, REPOSITORIES_FOLDER), join(to, REPOSITORIES_FOLDER), {
    path: searchPath(),
  })
  const blobs = await openFolderBlobs(join(to, 'blobs'), { entropy: systemEntropy, log: silentLog })
  const from = readFolderBlobs(join(data, 'blobs'), { log: silentLog })
  const copied = await copyBlobs({ database: copying, from, to: blobs, onFile })
  await putInPlace(copying, database, to)
  return copied
}

async function copyConfiguration(data: string, to: string): Promise<void> {
  for (const name of COPIED_FOLDERS)
    if (await systemFiles.exists(join(data, name)))
      await copyFolder(join(data, name), join(to, name), COPIED_FIRST[name])
  for (const name of COPIED_FILES)
    if (await systemFiles.exists(join(data, name))) await copyFile(join(data, name), join(to, name))
  await syncFolder(to)
}
