import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { utf8 } from '../../base/index.ts'
import {
  makeFolder,
  silentLog,
  syncFolder,
  systemClock,
  systemEntropy,
  systemFiles,
} from '../../host/index.ts'
import { openFolderBlobs, readFolderBlobs } from '../../storage/folder/index.ts'
import { lockDirectory } from '../../storage/sqlite/index.ts'
import { databasePath } from '../data/paths.ts'
import { serverErrors } from '../errors.ts'
import { copyRepositories } from '../../storage/git/index.ts'
import { REPOSITORIES_FOLDER, searchPath } from '../data/repositories.ts'
import {
  COPIED_FILES,
  COPIED_FOLDERS,
  INSTANCE_FILE,
  readBackup,
  RESTORED_FILE,
  RESTORING_FILE,
  writeJsonFile,
  type Backup,
} from './contents.ts'
import { copyBlobs, copyFile, copyFolder, type CopiedBlobs } from './copy.ts'

export interface RestoreOptions {
  readonly from: string
  /** The data directory: absent, empty, or left by a restore that was cut. */
  readonly data: string
  readonly onFile?: (copied: CopiedBlobs) => void
}

/** What a restore that was cut may leave under these names, besides what it copies. */
const LOCK_FILES: readonly string[] = ['lock.db', 'lock.db-journal']

/**
 * Makes a data directory of a backup. `restoring` stands until all is there; `instance.json`, which makes it one, comes
 * last, and `restored.json` before it: from then on the logs take entries only after `up` has seen that none is lost.
 * Throws `server.no-backup`, `server.backup-damaged`, `server.restore-folder`, `storage.locked`.
 */
export async function restoreBackup({
  from: given,
  data: target,
  onFile = () => undefined,
}: RestoreOptions): Promise<Backup> {
  const [from, data] = [resolve(given), resolve(target)]
  const backup = await readBackup(from)
  await prepare(data)
  const lock = lockDirectory(data)
  try {
    await systemFiles.writeAtomic(
      join(data, RESTORING_FILE),
      utf8('run the restore again: it was cut\n'),
      0o600,
    )
    await clear(data)
    await copyConfiguration(from, data)
    await copyRepositories(join(from, REPOSITORIES_FOLDER), join(data, REPOSITORIES_FOLDER), {
      path: searchPath(),
    })
    const blobs = await openFolderBlobs(join(data, 'blobs'), { entropy: systemEntropy, log: silentLog })
    const source = readFolderBlobs(join(from, 'blobs'), { log: silentLog })
    await copyFile(databasePath(from), databasePath(data))
    await copyBlobs({ database: databasePath(from), from: source, to: blobs, onFile })
    const restored = { format: 1, backupMadeAtMs: backup.madeAtMs, restoredAtMs: systemClock.nowMs() }
    await writeJsonFile(join(data, RESTORED_FILE), restored)
    await copyFile(join(from, INSTANCE_FILE), join(data, INSTANCE_FILE))
    await syncFolder(data)
    await systemFiles.remove(join(data, RESTORING_FILE))
    // Or a crash brings it back later, and the next restore clears what the server has taken since.
    await syncFolder(data)
    return backup
  } finally {
    lock.release()
  }
}

async function prepare(data: string): Promise<void> {
  await makeFolder(data)
  const names = await readdir(data)
  const isFree = names.every((name) => LOCK_FILES.includes(name))
  if (isFree || names.includes(RESTORING_FILE)) return
  throw serverErrors('server.restore-folder', `${data} is not empty`)
}

async function clear(data: string): Promise<void> {
  for (const name of await readdir(data))
    if (name !== RESTORING_FILE && !LOCK_FILES.includes(name)) await rm(join(data, name), { recursive: true })
}

async function copyConfiguration(from: string, data: string): Promise<void> {
  for (const name of COPIED_FOLDERS)
    if (await systemFiles.exists(join(from, name))) await copyFolder(join(from, name), join(data, name))
  for (const name of COPIED_FILES)
    if (await systemFiles.exists(join(from, name))) await copyFile(join(from, name), join(data, name))
}
