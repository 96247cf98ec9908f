import { join } from 'node:path'
import { blobDamage } from '../../storage/folder/index.ts'
import { openStoredFiles } from '../../storage/sqlite/index.ts'
import { readInstance } from './data-directory.ts'
import { serverErrors } from '../errors.ts'
import { databasePath } from './paths.ts'

export interface FileCheck {
  /** That were read whole. */
  readonly files: number
  readonly bytes: number
  readonly problems: readonly FileProblem[]
}

export type FileProblem = {
  /** Of a distribution, of artifacts, or the database. */
  readonly name: string
  /** Where the bytes are, or should be. */
  readonly path: string
  readonly problem: string
}

/**
 * Reads every stored file of an instance and compares it with size and digest of its row. Beside a server that runs, in
 * this process: nothing is locked, changed or asked of it. Throws `server.no-instance`, `storage.database`.
 */
export async function checkFiles(data: string): Promise<FileCheck> {
  if ((await readInstance(data)) === undefined)
    throw serverErrors('server.no-instance', `${data} holds no instance yet`)
  const database = databasePath(data)
  const stored = openStoredFiles(database)
  try {
    const problems: FileProblem[] = stored.problems.map((problem) => {
      return { name: 'database', path: database, problem }
    })
    let [files, bytes] = [0, 0]
    for (const row of stored.rows()) {
      const problem = await blobDamage(join(data, 'blobs'), row)
      if (problem !== undefined) problems.push({ name: row.name, path: blobPath(data, row.sha256), problem })
      files += 1
      bytes += row.size
    }
    return { files, bytes, problems }
  } finally {
    stored.close()
  }
}

function blobPath(data: string, sha256: string): string {
  return join(data, 'blobs', 'sha256', sha256.slice(0, 2), sha256.slice(2))
}
