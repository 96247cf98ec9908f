import { rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { realpath } from 'node:fs/promises'
import { bytesEqual, sha256Hex } from '../../base/index.ts'
import { clientInitErrors } from './errors.ts'
import { checkPlace } from './project-files.ts'
import { keepRuns, readRuns, type RecordPorts, type WrittenFile } from './record.ts'
import { put } from './write-changes.ts'

const MAX_BYTES = 4 << 20

export interface Undone {
  readonly restored: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Puts back what the last run of init replaced, byte for byte, and removes what it made. Throws `client.init-changed`
 * where a file is neither what that run wrote nor what it found, `client.init-undo` where no run is known.
 */
export async function undoInit(folder: string, ports: RecordPorts): Promise<Undone> {
  const place = await realpath(resolve(folder)).catch(() => resolve(folder))
  const runs = await readRuns(place, ports)
  const last = runs.at(-1)
  if (last === undefined)
    throw clientInitErrors('client.init-undo', `init has written nothing in ${place}, or it was undone`)
  const changed: string[] = []
  for (const file of last.files) if (await isOther(place, file, ports)) changed.push(file.path)
  if (changed.length > 0)
    throw clientInitErrors('client.init-changed', `${changed.join(', ')}: changed since init wrote it`)
  for (const file of last.files.toReversed()) await restore(place, file, ports)
  // One that has got other files stays.
  for (const path of last.folders.toReversed()) await rmdir(join(place, path)).catch(() => undefined)
  await keepRuns(place, runs.slice(0, -1), ports)
  const paths = (isNew: boolean): readonly string[] =>
    last.files.filter(({ before }) => (before === undefined) === isNew).map(({ path }) => path)
  return { restored: paths(false), removed: paths(true) }
}

/** A run that was ended in between has files that it did not come to. */
async function isOther(
  folder: string,
  { path, before, afterSha256 }: WrittenFile,
  { files }: RecordPorts,
): Promise<boolean> {
  await checkPlace(folder, path)
  const now = await files.readIfThere(join(folder, path), MAX_BYTES, 'regular file')
  if (now === undefined) return before !== undefined
  return sha256Hex(now) !== afterSha256 && (before === undefined || !bytesEqual(now, before.bytes))
}

async function restore(folder: string, { path, before }: WrittenFile, ports: RecordPorts): Promise<void> {
  const place = join(folder, path)
  await (before === undefined ? ports.files.remove(place) : put(place, before, ports))
}
