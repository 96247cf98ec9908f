import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFolder } from '../../host/index.ts'
import { emptyFolder } from './blobs.ts'
import type { CachedFile } from './file-cache-index.ts'

const DIGEST = /^[0-9a-f]{64}$/
const BEGIN = /^[0-9a-f]{2}$/
/** Looked at together. */
const FILES_AT_ONCE = 64

export interface FoundFiles {
  /** `ab`, each durable. */
  readonly folders: readonly string[]
  /** The one that was used longest ago first. */
  readonly files: readonly CachedFile[]
}

/** Makes the folder where it is missing, empties its `tmp`, and finds what is kept in it. */
export async function openFolder(folder: string): Promise<FoundFiles> {
  await makeFolder(folder)
  const folders: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const isOurs = BEGIN.test(entry.name) || entry.name === 'tmp'
    if (isOurs && !entry.isDirectory()) await rm(join(folder, entry.name))
    else if (entry.name !== 'tmp' && isOurs) folders.push(entry.name)
  }
  await mkdir(join(folder, 'tmp'), { recursive: true, mode: 0o700 })
  await emptyFolder(join(folder, 'tmp'))
  // Also for those that stood there: the process that made them may have ended before it synced.
  await syncFolder(folder)
  const files: CachedFile[] = []
  for (const name of folders) for (const file of await filesIn(join(folder, name), name)) files.push(file)
  return { folders, files: files.toSorted((one, other) => one.writtenUseMs - other.writtenUseMs) }
}

async function filesIn(path: string, begin: string): Promise<readonly CachedFile[]> {
  const names = (await readdir(path)).filter((name) => DIGEST.test(name) && name.startsWith(begin))
  const files: CachedFile[] = []
  for (let at = 0; at < names.length; at += FILES_AT_ONCE) {
    const some = names.slice(at, at + FILES_AT_ONCE)
    for (const found of await Promise.all(some.map((name) => fileAt(join(path, name), name))))
      if (found !== undefined) files.push(found)
  }
  return files
}

async function fileAt(path: string, sha256: string): Promise<CachedFile | undefined> {
  const found = await lstat(path)
  if (!found.isFile()) return undefined
  return { sha256, sizeBytes: found.size, readers: 0, heldUntilMs: 0, writtenUseMs: found.mtimeMs }
}
