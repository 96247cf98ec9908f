import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { describeError } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import type { SelectedEntry } from './select-files.ts'

const FILE = 0o100000
const FOLDER = 0o040000
const LINK = 0o120777
const PERMISSIONS = 0o777

export interface PackTarget {
  /** Made anew; nothing may be there. */
  readonly file: string
  readonly signal?: AbortSignal
}

/** Writes a zip as the stock runner does, permissions kept, and returns its size. */
export async function packZip(
  root: string,
  entries: readonly SelectedEntry[],
  { file, signal }: PackTarget,
): Promise<number> {
  const zip = new ZipFile()
  const failed = new Promise<never>((_resolve, reject) => {
    zip.on('error', reject)
  })
  for (const entry of entries) addEntry(zip, root, entry)
  zip.end()
  try {
    const target = createWriteStream(file, { mode: 0o600, flags: 'wx' })
    const written = pipeline(zip.outputStream, target, signal === undefined ? {} : { signal })
    await Promise.race([written, failed])
  } catch (cause) {
    await rm(file, { force: true })
    signal?.throwIfAborted()
    throw runnerErrors('runner.archive', `the archive could not be written: ${describeError(cause)}`, {
      cause,
    })
  }
  return (await stat(file)).size
}

function addEntry(zip: ZipFile, root: string, { path, stats, link }: SelectedEntry): void {
  const { mtime } = stats
  if (link !== undefined)
    zip.addBuffer(Buffer.from(link, 'utf8'), path, { mtime, mode: LINK, compress: false })
  else if (stats.isDirectory())
    zip.addEmptyDirectory(path, { mtime, mode: FOLDER | (stats.mode & PERMISSIONS) })
  else zip.addFile(join(root, path), path, { mtime, mode: FILE | (stats.mode & PERMISSIONS) })
}
