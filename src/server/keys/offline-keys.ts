import { chmod, readFile, realpath, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { bytesEqual, describeError, WheelsealError } from '../../base/index.ts'
import { makeFolder, readKeyFile, syncFolder, systemFiles } from '../../host/index.ts'
import { readInstance } from '../data/data-directory.ts'
import { serverErrors } from '../errors.ts'
import { keyPath, ROOT_KEYS } from './keys.ts'

export interface OfflineKeys {
  /** Files in the folder that was given. */
  readonly moved: readonly string[]
}

/**
 * Moves the keys of the roots out of the data directory. Every copy is durable and read back before the first original is
 * removed, so that a crash leaves each key in at least one place; the same call again goes on from there. No lock is
 * needed: a running server never looks at them. Throws `server.no-instance`, `server.offline-folder`, `server.offline-none`.
 */
export async function moveKeysOffline(data: string, folder: string): Promise<OfflineKeys> {
  if ((await readInstance(data)) === undefined)
    throw serverErrors('server.no-instance', `${data} holds no instance yet`)
  const present = await rootKeysIn(data)
  if (present.length === 0) throw serverErrors('server.offline-none', `no root key is left in ${data}`)
  await prepare(data, folder)
  for (const name of present) await refuseOther(data, folder, name)
  for (const name of present) await copyKey(data, folder, name)
  for (const name of present) await rm(keyPath(data, name))
  await syncFolder(join(data, 'keys'))
  return { moved: present.map((name) => copyPath(folder, name)) }
}

export async function rootKeysIn(data: string): Promise<readonly string[]> {
  const present: string[] = []
  for (const name of ROOT_KEYS) if (await systemFiles.exists(keyPath(data, name))) present.push(name)
  return present
}

function copyPath(folder: string, name: string): string {
  return join(folder, `${name}.pem`)
}

async function prepare(data: string, folder: string): Promise<void> {
  try {
    // Its name must last as well: the originals go away.
    const made = await makeFolder(folder)
    const way = relative(await realpath(data), await realpath(folder))
    const isInside = way === '' || !(way.startsWith('..') || way.startsWith('/'))
    if (isInside) {
      if (made !== undefined) await rm(made, { recursive: true })
      throw serverErrors('server.offline-folder', `${folder} is inside the data directory`)
    }
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw serverErrors('server.offline-folder', `${folder}: ${describeError(cause)}`, { cause })
  }
}

/** The same key is what a cut call left. */
async function refuseOther(data: string, folder: string, name: string): Promise<void> {
  const copy = copyPath(folder, name)
  if (!(await systemFiles.exists(copy))) return
  if (bytesEqual(await readFile(copy), await readFile(keyPath(data, name)))) return
  throw serverErrors('server.offline-folder', `${copy} already exists and contains a different key`)
}

async function copyKey(data: string, folder: string, name: string): Promise<void> {
  const [from, to] = [keyPath(data, name), copyPath(folder, name)]
  await readKeyFile(from)
  const bytes = await readFile(from)
  await systemFiles.writeAtomic(to, bytes, 0o600)
  await chmod(to, 0o600)
  await readKeyFile(to)
  if (!bytesEqual(await readFile(to), bytes))
    throw serverErrors('server.offline-folder', `${to} does not read back as written`)
}
