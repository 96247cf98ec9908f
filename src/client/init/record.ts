import { join } from 'node:path'
import { decodeBase64, encodeBase64, sha256Hex, utf8, utf8Decode, type Files } from '../../base/index.ts'
import { makeFolder, userFolders } from '../../host/index.ts'
import { clientInitErrors } from './errors.ts'
import type { StoredRun } from './stored-runs.ts'

/** A file that was written, and what stood in its place. */
export interface WrittenFile {
  /** Relative to the folder of the project. */
  readonly path: string
  /** Undefined: it was new. */
  readonly before: { readonly bytes: Uint8Array; readonly mode: number } | undefined
  readonly afterSha256: string
}

/** One run of init: its files, and the folders that it made for them, the outermost first. */
export interface Run {
  readonly files: readonly WrittenFile[]
  readonly folders: readonly string[]
}

export interface RecordPorts {
  readonly files: Files
  readonly env: Readonly<{ [name: string]: string | undefined }>
}

/** Older ones cannot be undone. */
const MAX_RUNS = 20
const MAX_BYTES = 64 << 20

/** In the state folder of the user, by the path of the project: git may not be there, and its folder is not ours. */
function placeOf(folder: string, { env }: RecordPorts): string {
  return join(userFolders(env).state, 'init', `${sha256Hex(utf8(folder)).slice(0, 32)}.json`)
}

/** The runs of init in a project, the last one last. Throws `client.init-undo` for a file that is not ours. */
export async function readRuns(folder: string, ports: RecordPorts): Promise<readonly Run[]> {
  const place = placeOf(folder, ports)
  const bytes = await ports.files.readIfThere(place, MAX_BYTES, 'regular file')
  if (bytes === undefined) return []
  try {
    // Loaded here: the first run of init in a project has no need of it.
    const { parseRuns } = await import('./stored-runs.ts')
    return parseRuns(utf8Decode(bytes)).map(runOf)
  } catch (cause) {
    throw clientInitErrors('client.init-undo', `${place} is damaged; remove it`, { cause })
  }
}

function runOf({ files, folders }: StoredRun): Run {
  return {
    folders,
    files: files.map(({ before, ...file }) => ({
      ...file,
      before: before === null ? undefined : { bytes: decodeBase64(before.base64), mode: before.mode },
    })),
  }
}

/** Readable by its owner only: it holds files of the project. */
export async function keepRuns(folder: string, runs: readonly Run[], ports: RecordPorts): Promise<void> {
  const place = placeOf(folder, ports)
  if (runs.length === 0) return ports.files.remove(place)
  await makeFolder(join(place, '..'))
  const stored = { runs: runs.slice(-MAX_RUNS).map(storedRun) }
  await ports.files.writeAtomic(place, utf8(`${JSON.stringify(stored)}\n`), 0o600)
}

function storedRun({ files, folders }: Run): StoredRun {
  return {
    folders: [...folders],
    files: files.map(({ before, ...file }) => ({
      ...file,
      before: before === undefined ? null : { base64: encodeBase64(before.bytes), mode: before.mode },
    })),
  }
}
