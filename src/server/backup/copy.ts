import { createReadStream } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../base/index.ts'
import { syncFolder, systemFiles, withFile } from '../../host/index.ts'
import { openStoredFiles } from '../../storage/sqlite/index.ts'
import { serverErrors } from '../errors.ts'

/**
 * Every regular file below `from` into the same place below `to`, durably. What stands there is replaced. The name of
 * `to` is durable once its caller has synced the folder that holds it. A file that is just being written has a temporary
 * name, and may be gone at any moment. Those of `first` are copied before the others are listed: they name others, which
 * a server writes before them.
 */
export async function copyFolder(from: string, to: string, first: readonly string[] = []): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const name of first)
    if (await systemFiles.exists(join(from, name))) await copyFile(join(from, name), join(to, name))
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (first.includes(entry.name) || TEMPORARY.test(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isFile()) await copyFile(source, target)
  }
  await syncFolder(to)
}

const TEMPORARY = /^\..*\.tmp$/

/** Its owner's only, whatever the other one is. Its name is durable once its caller has synced the folder. */
export async function copyFile(from: string, to: string): Promise<void> {
  const temporary = `${to}.copying`
  await rm(temporary, { force: true })
  await withFile(await open(temporary, 'wx', 0o600), async (handle) => {
    await handle.writeFile(createReadStream(from))
    await handle.sync()
  })
  await rename(temporary, to)
}

/** Durable under its name, from a file next to it that is whole. */
export async function putInPlace(temporary: string, path: string, folder: string): Promise<void> {
  await chmod(temporary, 0o600)
  await withFile(await open(temporary, 'r+'), (handle) => handle.sync())
  await rename(temporary, path)
  await syncFolder(folder)
}

export interface CopiedBlobs {
  readonly files: number
  readonly bytes: number
}

export interface BlobCopy {
  /** The database whose rows name the blobs. */
  readonly database: string
  readonly from: Pick<Blobs, 'open'>
  readonly to: Blobs
  readonly onFile: (copied: CopiedBlobs) => void
}

/**
 * Every blob that the database names, whole and with its digest, or none of it counts. Those that are there already are
 * not copied again. Throws `server.backup-damaged` with the first that is missing or damaged.
 */
export async function copyBlobs({ database, from, to, onFile }: BlobCopy): Promise<CopiedBlobs> {
  const stored = openStoredFiles(database)
  let [files, bytes] = [0, 0]
  try {
    const [problem] = stored.problems
    if (problem !== undefined) throw serverErrors('server.backup-damaged', `${database}: ${problem}`)
    for (const row of stored.rows()) {
      await copyBlob(row, { from, to })
      files += 1
      bytes += row.size
      onFile({ files, bytes })
    }
    return { files, bytes }
  } finally {
    stored.close()
  }
}

interface BlobRow {
  readonly name: string
  readonly sha256: string
  readonly size: number
}

async function copyBlob({ name, sha256, size }: BlobRow, { from, to }: Pick<BlobCopy, 'from' | 'to'>) {
  if ((await to.open(sha256, size).catch(() => undefined)) !== undefined) return
  const blob = await from.open(sha256, size)
  if (blob === undefined)
    throw serverErrors('server.backup-damaged', `the bytes of ${name} are missing: sha256 ${sha256}`)
  const staged = await to.stage(blob.stream(), size)
  try {
    if (staged.sha256 !== sha256)
      throw serverErrors('server.backup-damaged', `the bytes of ${name} do not have the digest ${sha256}`)
    await staged.commit()
  } finally {
    await staged.discard()
  }
}
