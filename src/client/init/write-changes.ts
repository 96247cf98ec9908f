import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bytesEqual, sha256Hex, utf8 } from '../../base/index.ts'
import type { FileChange } from '../../init/index.ts'
import { clientInitErrors } from './errors.ts'
import { checkPlace } from './project-files.ts'
import { keepRuns, readRuns, type RecordPorts, type WrittenFile } from './record.ts'

const MAX_BYTES = 4 << 20
const NEW_FILE = 0o644

/**
 * Writes the changes, each file whole or not at all, after keeping what `undoInit` needs: whatever ends this in between,
 * it can be undone. Throws `client.init-changed`, `client.init-file` before anything is written.
 */
export async function writeChanges(
  folder: string,
  changes: readonly FileChange[],
  ports: RecordPorts,
): Promise<void> {
  const run: { files: WrittenFile[]; folders: string[] } = { files: [], folders: [] }
  for (const change of changes) {
    run.files.push(await checked(folder, change, ports))
    for (const path of await missingFolders(folder, change.path))
      if (!run.folders.includes(path)) run.folders.push(path)
  }
  await keepRuns(folder, [...(await readRuns(folder, ports)), run], ports)
  for (const path of run.folders) await mkdir(join(folder, path), { recursive: true })
  for (const [index, { path, after }] of changes.entries())
    await put(join(folder, path), { bytes: utf8(after), mode: run.files[index]?.before?.mode }, ports)
}

/** What is in the place of a change, which must be what the change was made of. */
async function checked(
  folder: string,
  { path, before, after }: FileChange,
  { files }: RecordPorts,
): Promise<WrittenFile> {
  await checkPlace(folder, path)
  const place = join(folder, path)
  const bytes = await files.readIfThere(place, MAX_BYTES, 'regular file')
  const isSame =
    bytes === undefined || before === undefined ? bytes === before : bytesEqual(bytes, utf8(before))
  if (!isSame) throw clientInitErrors('client.init-changed', `${path} has changed since it was read`)
  return {
    path,
    before: bytes && { bytes, mode: (await stat(place)).mode & 0o7777 },
    afterSha256: sha256Hex(utf8(after)),
  }
}

/** The outermost first. */
async function missingFolders(folder: string, path: string): Promise<readonly string[]> {
  const missing: string[] = []
  for (let at = dirname(path); at !== '.'; at = dirname(at))
    if ((await stat(join(folder, at)).catch(() => undefined)) === undefined) missing.unshift(at)
  return missing
}

interface Content {
  readonly bytes: Uint8Array
  /** Undefined: as the user has new files. */
  readonly mode: number | undefined
}

/** With its mode, whatever the mask of the process takes from new files. */
export async function put(
  place: string,
  { bytes, mode }: Content,
  { files }: Pick<RecordPorts, 'files'>,
): Promise<void> {
  await files.writeAtomic(place, bytes, mode ?? NEW_FILE)
  if (mode !== undefined && ((await stat(place)).mode & 0o7777) !== mode) await chmod(place, mode)
}
