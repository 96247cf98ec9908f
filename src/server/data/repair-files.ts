import { openStoredFiles } from '../../storage/sqlite/index.ts'
import { removeBlobs, type RemovedBlobs } from '../../storage/folder/index.ts'
import { join } from 'node:path'
import { openDataDirectory } from './data-directory.ts'
import { databasePath } from './paths.ts'
import { serverErrors } from '../errors.ts'

/**
 * Removes the blobs that no row names, as a crash between blob and row leaves them. Takes the directory, so that no
 * upload is under way: between its blob and its row, a file would look like one of them. Throws `server.no-instance`,
 * `server.backup-damaged` for a damaged database, of which nothing is believed, and what `openDataDirectory` throws.
 */
export async function removeOrphans(data: string): Promise<RemovedBlobs> {
  const directory = await openDataDirectory(data)
  try {
    if (directory.instance === undefined)
      throw serverErrors('server.no-instance', `${data} holds no instance yet`)
    return await removeBlobs(join(data, 'blobs'), namedBlobs(databasePath(data)))
  } finally {
    directory.release()
  }
}

function namedBlobs(database: string): ReadonlySet<string> {
  const stored = openStoredFiles(database)
  try {
    const [problem] = stored.problems
    if (problem !== undefined) throw serverErrors('server.backup-damaged', `${database}: ${problem}`)
    const named = new Set<string>()
    for (const { sha256 } of stored.rows()) named.add(sha256)
    return named
  } finally {
    stored.close()
  }
}
