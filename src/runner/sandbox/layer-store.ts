import { chmod, mkdir, mkdtemp, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex, utf8 } from '../../base/index.ts'
import { removeFolder } from '../job/folders.ts'

/** Raised whenever layers are made in another way. */
const LAYER_VERSION = 1
const KEY_LENGTH = 24

/** The name of a layer says all that it was made of. */
export function layerName(kind: string, parts: readonly unknown[]): string {
  return `${kind}-${sha256Hex(utf8(JSON.stringify([LAYER_VERSION, ...parts]))).slice(0, KEY_LENGTH)}`
}

/**
 * The layer of that name, or a new one: made in a folder of another name, of which `make` answers the part that is the
 * layer, and renamed when it is complete. Two runners that make the same one at once keep either.
 */
export async function layerOf(
  folder: string,
  name: string,
  make: (made: string) => Promise<string>,
): Promise<string> {
  const path = join(folder, name)
  if (await isThere(path)) return path
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const made = await mkdtemp(join(folder, 'new-'))
  try {
    await chmod(made, 0o755)
    await rename(await make(made), path).catch(async (error: unknown) => {
      if (!(await isThere(path))) throw error
    })
    return path
  } finally {
    await removeFolder(made)
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Of files that change when what is in them does. */
export function times(paths: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs, ino }) => `${mtimeMs} ${ino}`,
        () => '',
      ),
    ),
  )
}
