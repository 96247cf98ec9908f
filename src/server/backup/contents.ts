import { join } from 'node:path'
import * as v from 'valibot'
import { describeError, parseJson, utf8, utf8Decode } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { serverErrors } from '../errors.ts'

/**
 * What a backup holds besides the database and the blobs that it names: what no server of this instance could make
 * again. Never the folder of the logs: a log that was put back from a copy is a fork of the one that clients saw. Nor that
 * of the gates, whose files come back from their upstreams.
 */
export const COPIED_FOLDERS: readonly string[] = [
  'keys',
  'certificates',
  'tuf',
  'traces',
  'issuers',
  'policies',
]
/** Of a folder, what is copied before the rest: of TUF the files without a number, by which all others are found. */
export const COPIED_FIRST: Readonly<Record<string, readonly string[]>> = {
  tuf: ['timestamp.json', 'root.json'],
}
export const COPIED_FILES: readonly string[] = ['wheelseal.toml']
export const INSTANCE_FILE = 'instance.json'
/** Written last, so that a backup without it is none. */
export const BACKUP_FILE = 'backup.json'
/** In a data directory that was restored: since when, and from which backup. It stays. */
export const RESTORED_FILE = 'restored.json'
/** Stands while a restore is under way: what is next to it was never a server's. */
export const RESTORING_FILE = 'restoring'

const Backup = v.strictObject({
  format: v.literal(1),
  url: v.string(),
  madeAtMs: v.number(),
  files: v.number(),
  bytes: v.number(),
})

export type Backup = Readonly<v.InferOutput<typeof Backup>>

const MAX_BYTES = 64 * 1024

/** Throws `server.no-backup`. */
export async function readBackup(folder: string): Promise<Backup> {
  const file = join(folder, BACKUP_FILE)
  const bytes = await systemFiles.readIfThere(file, MAX_BYTES, 'regular file')
  if (bytes === undefined) throw serverErrors('server.no-backup', `${file} is missing`)
  try {
    return v.parse(Backup, parseJson(utf8Decode(bytes), { maxLength: MAX_BYTES }))
  } catch (cause) {
    throw serverErrors('server.no-backup', `${file}: ${describeError(cause)}`, { cause })
  }
}

/** Whether the data directory came from a backup. */
export function wasRestored(data: string): Promise<boolean> {
  return systemFiles.exists(join(data, RESTORED_FILE))
}

export function writeJsonFile(file: string, json: object): Promise<void> {
  return systemFiles.writeAtomic(file, utf8(`${JSON.stringify(json, null, 2)}\n`), 0o600)
}
